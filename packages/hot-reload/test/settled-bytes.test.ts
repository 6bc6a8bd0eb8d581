// Nothing half-written is loaded or committed, whichever file it is in, and whatever set the reload off.
import { rmSync, writeFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PluginLoader } from '@cf-plugins/loader'
import { expect, it, onTestFinished } from 'vitest'
import { HotReloader } from '../src/index.ts'
import { type Counter, type PluginFolder, startFolder as start, states } from './plugin-folder.ts'
import { counter, plugin } from './sources.ts'

/** A counter by what its helper says, which notes each step that it was ever evaluated with. */
function helped(version: number): string {
  return plugin(
    'counter',
    {
      state: '{ version: 0, save: () => ({ count }), restore: (state: { count: number }) => { count = state.count } }',
      setup: `() => ({ version: ${version}, increment: () => (count += step) })`,
    },
    "import { step } from './_step.ts'\n;(globalThis as any).cfSteps.push(step)\nlet count = 0",
  )
}

function evaluated(): number[] {
  const host = globalThis as { cfSteps?: number[] | undefined }
  host.cfSteps = []
  onTestFinished(() => {
    host.cfSteps = undefined
  })
  return host.cfSteps
}

const HALF = 'export const step = 1'
const WHOLE = 'export const step = 100'

/** Writes half of the helper, a valid module, and the rest a little later. */
function tear(folder: string, afterMs = 30): void {
  const file = join(folder, '_step.ts')
  writeFileSync(file, HALF)
  setTimeout(() => writeFileSync(file, WHOLE), afterMs)
}

/** A folder whose helper is torn each time that a reload begins to load. */
async function tearing(torn: (folder: PluginFolder) => void) {
  const steps = evaluated()
  let isOn = true
  const folder: PluginFolder = await start(
    { 'counter.ts': helped(1), '_step.ts': 'export const step = 7' },
    {
      beforeReload: () => {
        if (!isOn) return
        isOn = false
        torn(folder)
      },
    },
  )
  folder.service<Counter>('counter').increment()
  return { folder, steps }
}

it.each(['saved', 'asked for by name'])(
  'waits for a helper that is half written when the plugin is %s, and no code of the half ever runs (fault 3)',
  async (how) => {
    const { folder, steps } = await tearing(({ path }) => tear(path))
    const report = await folder.reported(async () => {
      if (how === 'saved') await folder.save('counter.ts', helped(2))
      else await folder.reloader.reloadPlugin('counter')
    })
    expect(report).toMatchObject({ outcome: 'committed', kept: ['counter'], problems: [] })
    expect(report.startedOver).toEqual([expect.stringMatching(/_step\.ts was still being written$/)])
    expect(steps).toEqual([7, 100])
    expect(folder.service<Counter>('counter').increment()).toBe(107)
    await sleep(200)
    await folder.reloader.idle()
    // What the watcher told of meanwhile was part of it.
    expect(folder.reports).toHaveLength(1)
  },
)

it('tells no error of a half that is no valid code (faults 2, 3)', async () => {
  const { folder, steps } = await tearing(({ path }) => {
    writeFileSync(join(path, '_step.ts'), 'export const st')
    setTimeout(() => writeFileSync(join(path, '_step.ts'), WHOLE), 30)
  })
  const report = await folder.reported(() => folder.save('counter.ts', helped(2)))
  expect(report).toMatchObject({ outcome: 'committed', problems: [] })
  expect(steps).toEqual([7, 100])
})

it('waits for a helper that is away for a moment while it is saved by unlink and create (fault 13)', async () => {
  const { folder, steps } = await tearing(({ path }) => {
    rmSync(join(path, '_step.ts'))
    setTimeout(() => writeFileSync(join(path, '_step.ts'), 'export const step = 7'), 150)
  })
  const report = await folder.reported(() => folder.save('counter.ts', helped(2)))
  expect(report).toMatchObject({ outcome: 'committed', problems: [] })
  expect(steps).toEqual([7, 7])
  expect(folder.reports).toHaveLength(1)
})

it('waits for a new file that is half written, in a new folder', async () => {
  const steps = evaluated()
  const folder = await start({ 'counter.ts': counter(1) })
  await folder.save('_lib/index.ts', '')
  const file = join(folder.path, '_lib/_step.ts')
  await sleep(100)
  const report = await folder.reported(async () => {
    await folder.save('counter.ts', helped(2).replace('./_step.ts', './_lib/_step.ts'))
    writeFileSync(file, HALF)
    setTimeout(() => writeFileSync(file, WHOLE), 30)
  })
  expect(report).toMatchObject({ outcome: 'committed', problems: [] })
  expect(steps).toEqual([100])
})

/** Writes a file again and again, until it is told to end. */
function restless(file: string, text: (turn: number) => string) {
  let turn = 0
  const timer = setInterval(() => writeFileSync(file, text(++turn)), 15)
  const end = () => clearInterval(timer)
  onTestFinished(end)
  return end
}

it('lets the old code serve while a helper never rests, tells of it in time, and takes it up when it does', async () => {
  const steps = evaluated()
  const folder = await start({ 'counter.ts': helped(1), '_step.ts': 'export const step = 7' }, { settleTimeoutMs: 400 })
  folder.service<Counter>('counter').increment()
  const end = restless(join(folder.path, '_step.ts'), (turn) => `export const step = 1000 + ${turn}`)
  await sleep(50)
  const from = performance.now()
  const report = await folder.reported(() => folder.reloader.reloadPlugin('counter').then(() => {}))
  expect(performance.now() - from).toBeLessThan(3000)
  expect(report).toMatchObject({ outcome: 'kept', error: { plugin: 'counter', phase: 'settle', generation: 1 } })
  expect(report.error?.code).toMatch(/^CFP_(RELOAD_UNSETTLED|WATCH_NEVER_SETTLES)$/)
  expect(folder.service<Counter>('counter').increment()).toBe(14)
  expect(steps).toEqual([7])
  end()
  await writeFile(join(folder.path, '_step.ts'), WHOLE)
  await expect.poll(() => steps.at(-1)).toBe(100)
  await folder.reloader.idle()
  expect(folder.service<Counter>('counter').increment()).toBe(114)
  expect(steps).toEqual([7, 100])
})

it('tells of a plugin file that never settles, with the plugin, and takes it up when it rests', async () => {
  const folder = await start({ 'counter.ts': counter(1) }, { settleTimeoutMs: 400 })
  const file = join(folder.path, 'counter.ts')
  const end = restless(file, (turn) => counter(1000 + turn))
  const report = await folder.reported(async () => {})
  expect(report).toMatchObject({
    outcome: 'kept',
    error: { code: 'CFP_WATCH_NEVER_SETTLES', plugin: 'counter', file, phase: 'settle' },
    plan: { order: ['counter'] },
  })
  expect(report.error?.message).toMatch(/The old code serves on\.$/)
  expect(folder.service<Counter>('counter').increment()).toBe(1)
  end()
  const good = await folder.reported(() => writeFile(file, counter(10)))
  expect(good.outcome).toBe('committed')
  expect(folder.service<Counter>('counter').increment()).toBe(11)
})

it('takes up a save that waited for a restless helper, also where that ends as it began', async () => {
  const steps = evaluated()
  const text = 'export const step = 7'
  const folder = await start({ 'counter.ts': helped(1), '_step.ts': text }, { settleTimeoutMs: 300 })
  const end = restless(join(folder.path, '_step.ts'), (turn) => `export const step = 1000 + ${turn}`)
  await sleep(30)
  await folder.save('counter.ts', helped(2))
  await expect.poll(() => folder.reports.some(({ outcome }) => outcome === 'kept')).toBe(true)
  end()
  await writeFile(join(folder.path, '_step.ts'), text)
  await expect.poll(() => folder.service<{ version: number }>('counter').version).toBe(2)
  expect(new Set(steps)).toEqual(new Set([7]))
})

it('waits at the start for a plugin that is half written just then (faults 3, 15)', async () => {
  const steps = evaluated()
  class Loader extends PluginLoader {
    override async discover() {
      // Between the arming of the folder and the loading.
      tear(this.roots[0] as string)
      return super.discover()
    }
  }
  const path = (await start({ 'counter.ts': helped(1), '_step.ts': 'export const step = 7' }, { watch: false })).path
  steps.length = 0
  const reports: unknown[] = []
  const reloader = new HotReloader({
    loader: new Loader({ paths: [path] }),
    afterReload: (report) => void reports.push(report),
  })
  onTestFinished(() => reloader.stop().then(() => {}))
  const { active, failed } = await reloader.start()
  expect([active, failed]).toEqual([['counter'], []])
  expect(steps).toEqual([100])
  await sleep(200)
  await reloader.idle()
  expect(reports).toEqual([])
})

it('starts what is whole, and later what never rests at the start', async () => {
  const folder = await start({ 'other.ts': plugin('other', { setup: '() => ({})' }) }, { watch: false })
  const file = join(folder.path, 'counter.ts')
  await writeFile(file, counter(0))
  class Loader extends PluginLoader {
    override async discover() {
      const found = await super.discover()
      await sleep(30)
      return found
    }
  }
  const end = restless(file, (turn) => counter(turn))
  const reloader = new HotReloader({ loader: new Loader({ paths: [folder.path] }), settleTimeoutMs: 300 })
  onTestFinished(() => reloader.stop().then(() => {}))
  const { active, failed } = await reloader.start()
  expect(active).toEqual(['other'])
  expect(failed).toMatchObject([{ plugin: 'counter', error: { code: 'CFP_RELOAD_UNSETTLED', file } }])
  end()
  await expect.poll(() => reloader.lifecycle.registry.has('counter')).toBe(true)
  await reloader.idle()
  expect(reloader.lifecycle.status('counter').state).toBe('active')
})

it('comes in with the next save of it, what was saved well and went down with another file (invariant 9)', async () => {
  const other = (text: string) => plugin('other', { setup: `() => ({ text: '${text}' })` })
  const folder = await start({ 'counter.ts': counter(1), 'other.ts': other('old') }, { debounceMs: 150 })
  folder.service<Counter>('counter').increment()
  const both = async (bad: string, good: string) => {
    await folder.save('counter.ts', bad)
    await folder.save('other.ts', other(good))
  }
  const down = await folder.reported(() => both('export default {', 'new'))
  expect(down).toMatchObject({ outcome: 'kept', error: { code: 'CFP_SYNTAX', plugin: 'counter' } })
  expect(folder.service('other')).toEqual({ text: 'old' })
  const up = await folder.reported(() => folder.save('counter.ts', counter(10)))
  expect(up).toMatchObject({ outcome: 'committed' })
  expect(folder.service<Counter>('counter').increment()).toBe(11)
  expect(folder.service('other')).toEqual({ text: 'new' })

  // Its own next save does not wait for the other's.
  await folder.reported(() => both(counter(1, "throw new Error('no')"), 'newer'))
  expect(folder.reports.at(-1)).toMatchObject({ outcome: 'rolled-back' })
  const alone = await folder.reported(() => folder.save('other.ts', other('newest')))
  expect(alone).toMatchObject({ outcome: 'committed', members: ['other'] })
  const last = await folder.reported(() => folder.save('counter.ts', counter(100)))
  expect(last).toMatchObject({ outcome: 'committed', members: ['counter'] })
  expect(folder.service('other')).toEqual({ text: 'newest' })
})

it('comes in once a dependent is mended, what was saved well and went down with it (invariant 9)', async () => {
  const base = (text: string) => plugin('base', { setup: `() => ({ text: '${text}' })` })
  const user = (refused: string) =>
    plugin('user', {
      dependencies: "['base']",
      setup: `({ inject }) => { const { text } = inject('base') as { text: string }; if (text === '${refused}') throw new Error('not that'); return { text } }`,
    })
  const folder = await start({ 'base.ts': base('old'), 'user.ts': user('new') })
  const down = await folder.reported(() => folder.save('base.ts', base('new')))
  expect(down).toMatchObject({ outcome: 'rolled-back', error: { plugin: 'user' }, rolledBack: ['base', 'user'] })
  const up = await folder.reported(() => folder.save('user.ts', user('nothing')))
  expect(up).toMatchObject({ outcome: 'committed', members: ['base', 'user'] })
  expect(folder.service('user')).toEqual({ text: 'new' })
  expect(states(folder)).toEqual({ base: 'active', user: 'active' })
})

it('does not wait for files that nobody watches', async () => {
  const folder = await start({ 'counter.ts': plugin('counter', {}, "import './.hidden.ts'"), '.hidden.ts': '' })
  await writeFile(join(folder.path, '.next'), 'export {}')
  await rename(join(folder.path, '.next'), join(folder.path, '.hidden.ts'))
  const from = performance.now()
  expect((await folder.reloader.reloadPlugin('counter')).startedOver).toEqual([])
  expect(performance.now() - from).toBeLessThan(2000)
})

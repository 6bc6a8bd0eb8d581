// Changes that meet each other, and changes that could not be taken up when they came.
import { mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PluginLoader } from '@cf-plugins/loader'
import type { FileChange } from '@cf-plugins/watcher'
import { expect, it } from 'vitest'
import type { ReloadReport } from '../src/index.ts'
import { SecondTries } from '../src/second-tries.ts'
import { type Counter, startFolder as start } from './plugin-folder.ts'
import { counter, plugin } from './sources.ts'

it('ends on the last of many quick saves', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  for (let step = 2; step <= 30; step++) await folder.save('counter.ts', counter(step))
  const last = () => folder.service<{ increment(): number }>('counter')
  await expect
    .poll(
      async () => {
        await folder.reloader.idle()
        const from = last().increment()
        return last().increment() - from
      },
      { timeout: 10_000 },
    )
    .toBe(30)
})

it('reloads by name with what was just saved, and not once more when that is told of', async () => {
  const folder = await start({ 'counter.ts': counter(1) }, { debounceMs: 150 })
  folder.service<Counter>('counter').increment()
  await folder.save('counter.ts', counter(10))
  const [asked, again] = await Promise.all([
    folder.reloader.reloadPlugin('counter'),
    folder.reloader.reloadPlugin('counter'),
  ])
  expect([asked.outcome, again.outcome]).toEqual(['committed', 'committed'])
  expect(folder.service<Counter>('counter').increment()).toBe(11)
  await sleep(300)
  await folder.reloader.idle()
  expect(folder.reports).toHaveLength(2)
})

it('loads by name what could not be loaded before', async () => {
  const folder = await start({ 'counter.ts': 'export default' }, { watch: false })
  await folder.save('counter.ts', counter(1))
  expect(await folder.reloader.reloadPlugin('counter')).toMatchObject({ outcome: 'committed', started: ['counter'] })
})

it('takes up the last save once what held it back has ended', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  let release = () => {}
  const held = folder.reloader.lifecycle.use(
    'counter',
    () =>
      new Promise<void>((resolve) => {
        release = resolve
      }),
  )
  const report = await folder.reported(() => folder.save('counter.ts', counter(2)))
  expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_DRAIN_TIMEOUT' } })
  expect(folder.service<Counter>('counter').increment()).toBe(1)
  await sleep(100)
  expect(folder.reports).toHaveLength(1)
  const again = await folder.reported(async () => release())
  await held
  expect(again.outcome).toBe('committed')
  expect(folder.service<Counter>('counter').increment()).toBe(3)
})

it('takes up an edit that the registry refused once another plugin makes it possible', async () => {
  const folder = await start({
    'user.ts': plugin('user', { setup: "() => 'old'" }),
    'counter.ts': counter(1),
  })
  const refused = await folder.reported(() =>
    folder.save('user.ts', plugin('user', { dependencies: "['late']", setup: "() => 'new'" })),
  )
  expect(refused).toMatchObject({ outcome: 'kept', error: { code: 'CFP_DEPENDENCY_MISSING' } })
  await folder.reported(() => folder.save('counter.ts', counter(2)))
  expect(folder.reports).toHaveLength(2)
  await folder.save('late.ts', plugin('late', { setup: '() => ({})' }))
  await expect.poll(() => folder.service('user')).toBe('new')
})

const saying = (name: string, text: string, fields: Readonly<Record<string, string>> = {}) =>
  plugin(name, { setup: `() => ({ text: '${text}' })`, ...fields })

it('takes up an edit that was refused although another that was refused apart still is', async () => {
  const folder = await start({
    'base.ts': saying('base', 'old'),
    'late.ts': saying('late', 'old'),
    'lost.ts': saying('lost', 'old'),
  })
  await folder.reported(() => folder.save('lost.ts', saying('lost', 'new', { dependencies: "['nobody']" })))
  await folder.reported(() => folder.save('late.ts', saying('late', 'new', { dependencies: "{ base: '^2.0.0' }" })))
  await folder.save('base.ts', saying('base', 'new', { version: "'2.0.0'" }))
  await expect.poll(() => folder.service('late')).toEqual({ text: 'new' })
  expect(folder.service('lost')).toEqual({ text: 'old' })
})

it('takes up a good save of what went down with another, which is still bad', async () => {
  const folder = await start({ 'one.ts': saying('one', 'old'), 'other.ts': saying('other', 'old') })
  const bad = (name: string) => saying(name, 'bad', { dependencies: "['nobody']" })
  const both = async () => {
    await Promise.all(['one', 'other'].map((name) => folder.save(`${name}.ts`, bad(name))))
  }
  await folder.reported(both)
  await folder.reloader.idle()
  await folder.save('one.ts', saying('one', 'new'))
  await expect.poll(() => folder.service('one')).toEqual({ text: 'new' })
  expect(folder.service('other')).toEqual({ text: 'old' })
})

it('tells of a change that cannot be looked at, and goes on', async () => {
  let isAway = false
  class Loader extends PluginLoader {
    override isCandidate(file: string) {
      if (isAway) throw new Error('the disk is away')
      return super.isCandidate(file)
    }
  }
  const path = await realpath(await mkdtemp(join(tmpdir(), 'cf-hot-reload-')))
  const folder = await start({ 'counter.ts': counter(1) }, { loader: new Loader({ paths: [path] }) }, path)
  isAway = true
  const told = await folder.reported(() => folder.save('counter.ts', counter(2)))
  expect(told).toMatchObject({ outcome: 'kept', error: { code: 'CFP_RELOAD_PLAN_FAILED' }, plan: { changes: [{}] } })
  await expect(folder.reloader.reloadPlugin('counter')).resolves.toMatchObject({ outcome: 'kept' })
  isAway = false
  const healed = await folder.reported(() => folder.save('counter.ts', counter(3)))
  expect(healed.outcome).toBe('committed')
  expect(folder.service<Counter>('counter').increment()).toBe(3)
})

const change: FileChange = { kind: 'change', file: '/plugins/a.ts' }
const gaveUp = {
  plan: { changes: [change] },
  members: ['a'],
  error: { code: 'CFP_DRAIN_TIMEOUT' },
} as unknown as ReloadReport

function tries(inFlight: () => number, times: { lookMs?: number; waitMs?: number } = {}) {
  const tried: (readonly FileChange[])[] = []
  const lifecycle = { registry: { has: () => true, records: () => [] } as never, inFlight }
  return {
    tried,
    tries: new SecondTries({ lifecycle, tryAgain: (changes) => tried.push(changes), lookMs: 1, ...times }),
  }
}

it('tries three times more, and again only for new content', async () => {
  const { tried, tries: second } = tries(() => 0)
  for (let index = 0; index < 5; index++) second.after(gaveUp)
  expect(tried).toHaveLength(3)
  second.forget([change])
  second.after(gaveUp)
  expect(tried).toHaveLength(4)
})

it('does not wait for ever for a plugin that is never idle, nor after a stop', async () => {
  const { tried, tries: second } = tries(() => 1, { waitMs: 20 })
  second.after(gaveUp)
  await expect.poll(() => tried.length).toBe(1)
  second.after(gaveUp)
  second.close()
  await sleep(60)
  expect(tried).toHaveLength(1)
})

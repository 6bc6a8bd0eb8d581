// Saves as the world makes them: torn, quick, many, the same again, early.
import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { mkdir, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { ReloadReport } from '../../src/index.ts'
import { type Counter, states } from '../plugin-folder.ts'
import { counter, plugin } from '../sources.ts'
import { type FaultFolder, faultFolder, logging, temporaryFolder } from './fault-folder.ts'

/** Waits until `counter` counts by `step`: the content that was saved last is active. */
async function endsOn(folder: FaultFolder, step: number): Promise<void> {
  const by = async () => {
    await folder.reloader.idle()
    const from = folder.service<Counter>('counter').increment()
    return folder.service<Counter>('counter').increment() - from
  }
  await expect.poll(by, { timeout: 20_000 }).toBe(step)
}

const outcomes = (reports: readonly ReloadReport[]) => reports.map(({ outcome }) => outcome)

it.each([5, 15, 25, 40])(
  'loads the final content of two writes %i ms apart, and no part of it (fault 1)',
  async (gap) => {
    const folder = await faultFolder()
    const file = join(folder.path, 'counter.ts')
    const half = counter(7)
    for (const step of [2, 3, 4]) {
      const seen = folder.reports.length
      // Each half is a plugin of its own.
      await writeFile(file, half)
      await sleep(gap)
      await writeFile(file, `${counter(step)}\n// the rest`)
      await endsOn(folder, step)
      expect(outcomes(folder.reports.slice(seen))).toEqual(['committed'])
    }
    await folder.untouched()
  },
)

it('never loads the emptiness between a truncation and a write (fault 2)', async () => {
  const folder = await faultFolder()
  const file = join(folder.path, 'counter.ts')
  const report = await folder.reported(async () => {
    await truncate(file)
    await sleep(200)
    await writeFile(file, counter(2))
  })
  expect(report).toMatchObject({ outcome: 'committed', problems: [] })
  expect(folder.reports).toHaveLength(1)
  folder.counts(2)
  await folder.untouched()
})

it('ends on the last of 2,000 atomic saves over 50 plugins (fault 4)', { timeout: 60_000 }, async () => {
  const names = Array.from({ length: 50 }, (_, index) => `p${index}`)
  const source = (name: string, round: number) => plugin(name, { setup: `() => ({ round: ${round} })` })
  const folder = await faultFolder(Object.fromEntries(names.map((name) => [`${name}.ts`, source(name, 0)])))
  for (let round = 1; round <= 40; round++) {
    for (const name of names) {
      writeFileSync(join(folder.path, `.${name}`), source(name, round))
      renameSync(join(folder.path, `.${name}`), join(folder.path, `${name}.ts`))
    }
    await sleep(5)
  }
  const stale = async () => {
    await folder.reloader.idle()
    return names.filter((name) => folder.service<{ round: number }>(name).round !== 40)
  }
  await expect.poll(stale, { timeout: 40_000 }).toEqual([])
  expect(folder.reports.flatMap(({ problems }) => problems)).toEqual([])
  folder.counts()
  await folder.untouched()
})

it('reloads what was rewritten with the same size and time (fault 11)', async () => {
  const folder = await faultFolder()
  const file = join(folder.path, 'counter.ts')
  const time = new Date(2020, 1, 1)
  await utimes(file, time, time)
  const before = await stat(file)
  await folder.reported(async () => {
    const descriptor = openSync(file, 'r+')
    writeSync(descriptor, counter(2), 0)
    closeSync(descriptor)
    await utimes(file, time, time)
  })
  expect(await stat(file)).toMatchObject({ size: before.size, mtime: before.mtime, ino: before.ino })
  folder.counts(2)
  await folder.untouched()
})

it.each([
  ['in place', (folder: FaultFolder) => writeFile(join(folder.path, 'counter.ts'), counter(1))],
  ['atomically', (folder: FaultFolder) => folder.save('counter.ts', counter(1))],
])('does not reload for the same content, saved %s (fault 12)', async (_how, save) => {
  const { told, logger } = logging()
  const folder = await faultFolder({}, { logger })
  const instance = folder.reloader.lifecycle.instance('counter')
  await save(folder)
  const passed = () => told.some(({ level, text }) => level === 'debug' && /counter\.ts passed over/.test(text))
  await expect.poll(passed).toBe(true)
  await folder.reloader.idle()
  expect(folder.reports).toEqual([])
  expect(folder.reloader.lifecycle.instance('counter')).toBe(instance)
  folder.counts()
  await folder.heal()
})

it('sees an edit that is made right after the start, and one that is made in its midst (fault 15)', async () => {
  const path = await temporaryFolder()
  const shared = { edit: () => writeFile(join(path, 'counter.ts'), counter(2)) }
  const setup = 'async ({ shared }) => { await (shared as any).edit() }'
  const folder = await faultFolder({ 'editor.ts': plugin('editor', { setup }) }, { shared }, path)
  await writeFile(join(path, '_late.ts'), 'export {}')
  await folder.save('late.ts', plugin('late', { setup: '() => ({ late: true })' }))
  await expect.poll(() => states(folder).late).toBe('active')
  await folder.reloader.idle()
  folder.counts(2)
  await folder.untouched()
})

it('starts and reloads among 10,000 files (fault 16)', { timeout: 60_000 }, async () => {
  const path = await temporaryFolder()
  await mkdir(join(path, 'many'))
  for (let index = 0; index < 10_000; index += 100) {
    const files = Array.from({ length: 100 }, (_, at) => join(path, 'many', `_f${index + at}.ts`))
    await Promise.all(files.map((file) => writeFile(file, 'export {}')))
  }
  const folder = await faultFolder({}, {}, path)
  expect([...folder.started.active].sort()).toEqual(['bystander', 'counter'])
  await folder.fault(() => folder.save('counter.ts', 'export const = 1'), {
    code: 'CFP_SYNTAX',
    phase: 'load',
    line: 1,
  })
  await folder.heal()
  await writeFile(join(path, 'many/_f5000.ts'), 'export const used = 1')
  await folder.heal(() => folder.save('counter.ts', `import './many/_f5000.ts'\n${counter(10)}`))
})

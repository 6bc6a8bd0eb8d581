// A plugin whose file moves goes on under the new one, as one transaction: replaced with all that depend on it, or not.
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { type Counter, type PluginFolder, startFolder as start, states } from './plugin-folder.ts'
import { counter, plugin } from './sources.ts'

const user = plugin('user', {
  dependencies: "['counter']",
  setup: "({ inject }) => { const counter = inject('counter') as any; return { count: () => counter.increment() } }",
})

const move = async ({ path }: PluginFolder, from: string, to: string) => {
  await mkdir(join(path, to, '..'), { recursive: true })
  await rename(join(path, from), join(path, to))
}

const fileOf = ({ reloader, path }: PluginFolder) =>
  reloader.lifecycle.registry.get('counter')?.source.file?.slice(path.length + 1)

/** Every state that a plugin comes to from now on. */
function statesOf({ reloader }: PluginFolder, name: string): string[] {
  const seen: string[] = []
  reloader.lifecycle.watch(({ plugin: who, to }) => void (who === name && seen.push(to)))
  return seen
}

it.each([
  ['renamed.ts', undefined],
  ['counter/index.ts', undefined],
  ['renamed.ts', 10],
])('goes on in %s with its state and its dependents, as one transaction, with new content: %s', async (to, step) => {
  const folder = await start({ 'counter.ts': counter(1), 'user.ts': user })
  folder.service<Counter>('counter').increment()
  const seen = [statesOf(folder, 'counter'), statesOf(folder, 'user')]
  const report = await folder.reported(async () => {
    await move(folder, 'counter.ts', to)
    if (step) await folder.save(to, counter(step))
  })
  expect(report).toMatchObject({
    outcome: 'committed',
    members: ['counter', 'user'],
    kept: ['counter'],
    started: [],
    unloaded: [],
    problems: [],
  })
  expect(folder.reports).toHaveLength(1)
  expect(fileOf(folder)).toBe(to)
  for (const states of seen) expect(states).not.toContain('resolved')
  expect(folder.service<{ count(): number }>('user').count()).toBe(1 + (step ?? 1))
  const next = await folder.reported(() => folder.save(to, counter(100)))
  expect(next).toMatchObject({ outcome: 'committed', members: ['counter', 'user'] })
})

it('moves together with an edit of a plugin that needs it', async () => {
  const folder = await start({ 'counter.ts': counter(1), 'user.ts': user })
  const report = await folder.reported(async () => {
    await move(folder, 'counter.ts', 'renamed.ts')
    await folder.save('user.ts', `${user}\n// edited`)
  })
  expect(report).toMatchObject({ outcome: 'committed', members: ['counter', 'user'], problems: [] })
  expect(folder.reports).toHaveLength(1)
})

it.each([
  ['fails to start', counter(10, "throw new Error('no')"), 'rolled-back', 'CFP_SETUP_FAILED'],
  ['is refused', plugin('counter', { dependencies: "['nobody']" }), 'kept', 'CFP_DEPENDENCY_MISSING'],
])(
  'serves on with its old code when what moved %s, as an orphan, and goes on with the next good save',
  async (_how, bad, outcome, code) => {
    const folder = await start({ 'counter.ts': counter(1) })
    folder.service<Counter>('counter').increment()
    const { lifecycle } = folder.reloader
    const report = await folder.reported(async () => {
      await move(folder, 'counter.ts', 'renamed.ts')
      await folder.save('renamed.ts', bad)
    })
    expect(report).toMatchObject({ outcome, error: { code, plugin: 'counter' }, unloaded: [] })
    expect(folder.service<Counter>('counter').increment()).toBe(2)
    expect(lifecycle.status('counter')).toMatchObject({ state: 'active', orphaned: true })
    expect(folder.reloader.explain('counter').text).toMatch(
      /^counter is active: its file is gone, and it serves on; its new file is not taken up: .*"counter"/,
    )
    // It stays whatever else happens.
    await folder.reported(() => folder.save('other.ts', plugin('other')))
    await folder.reported(() => folder.save('renamed.ts', 'export default {'))
    expect(states(folder)).toEqual({ counter: 'active', other: 'active' })
    const good = await folder.reported(() => folder.save('renamed.ts', counter(10)))
    expect(good).toMatchObject({ outcome: 'committed', members: ['counter'], problems: [] })
    expect(folder.service<Counter>('counter').increment()).toBe(12)
    expect(lifecycle.status('counter').orphaned).toBe(false)
  },
)

it('is unloaded when the file goes that it could not move to, and its state is kept', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  folder.service<Counter>('counter').increment()
  await folder.reported(async () => {
    await move(folder, 'counter.ts', 'renamed.ts')
    await folder.save('renamed.ts', counter(10, "throw new Error('no')"))
  })
  const gone = await folder.reported(() => folder.remove('renamed.ts'))
  expect(gone).toMatchObject({ outcome: 'committed', unloaded: ['counter'], problems: [] })
  await folder.reported(() => folder.save('counter.ts', counter(10)))
  expect(folder.service<Counter>('counter').increment()).toBe(11)
  expect(folder.reloader.lifecycle.status('counter').orphaned).toBe(false)
})

it('reloads by name what a plugin has moved to', async () => {
  const folder = await start({ 'counter.ts': counter(1) }, { watch: false })
  folder.service<Counter>('counter').increment()
  await move(folder, 'counter.ts', 'renamed.ts')
  // Without a watcher nobody told of the new file.
  expect((await folder.reloader.reloadPlugin('counter')).outcome).toBe('committed')
  expect(folder.service<Counter>('counter').increment()).toBe(2)
})

it('is an orphan in its status as long as others need it, and goes with the edit that ends that', async () => {
  const folder = await start({ 'counter.ts': counter(1), 'user.ts': user })
  const { lifecycle } = folder.reloader
  const orphaned = await folder.reported(() => folder.remove('counter.ts'))
  expect(orphaned).toMatchObject({ outcome: 'kept', error: { code: 'CFP_RELOAD_ORPHANED', plugin: 'counter' } })
  expect(lifecycle.status('counter')).toMatchObject({ state: 'active', orphaned: true })
  const report = await folder.reported(() => folder.save('user.ts', plugin('user', { setup: '() => ({})' })))
  expect(report).toMatchObject({ outcome: 'committed', members: ['user'], unloaded: ['counter'], problems: [] })
  const back = await folder.reported(() => folder.save('counter.ts', counter(1)))
  expect(back.started).toEqual(['counter'])
  expect(lifecycle.status('counter').orphaned).toBe(false)
})

it('goes in the very reload that ends the need for it, where its file and the edit come at once', async () => {
  const folder = await start({ 'counter.ts': counter(1), 'user.ts': user })
  const report = await folder.reported(async () => {
    await folder.remove('counter.ts')
    await folder.save('user.ts', plugin('user', { setup: '() => ({})' }))
  })
  expect(report).toMatchObject({ outcome: 'committed', members: ['user'], unloaded: ['counter'], problems: [] })
  expect(folder.reports).toHaveLength(1)
})

it('takes a plugin that is switched off along when its file moves, and leaves it off', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  folder.service<Counter>('counter').increment()
  await folder.reloader.lifecycle.disable('counter')
  await folder.reported(() => move(folder, 'counter.ts', 'renamed.ts'))
  expect(states(folder)).toEqual({ counter: 'disabled' })
  expect(fileOf(folder)).toBe('renamed.ts')
  await folder.reloader.lifecycle.enable('counter')
  expect(folder.service<Counter>('counter').increment()).toBe(2)
})

it('does not take a second file of one name for a move while the first is there', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  const report = await folder.reported(() => folder.save('second.ts', counter(10)))
  expect(report).toMatchObject({ outcome: 'failed', error: { code: 'CFP_DUPLICATE_NAME' } })
  expect(fileOf(folder)).toBe('counter.ts')
  // Until the first goes.
  const moved = await folder.reported(() => folder.remove('counter.ts'))
  expect(moved.outcome).toBe('committed')
  await sleep(0)
  expect(fileOf(folder)).toBe('second.ts')
})

it('comes in with the next good save of what kept it from moving', async () => {
  const other = (setup: string) => plugin('other', { setup })
  const folder = await start({ 'counter.ts': counter(1), 'other.ts': other('() => ({})') })
  folder.service<Counter>('counter').increment()
  const down = await folder.reported(async () => {
    await move(folder, 'counter.ts', 'renamed.ts')
    await move(folder, 'other.ts', 'another.ts')
    await folder.save('another.ts', other("() => { throw new Error('no') }"))
  })
  expect(down).toMatchObject({ outcome: 'rolled-back', error: { plugin: 'other' }, rolledBack: ['counter', 'other'] })
  expect(fileOf(folder)).toBe('counter.ts')
  const up = await folder.reported(() => folder.save('another.ts', other('() => ({})')))
  expect(up).toMatchObject({ outcome: 'committed', members: ['counter', 'other'], problems: [] })
  expect(fileOf(folder)).toBe('renamed.ts')
  expect(folder.service<Counter>('counter').increment()).toBe(2)
})

// State that outlives the process: what plugins count goes on in the next host, and what cannot be kept changes nothing.
import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Logger, PluginManager, PluginManagerOptions, StateOptions } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

/** A plugin that counts, with other metadata and other ways to save and to restore. */
const counter = ({ step = 1, meta = '', save = '{ count: this.count }', body = '', top = '' } = {}) => `
import { BasePlugin, type PluginContext, type PluginMeta } from 'cf-plugins'
${top}
export const PLUGIN_META = { name: 'counter', version: '1.0.0', ${meta} } satisfies PluginMeta
export const register = (app: unknown, context: PluginContext) => new Counter(app, context)
class Counter extends BasePlugin {
  count = 0
  increment() { this.count += ${step}; return this.count }
  override getReloadState(): unknown { return ${save} }
  override setReloadState(state: { count: number }) { this.count = state.count }
  ${body}
}
`

const increment = (manager: PluginManager) => (manager.get('counter') as { increment(): number }).increment()

/** A folder of plugins, and one for their state. */
async function place(source = counter()) {
  const folder = await PluginFolder.make({ 'plugins/counter.ts': source })
  const states = join(folder.path, 'state')
  const file = join(states, 'counter.state')
  /** A host, as each process makes its own. */
  const host = (state: Partial<StateOptions> = {}, options: PluginManagerOptions = {}) =>
    folder.started({ paths: [join(folder.path, 'plugins')], state: { folder: states, ...state }, ...options })
  /** One run of a host that counts once. */
  const count = async (state?: Partial<StateOptions>) => {
    const { manager } = await host(state)
    const counted = increment(manager)
    expect((await manager.stop()).problems).toEqual([])
    return counted
  }
  return { folder, states, file, host, count, save: (text: string) => folder.save('plugins/counter.ts', text) }
}

function warnings(): Logger & { readonly told: string[] } {
  const told: string[] = []
  const note = (first: string | object, message?: string) => void told.push(String(message ?? first))
  return { told, debug: () => {}, info: () => {}, warn: note, error: note }
}

describe('a count', () => {
  it('goes on in the next host, after a reload and in other code too', async () => {
    const here = await place()
    expect(await here.count()).toBe(1)
    const { manager, reported } = await here.host({}, { hotReload: true })
    expect(increment(manager)).toBe(2)
    expect(await reported(() => here.save(counter({ step: 10 })))).toMatchObject({ kept: ['counter'] })
    expect(increment(manager)).toBe(12)
    await manager.stop()
    expect(await here.count()).toBe(22)
  })

  it('is in a file of mode 0600, in a folder of mode 0700', async () => {
    const here = await place()
    await here.count()
    const modes = await Promise.all([here.file, here.states].map(async (path) => (await stat(path)).mode & 0o777))
    expect(modes).toEqual([0o600, 0o700])
    expect(await readdir(here.states)).toEqual(['counter.state'])
  })

  it('is on the disk soon after a reload, whatever becomes of the host', async () => {
    const here = await place()
    const { manager } = await here.host()
    increment(manager)
    await manager.reload('counter')
    await expect.poll(() => readdir(here.states).catch(() => [])).toEqual(['counter.state'])
    // This host does not stop: the next one finds what the reload saved.
    expect(await here.count()).toBe(2)
  })

  it('is kept by none where the host gives no folder', async () => {
    const here = await place()
    for (let run = 0; run < 2; run++) {
      const { manager } = await here.folder.started({ paths: [join(here.folder.path, 'plugins')] })
      expect(increment(manager)).toBe(1)
      await manager.stop()
    }
    expect(await readdir(here.folder.path)).toEqual(['plugins'])
  })

  it('of a plugin that is unloaded and comes back, or is disabled when the host stops, goes on', async () => {
    const here = await place()
    const { manager } = await here.host()
    increment(manager)
    await manager.disable('counter')
    await manager.stop()
    const next = (await here.host()).manager
    expect(increment(next)).toBe(2)
    await next.unload('counter')
    await next.stop()
    expect(await here.count()).toBe(3)
  })
})

describe('with a key', () => {
  it('nobody reads the state, or the key, in the file', async () => {
    const here = await place(counter({ save: "{ count: this.count, note: 'attack at dawn' }" }))
    const key = randomBytes(32)
    expect(await here.count({ key })).toBe(1)
    expect(await here.count({ key })).toBe(2)
    const bytes = await readFile(here.file)
    for (const secret of ['attack', 'count', key]) expect(bytes.includes(secret)).toBe(false)
  })

  it('that is another one, or none, the plugin starts without its state, and nothing is lost', async () => {
    const here = await place()
    const key = randomBytes(32)
    await here.count({ key })
    for (const [wrong, code, remedy] of [
      [{ key: randomBytes(32) }, 'CFP_STATE_FILE_NOT_AUTHENTIC', 'Give the key that wrote it'],
      [{}, 'CFP_STATE_FILE_KEY', 'Give the key that wrote it, or none'],
    ] as const) {
      const logger = warnings()
      const { manager, report } = await here.host(wrong, { logger })
      expect(report).toMatchObject({
        active: ['counter'],
        problems: [{ code, plugin: 'counter', phase: 'readState', file: here.file }],
      })
      expect(logger.told).toEqual([report.problems[0]?.message])
      expect(logger.told[0]).toContain(remedy)
      expect(increment(manager)).toBe(1)
      await manager.stop()
      const [aside = ''] = (await readdir(here.states)).filter((name) => name.includes('.refused-'))
      await rename(join(here.states, aside), here.file)
    }
    expect(await here.count({ key })).toBe(2)
  })

  it('that no cipher takes nothing starts', async () => {
    const here = await place()
    await expect(here.host({ key: randomBytes(16) })).rejects.toMatchObject({ code: 'CFP_STATE_STORE_INVALID' })
  })
})

it('a damaged file is told, with what to do, and is kept aside for whoever can read it', async () => {
  const here = await place()
  await here.count()
  const whole = await readFile(here.file)
  await writeFile(here.file, whole.subarray(0, whole.length - 5))
  const { manager, report } = await here.host()
  expect(report.problems).toMatchObject([{ code: 'CFP_STATE_FILE_DAMAGED', plugin: 'counter', file: here.file }])
  expect(report.problems[0]?.message).toMatch(/Put a good copy in its place.*kept aside/)
  expect(increment(manager)).toBe(1)
  // Until there is new state to write, a person may put it right.
  expect((await readFile(here.file)).length).toBe(whole.length - 5)
  await manager.stop()
  const [aside = '', ...more] = (await readdir(here.states)).filter((name) => name !== 'counter.state')
  expect(more).toEqual([])
  expect((await readFile(join(here.states, aside))).length).toBe(whole.length - 5)
  expect(await here.count()).toBe(2)
})

it('two hosts at once leave the state of the one that stopped last, whole', async () => {
  const here = await place()
  const [one, other] = [(await here.host()).manager, (await here.host()).manager]
  for (let times = 0; times < 5; times++) increment(other)
  increment(one)
  await other.stop()
  await one.stop()
  expect(await readdir(here.states)).toEqual(['counter.state'])
  expect(await here.count()).toBe(2)
  await Promise.all([here.count(), here.count(), here.count()])
  expect(await here.count()).toBe(4)
})

it('a host in which nothing changed leaves what another one wrote in the meantime', async () => {
  const here = await place()
  expect(await here.count()).toBe(1)
  const { manager } = await here.host()
  expect(await here.count()).toBe(2)
  await manager.reload('counter')
  expect((await manager.stop()).problems).toEqual([])
  expect(await here.count()).toBe(3)
})

describe('state that cannot be kept', () => {
  it.each([
    ['a function', "{ count: this.count, jobs: [{ done: () => 'done' }] }", '', 'state.jobs[0].done', 'a function'],
    [
      'a socket',
      '{ count: this.count, peers: new Map([["ada", new Socket()]]) }',
      "import { Socket } from 'node:net'",
      'state.peers.get("ada")',
      'a Socket',
    ],
    ['a promise', '{ count: this.count, answer: Promise.resolve(42) }', '', 'state.answer', 'a Promise'],
  ])('because of %s is told with its path, and the old code serves on (fault 48)', async (_, save, top, path, what) => {
    await refused({ save, top }, path, what)
  })

  it('because an instance would lose its class is told, and the old code serves on (fault 49)', async () => {
    const top = 'class Money { constructor(readonly cents: number) {} get euros() { return this.cents / 100 } }'
    await refused({ save: '{ count: this.count, purse: { cash: new Money(5) } }', top }, 'state.purse.cash', 'a Money')
  })

  /** A reload of code that saves this is refused, and the next good save of the file heals it. */
  async function refused(bad: { save: string; top: string }, path: string, what: string): Promise<void> {
    const here = await place()
    expect(await here.count()).toBe(1)
    await here.save(counter(bad))
    const { manager, reported } = await here.host({}, { hotReload: true })
    expect(increment(manager)).toBe(2)
    const report = await reported(() => here.save(counter({ ...bad, step: 100 })))
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      error: {
        code: 'CFP_STATE_NOT_CLONEABLE',
        plugin: 'counter',
        phase: 'getReloadState',
        file: join(here.folder.path, 'plugins/counter.ts'),
        generation: 1,
        issues: [{ path }],
      },
    })
    expect(report.error?.message).toContain(`${path} is ${what}`)
    expect(increment(manager)).toBe(3)
    // What it says at its stop is the same, and the file of the last good save stays.
    const { problems, stopped } = await manager.stop()
    expect(stopped).toEqual(['counter'])
    expect(problems).toMatchObject([{ code: 'CFP_STATE_NOT_CLONEABLE' }])
    await here.save(counter())
    expect(await here.count()).toBe(2)
  }

  it('because it has 100 MB is told with the limit, and is kept where the host allows more (fault 51)', async () => {
    const megabytes = 'Buffer.alloc(100_000_000, 7)'
    const here = await place(counter({ save: `{ count: this.count, frames: [${megabytes}] }` }))
    const { manager } = await here.host()
    increment(manager)
    expect(await manager.reload('counter')).toMatchObject({
      outcome: 'rolled-back',
      error: { code: 'CFP_STATE_TOO_LARGE', plugin: 'counter', issues: [{ path: 'state.frames[0]' }] },
    })
    expect(increment(manager)).toBe(2)
    expect((await manager.stop()).problems).toMatchObject([{ code: 'CFP_STATE_TOO_LARGE' }])
    const maxBytes = 256 * 1024 * 1024
    const larger = (await here.host({ maxBytes })).manager
    expect(increment(larger)).toBe(1)
    expect(await larger.reload('counter')).toMatchObject({ outcome: 'committed', kept: ['counter'] })
    expect((await larger.stop()).problems).toEqual([])
    expect((await stat(here.file)).size).toBeGreaterThan(100_000_000)
    expect(await here.count({ maxBytes })).toBe(2)
  })
})

it('what a plugin does to its state after it was saved reaches nobody (fault 50)', async () => {
  const body = `
  entries: number[] = []
  #kept = { count: 0, entries: this.entries }
  add(entry: number) { this.entries.push(entry); return this.entries.join() }
  override setReloadState(state: { count: number; entries: number[] }) {
    this.#kept = { ...state, entries: this.entries }
    this.entries.push(...state.entries)
    // What it is given is its own, too.
    state.entries.length = 0
  }
  override teardown() { this.#kept.entries.length = 0; this.entries.push(666) }`
  const source = counter({ save: 'this.#kept', body })
  const here = await place(source)
  const { manager, reported } = await here.host({}, { hotReload: true })
  const add = (entry: number) => (manager.get('counter') as { add(entry: number): string }).add(entry)
  expect([add(1), add(2)]).toEqual(['1', '1,2'])
  expect((await manager.reload('counter')).outcome).toBe('committed')
  expect(add(3)).toBe('1,2,3')
  // Both the new code that fails and the old one that comes back are given the snapshot.
  const failing = source.replace('state.entries.length = 0', "state.entries.length = 0; throw new Error('no')")
  expect((await reported(() => here.save(failing))).outcome).toBe('rolled-back')
  expect(add(4)).toBe('1,2,3,4')
  await manager.stop()
  await here.save(source)
  const next = (await here.host()).manager
  expect((next.get('counter') as { add(entry: number): string }).add(5)).toBe('1,2,3,4,5')
})

describe('state of another version', () => {
  /** Version 1 keeps `count`, version 2 keeps `total`; each knows the other. */
  const versioned = (version: 1 | 2, migrates = true) =>
    counter({
      meta: `stateVersion: ${version}`,
      save: version === 1 ? '{ count: this.count }' : '{ total: this.count }',
      body: `
      override setReloadState(state: any) {
        if (!('${version === 1 ? 'count' : 'total'}' in state)) throw new Error('not of version ${version}')
        this.count = state.count ?? state.total
      }
      ${migrates ? `migrateState(state: any, from: number) { return from === 1 ? { total: state.count } : { count: state.total } }` : ''}`,
    })

  it('is migrated up and down, from one host to the next and in a reload (fault 52)', async () => {
    const here = await place(versioned(1))
    expect(await here.count()).toBe(1)
    await here.save(versioned(2))
    expect(await here.count()).toBe(2)
    await here.save(versioned(1))
    const { manager, reported } = await here.host({}, { hotReload: true })
    expect(increment(manager)).toBe(3)
    for (const version of [2, 1, 2] as const) {
      expect(await reported(() => here.save(versioned(version)))).toMatchObject({
        outcome: 'committed',
        kept: ['counter'],
      })
    }
    expect(increment(manager)).toBe(4)
    await manager.stop()
    expect(await here.count()).toBe(5)
  })

  it('that nobody migrates leaves the old code serving, with the state in its own version (fault 52)', async () => {
    const here = await place(versioned(1))
    expect(await here.count()).toBe(1)
    const { manager, reported } = await here.host({}, { hotReload: true })
    expect(increment(manager)).toBe(2)
    const report = await reported(() => here.save(versioned(2, false)))
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      error: { code: 'CFP_STATE_MIGRATION_MISSING', plugin: 'counter', phase: 'migrateState' },
    })
    expect(increment(manager)).toBe(3)
    expect(await reported(() => here.save(versioned(2)))).toMatchObject({ outcome: 'committed' })
    expect(increment(manager)).toBe(4)
    await manager.stop()
    expect(await here.count()).toBe(5)
  })

  it('that nobody migrates at a start is set aside, and the plugin starts without it (fault 52)', async () => {
    const here = await place(versioned(1))
    await here.count()
    await here.save(versioned(2, false))
    const { manager, report } = await here.host()
    expect(report).toMatchObject({
      active: ['counter'],
      problems: [{ code: 'CFP_STATE_MIGRATION_MISSING', plugin: 'counter' }],
    })
    expect(increment(manager)).toBe(1)
    await manager.stop()
    const files = await readdir(here.states)
    expect(files.sort()).toEqual(['counter.state', expect.stringMatching(/^counter\.state\.refused-\d+$/)])
    // Put back, it serves the code that can read it.
    await rename(join(here.states, files[1] as string), here.file)
    await here.save(versioned(2))
    expect(await here.count()).toBe(2)
  })
})

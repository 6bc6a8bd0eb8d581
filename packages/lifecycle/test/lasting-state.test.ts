// State that outlives the process: two lifecycles over one folder, one after the other.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PluginInstance, PluginRecord } from '@cf-plugins/plugin-api'
import { FileStateStore, StatePreserver } from '@cf-plugins/state-preserver'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { LifecycleOptions, StateKeeper } from '../src/index.ts'
import { deferred, lifecycleOf, logTo, type Meta, never, plugin, rejection, until } from './support.ts'

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-lasting-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A lifecycle whose state is in a folder, as each process makes its own. */
function inFolder(folder: string, records: readonly PluginRecord[], options: Partial<LifecycleOptions> = {}) {
  const keeper = new StatePreserver({ store: new FileStateStore({ folder }) })
  return lifecycleOf(records, { keeper, ...options })
}

interface Counter extends PluginInstance {
  count: number
}

/** A plugin that counts, and the instances that were made of it. */
function counter(meta: Partial<Meta> = {}, more: (made: number) => PluginInstance = () => ({})) {
  const made: Counter[] = []
  const record = plugin({ name: 'counter', ...meta }, () => {
    const instance: Counter = {
      count: 0,
      getReloadState: () => ({ count: instance.count }),
      setReloadState: ({ count }: { count: number }) => {
        instance.count = count
      },
    }
    Object.assign(instance, more(made.push(instance)))
    return instance
  })
  return { record, made, last: () => made.at(-1) as Counter }
}

/** Runs a counter from start to stop, with one count. */
async function countOnce(folder: string, one = counter()): Promise<number> {
  const lifecycle = inFolder(folder, [one.record])
  await lifecycle.start()
  one.last().count++
  await lifecycle.stop()
  return one.last().count
}

const countOf = async (folder: string) =>
  ((await new FileStateStore({ folder }).read('counter'))?.state as { count: number } | undefined)?.count

describe('a plugin', () => {
  it('goes on from one lifecycle to the next with its state, set up before it gets it', async () => {
    const folder = await temporaryFolder()
    expect(await countOnce(folder)).toBe(1)
    const log: string[] = []
    const second = counter({}, () => ({
      setup: () => void log.push('setup'),
      setReloadState: ({ count }: { count: number }) => {
        log.push('state')
        second.last().count = count
      },
    }))
    expect(await countOnce(folder, second)).toBe(2)
    expect(log).toEqual(['setup', 'state'])
    expect(await countOnce(folder)).toBe(3)
  })

  it('gets what an earlier process left when it is enabled, or added, later', async () => {
    const folder = await temporaryFolder()
    await countOnce(folder)
    const off = counter({ enabled: false })
    const lifecycle = inFolder(folder, [off.record])
    await lifecycle.start()
    expect(off.made).toEqual([])
    await lifecycle.enable('counter')
    expect(off.last().count).toBe(1)
    await lifecycle.stop()
    const late = counter()
    const other = inFolder(folder, [])
    await other.start()
    await other.add([late.record])
    expect(late.last().count).toBe(1)
  })

  it('that fails to start leaves what is stored, and gets it from the code that mends it', async () => {
    const folder = await temporaryFolder()
    await countOnce(folder)
    const broken = counter({}, () => ({ setup: () => Promise.reject(new Error('no')) }))
    const lifecycle = inFolder(folder, [broken.record])
    expect((await lifecycle.start()).failed).toMatchObject([{ error: { code: 'CFP_SETUP_FAILED' } }])
    const mended = counter()
    expect((await lifecycle.reload({ set: [mended.record] })).outcome).toBe('committed')
    expect(mended.last().count).toBe(1)
    const again = inFolder(folder, [counter({}, () => ({ setup: () => Promise.reject(new Error('no')) })).record])
    await again.start()
    await again.stop()
    expect(await countOf(folder)).toBe(1)
  })

  it('is saved before its teardown, and written before the stop ends', async () => {
    const folder = await temporaryFolder()
    const one = counter({}, () => ({
      teardown: () => {
        one.last().count = -1
      },
    }))
    const lifecycle = inFolder(folder, [one.record])
    await lifecycle.start()
    one.last().count = 7
    expect((await lifecycle.stop()).problems).toEqual([])
    expect(await countOf(folder)).toBe(7)
  })

  it('that forgets all when its signal aborts is saved before that', async () => {
    const folder = await temporaryFolder()
    let count = 7
    const forgetful = plugin({ name: 'counter' }, (_app, { signal }) => {
      signal.addEventListener('abort', () => {
        count = 0
      })
      return { getReloadState: () => ({ count }) }
    })
    const lifecycle = inFolder(folder, [forgetful])
    await lifecycle.start()
    await lifecycle.stop()
    expect([count, await countOf(folder)]).toEqual([0, 7])
  })

  it('that is disabled is saved too', async () => {
    const folder = await temporaryFolder()
    const one = counter()
    const lifecycle = inFolder(folder, [one.record])
    await lifecycle.start()
    one.last().count = 7
    await lifecycle.disable('counter')
    await lifecycle.stop()
    expect(await countOf(folder)).toBe(7)
  })

  it('that gives its state up in a reload, or has none, is neither asked nor given, nor written', async () => {
    const folder = await temporaryFolder()
    await countOnce(folder)
    const discarding = counter({ reload: { state: 'discard' } }, () => ({
      getReloadState: () => expect.unreachable(),
      setReloadState: () => expect.unreachable(),
    }))
    await countOnce(folder, discarding)
    const lifecycle = inFolder(folder, [discarding.record, plugin({ name: 'plain' })])
    expect((await lifecycle.start()).problems).toEqual([])
    expect((await lifecycle.stop()).problems).toEqual([])
    expect(await readdir(folder)).toEqual(['counter.state'])
    expect(await countOf(folder)).toBe(1)
  })
})

describe('state that is of no use', () => {
  it('is told, and the plugin starts without it, in a new instance; the file is kept aside', async () => {
    const folder = await temporaryFolder()
    await countOnce(folder)
    const torn: number[] = []
    const one = counter({}, (number) => ({
      setReloadState: () => {
        one.last().count = 99
        throw new Error('not mine')
      },
      teardown: () => void torn.push(number),
    }))
    const log: string[] = []
    const lifecycle = inFolder(folder, [one.record], { logger: logTo(log) })
    const report = await lifecycle.start()
    expect(report).toMatchObject({
      active: ['counter'],
      failed: [],
      problems: [{ code: 'CFP_STATE_RESTORE_FAILED', plugin: 'counter', phase: 'setReloadState' }],
    })
    expect(report.problems[0]?.message).toBe(
      'Plugin "counter" starts without the state that an earlier process left: Plugin "counter" failed in setReloadState(): not mine What was left is kept aside when the plugin is saved next.',
    )
    expect(log.filter((entry) => entry.startsWith('warn'))).toEqual([`warn: ${report.problems[0]?.message}`])
    expect([one.made.length, one.last().count, torn]).toEqual([2, 0, [1]])
    one.last().count = 5
    await lifecycle.stop()
    expect(torn).toEqual([1, 2])
    const files = (await readdir(folder)).sort()
    expect(files).toEqual(['counter.state', expect.stringMatching(/^counter\.state\.refused-\d+$/)])
    expect(await countOf(folder)).toBe(5)
  })

  it.each([
    ['cannot be migrated', { stateVersion: 2 }, 'CFP_STATE_MIGRATION_MISSING'],
    ['is in no instance’s hands', { setReloadState: undefined }, 'CFP_STATE_RESTORE_MISSING'],
    ['hangs', { setReloadState: never, timeouts: { restoreMs: 20 } }, 'CFP_STATE_RESTORE_TIMEOUT'],
  ])('because it %s keeps nobody from starting', async (_, given, code) => {
    const folder = await temporaryFolder()
    await countOnce(folder)
    const { stateVersion, timeouts, ...hooks } = given as Partial<Meta> & PluginInstance
    const one = counter({ ...(stateVersion && { stateVersion }), ...(timeouts && { timeouts }) }, () => hooks)
    const lifecycle = inFolder(folder, [one.record])
    expect(await lifecycle.start()).toMatchObject({ active: ['counter'], problems: [{ code }] })
  })

  it('is told of those only that have anything to do with state', async () => {
    const folder = await temporaryFolder()
    for (const name of ['counter', 'plain']) await writeFile(join(folder, `${name}.state`), 'damaged')
    const lifecycle = inFolder(folder, [counter().record, plugin({ name: 'plain' })])
    const { active, problems } = await lifecycle.start()
    expect(active).toEqual(['counter', 'plain'])
    expect(problems).toMatchObject([{ code: 'CFP_STATE_FILE_DAMAGED', file: join(folder, 'counter.state') }])
    await lifecycle.stop()
    expect((await readdir(folder)).sort()).toEqual([
      'counter.state',
      expect.stringMatching(/^counter\.state\.refused-/),
      'plain.state',
    ])
  })

  it('leaves the stored file when the next save fails', async () => {
    const folder = await temporaryFolder()
    await countOnce(folder)
    const leaky = counter({}, () => ({ getReloadState: () => ({ close: () => {} }) }))
    const lifecycle = inFolder(folder, [leaky.record])
    await lifecycle.start()
    const { problems, stopped } = await lifecycle.stop()
    expect(problems).toMatchObject([{ code: 'CFP_STATE_NOT_CLONEABLE', plugin: 'counter' }])
    expect(problems[0]?.message).toContain('state.close is a function')
    expect(stopped).toEqual(['counter'])
    expect(await countOf(folder)).toBe(1)
  })
})

describe('a keeper', () => {
  const keeperOf = (more: Partial<StateKeeper>): StateKeeper => ({
    isLasting: true,
    save: async () => ({ hasState: false }),
    restore: async () => {},
    ...more,
  })

  it('that hangs is waited for as long as its bound, and no longer', async () => {
    const one = counter({ timeouts: { restoreMs: 10 } })
    const asked: string[] = []
    const keeper = keeperOf({
      load: never,
      setAside: (name) => {
        asked.push(name)
        return false
      },
      flush: never,
    })
    const lifecycle = lifecycleOf([one.record], { keeper })
    const { problems } = await lifecycle.start()
    expect(problems).toMatchObject([{ code: 'CFP_STATE_TIMEOUT', plugin: 'counter', phase: 'readState' }])
    expect(problems[0]?.message).not.toContain('aside')
    expect(asked).toEqual(['counter'])
    const from = performance.now()
    const stopped = await lifecycle.stop({ boundMs: 300 })
    expect(performance.now() - from).toBeLessThan(3000)
    expect(stopped).toMatchObject({ stopped: ['counter'], problems: [{ code: 'CFP_STATE_TIMEOUT' }] })
  })

  it('is let go of when the start is cancelled, and its state is not blamed', async () => {
    const signals: AbortSignal[] = []
    const keeper = keeperOf({
      load: (_, { signal }) => {
        signals.push(signal)
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        })
      },
      setAside: () => expect.unreachable(),
    })
    const one = counter()
    const lifecycle = lifecycleOf([one.record], { keeper })
    const controller = new AbortController()
    const starting = lifecycle.start({ signal: controller.signal })
    await until(() => signals.length === 1)
    controller.abort()
    expect((await starting).failed).toMatchObject([{ plugin: 'counter', error: { code: 'CFP_OPERATION_ABORTED' } }])
    expect(one.made).toEqual([])
  })

  it('that keeps nothing for the next process is asked for nothing, and a start stays in one turn', async () => {
    const asked = (what: string) => () => expect.unreachable(what)
    const one = counter({}, () => ({ getReloadState: asked('getReloadState') }))
    const keeper = keeperOf({ isLasting: false, load: asked('load'), flush: asked('flush'), save: asked('save') })
    const lifecycle = lifecycleOf([one.record], { keeper })
    const starting = lifecycle.start()
    let turns = 0
    const count = setImmediate(() => turns++)
    await starting
    clearImmediate(count)
    expect([one.made.length, turns]).toEqual([1, 0])
    expect((await lifecycle.stop()).problems).toEqual([])
  })

  it('whose flush fails is told in the report of the stop', async () => {
    const keeper = keeperOf({ flush: () => Promise.reject(new Error('disk gone')) })
    const lifecycle = lifecycleOf([counter().record], { keeper })
    await lifecycle.start()
    expect((await lifecycle.stop()).problems).toMatchObject([
      { code: 'CFP_STATE_FAILED', message: expect.stringContaining('disk gone') },
    ])
  })

  it('saves a plugin once, though its teardown hangs until all that is left ends at once', async () => {
    const saved: string[] = []
    const gate = deferred()
    const keeper = keeperOf({
      save: async ({ name }) => {
        saved.push(name)
        return { hasState: true }
      },
    })
    const one = counter({ dependencies: [], timeouts: { teardownMs: 5000 } }, () => ({ teardown: () => gate.promise }))
    const base = plugin({ name: 'base' }, () => ({ getReloadState: () => 1 }))
    const user = counter({ name: 'user', dependencies: ['base'] }, () => ({ teardown: () => gate.promise }))
    const lifecycle = lifecycleOf([base, one.record, user.record], { keeper })
    await lifecycle.start()
    const report = await lifecycle.stop({ boundMs: 200 })
    gate.resolve()
    expect(saved.sort()).toEqual(['base', 'counter', 'user'])
    expect(report.hung.toSorted()).toEqual(['counter', 'user'])
    expect(report.stopped).toEqual(['base'])
  })
})

it('a plugin that must not fail fails all the same, whatever its state, and the stored state stays', async () => {
  const folder = await temporaryFolder()
  await countOnce(folder)
  const other = plugin({ name: 'other', onFailure: 'abort', dependencies: ['counter'] }, () => {
    throw new Error('no')
  })
  const lifecycle = inFolder(folder, [counter().record, other])
  expect(await rejection(lifecycle.start())).toMatchObject({ code: 'CFP_START_ABORTED' })
  expect(await countOf(folder)).toBe(1)
})

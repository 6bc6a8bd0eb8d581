// `context.state` over the life of a plugin: starts, reloads that succeed and fail, disabling, unloading and the next process.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  type Awaitable,
  definePlugin,
  type PluginInstance,
  type PluginRecord,
  type PluginState,
  sharedStateRef,
} from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { FileStateStore, StatePreserver } from '@cf-plugins/state-preserver'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Lifecycle } from '../src/index.ts'
import { deferred, lifecycleOf, type Meta, never, plugin, rejection, started, until } from './support.ts'

interface Count {
  count: number
}
type Counting = PluginState<Count>
const Total = sharedStateRef<Count>('total', { count: 0 })
const initial = { count: 0 }

/** A generation of a plugin that counts in its state, and what became of it. */
function generation(
  number: number,
  meta: Partial<Meta> = {},
  instanceOf: (state: Counting) => Awaitable<PluginInstance> = () => ({}),
) {
  const made: Counting[] = []
  const began: unknown[] = []
  const full = { name: 'counter', state: { initial, shared: ['total'] }, ...meta }
  const register = (_app: never, { state }: { readonly state: PluginState<unknown> }) => {
    made.push(state as Counting)
    const isSame = meta.stateVersion === undefined
    if (isSame) began.push((state as Counting).value.count)
    return instanceOf(state as Counting)
  }
  const record = plugin(full, register, { generation: number })
  return { record, began, made, last: () => made.at(-1) as Counting }
}

const increment = (state: Counting) => state.update((draft) => void draft.count++)
const failing = (number: number, meta: Partial<Meta> = {}) =>
  generation(number, meta, async (state) => {
    if (meta.stateVersion === undefined) state.set({ count: 99 })
    return {
      setup: async () => {
        state.set({ count: 100 })
        throw new Error('no')
      },
    }
  })

async function reload(lifecycle: Lifecycle, record: PluginRecord) {
  return lifecycle.reload({ set: [record] })
}

describe.each(['exclusive', 'overlap'] as const)('a plugin that is replaced, %s', (strategy) => {
  const meta = { reload: { strategy } }

  it('begins with what it kept, in register already, and goes on from there', async () => {
    const first = generation(1, meta)
    const lifecycle = await started([first.record])
    await increment(first.last())
    const second = generation(2, meta)
    expect(await reload(lifecycle, second.record)).toMatchObject({ outcome: 'committed', strategy, kept: ['counter'] })
    await increment(second.last())
    const third = generation(3, meta)
    await reload(lifecycle, third.record)
    expect([first.began, second.began, third.began]).toEqual([[0], [1], [2]])
    expect(third.last().value).toEqual({ count: 2 })
  })

  it('keeps it through code that does not ask for it', async () => {
    const first = generation(1, meta)
    const lifecycle = await started([first.record])
    await increment(first.last())
    const state = { initial, shared: ['total'] }
    await reload(
      lifecycle,
      plugin({ name: 'counter', state, ...meta }, () => ({}), { generation: 2 }),
    )
    const third = generation(3, meta)
    await reload(lifecycle, third.record)
    expect(third.began).toEqual([1])
  })

  it('and fails has it as before, whatever the new code made of its own (invariant 4)', async () => {
    const first = generation(1, meta)
    const lifecycle = await started([first.record])
    await increment(first.last())
    const bad = failing(2, meta)
    expect(await reload(lifecycle, bad.record)).toMatchObject({ outcome: 'rolled-back' })
    expect([bad.began, first.last().value]).toEqual([[1], { count: 1 }])
    await increment(first.last())
    const picky = generation(3, meta, (state) => ({
      onReload: async () => {
        await increment(state)
        throw new Error('not good')
      },
    }))
    expect(await reload(lifecycle, picky.record)).toMatchObject({ outcome: 'rolled-back' })
    expect([picky.began, first.last().value]).toEqual([[2], { count: 2 }])
    const good = generation(4, meta)
    await reload(lifecycle, good.record)
    expect(good.began).toEqual([2])
  })

  it('has what was under way: an update is in flight, and waited for', async () => {
    const first = generation(1, meta)
    const lifecycle = await started([first.record])
    const gate = deferred()
    const updating = first.last().update(async (draft) => {
      await gate.promise
      draft.count = 5
    })
    expect(lifecycle.inFlight('counter')).toBe(1)
    const second = generation(2, meta)
    const reloading = reload(lifecycle, second.record)
    await until(() => lifecycle.status('counter').state === 'gating')
    const together = first.last().transaction(async (state) => void (await state.update((draft) => void draft.count++)))
    gate.resolve()
    await Promise.all([updating, together])
    expect(await reloading).toMatchObject({ outcome: 'committed' })
    expect(second.last().value).toEqual({ count: 6 })
    expect(await rejection(increment(first.last()))).toMatchObject({
      code: 'CFP_GENERATION_RETIRED',
      plugin: 'counter',
    })
    expect(() => first.last().value).toThrow('after its generation 1 had ended')
    expect(() => first.last().set({ count: 1 })).toThrow('after its generation 1 had ended')
  })

  it('is not replaced while an update hangs, and keeps what it had', async () => {
    const first = generation(1, meta)
    const lifecycle = lifecycleOf([first.record], { reloadBounds: { drainMs: 20 } })
    await lifecycle.start()
    const hung = first.last().update(never, { timeoutMs: 300 })
    const second = generation(2, meta)
    const report = await reload(lifecycle, second.record)
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_DRAIN_TIMEOUT' } })
    expect(await rejection(hung)).toMatchObject({ code: 'CFP_STATE_UPDATE_TIMEOUT' })
    expect(await increment(first.last())).toEqual({ count: 1 })
  })

  it('is told that old code changes what was taken from it already; where nothing comes of that, the change goes on', async () => {
    const checking = deferred()
    const failed = deferred()
    const first = generation(1, meta)
    const lifecycle = await started([first.record])
    // An exclusive reload has ended the old code by then; so both are stopped before that, in the old code's own save.
    let late: Promise<Count> | undefined
    const old = generation(2, meta, (state) => ({
      getReloadState: () => {
        setTimeout(() => {
          late = increment(state)
          late.catch(() => {})
        })
        return 1
      },
      setReloadState: () => {},
      teardown: () => checking.promise,
    }))
    await reload(lifecycle, old.record)
    const next = generation(3, meta, () => ({
      setReloadState: () => checking.promise,
      onReload: () => failed.promise,
    }))
    const reloading = reload(lifecycle, next.record)
    await until(() => late !== undefined)
    checking.resolve()
    failed.reject(new Error('not good'))
    expect(await reloading).toMatchObject({ outcome: 'rolled-back' })
    const counts = await (late as Promise<Count>).then(
      () => 1,
      ({ code }) => (code === 'CFP_GENERATION_RETIRED' ? 0 : -1),
    )
    expect(old.last().value.count).toBe(strategy === 'overlap' ? 1 : 0)
    expect(counts).toBe(strategy === 'overlap' ? 1 : 0)
  })
})

describe('a plugin that is replaced', () => {
  it('by code beside it gets in the end what the old code made of it meanwhile, not what the new one did', async () => {
    const meta = { reload: { strategy: 'overlap' as const } }
    const first = generation(1, meta)
    const lifecycle = await started([first.record])
    await increment(first.last())
    const told: number[] = []
    const second = generation(2, meta, (state) => ({
      setup: async () => {
        state.watch(({ count }) => void told.push(count))
        state.set({ count: 50 })
        await increment(first.last())
      },
    }))
    await reload(lifecycle, second.record)
    expect([second.began, second.last().value, told]).toEqual([[1], { count: 2 }, [2]])
  })

  it('by code beside it refuses what the old code asked for after its state was taken, as soon as that is over', async () => {
    const meta = { reload: { strategy: 'overlap' as const } }
    const restoring = deferred()
    const first = generation(1, meta, () => ({ getReloadState: () => 1 }))
    const lifecycle = await started([first.record])
    let isRestoring = false
    const second = generation(2, meta, () => ({
      setReloadState: () => {
        isRestoring = true
        return restoring.promise
      },
    }))
    const reloading = reload(lifecycle, second.record)
    await until(() => isRestoring)
    const late = rejection(increment(first.last()))
    const together = rejection(first.last().transaction((state) => state.set({ count: 9 })))
    expect(() => first.last().set({ count: 9 })).toThrow('while the plugin was being replaced')
    restoring.resolve()
    expect((await reloading).outcome).toBe('committed')
    expect([(await late).code, (await together).code]).toEqual(['CFP_GENERATION_RETIRED', 'CFP_GENERATION_RETIRED'])
    expect(second.last().value).toEqual({ count: 0 })
  })

  it('and does not come back is failed, and the next good save has its state (invariant 5)', async () => {
    let starts = 0
    const first = generation(1, {}, () => ({
      setup: () => {
        if (++starts > 1) throw new Error('once only')
      },
    }))
    const lifecycle = await started([first.record])
    await increment(first.last())
    expect((await reload(lifecycle, failing(2).record)).outcome).toBe('failed')
    expect(lifecycle.status('counter').state).toBe('failed')
    const good = generation(3)
    expect((await reload(lifecycle, good.record)).outcome).toBe('committed')
    expect(good.began).toEqual([1])
  })

  it('with reload.state: discard begins anew, and has it back after a rollback', async () => {
    const meta = { reload: { state: 'discard' as const } }
    const first = generation(1, meta)
    const lifecycle = await started([first.record])
    await increment(first.last())
    expect((await reload(lifecycle, failing(2, meta).record)).outcome).toBe('rolled-back')
    expect(first.began).toEqual([0, 1])
    const next = generation(3, meta)
    expect(await reload(lifecycle, next.record)).toMatchObject({ outcome: 'committed', kept: [] })
    expect(next.began).toEqual([0])
  })

  it('changes nothing any more in its teardown', async () => {
    const codes: unknown[] = []
    const first = generation(1, {}, (state) => ({
      teardown: async () => {
        codes.push(state.value.count, (await rejection(increment(state))).code)
        codes.push((await rejection(state.shared(Total).update((total) => void total.count++))).code)
      },
    }))
    const lifecycle = await started([first.record])
    await increment(first.last())
    await reload(lifecycle, generation(2).record)
    expect(codes).toEqual([1, 'CFP_GENERATION_RETIRED', 'CFP_GENERATION_RETIRED'])
  })

  it('with all that depend on it: each has its own', async () => {
    const base = generation(1, { name: 'base' })
    const user = generation(1, { name: 'user', dependencies: ['base'] })
    const lifecycle = await started([base.record, user.record])
    await increment(base.last())
    await user.last().update(({ count }) => ({ count: count + 5 }))
    await reload(lifecycle, generation(2, { name: 'base' }).record)
    expect([user.began, user.last().value]).toEqual([[0, 5], { count: 5 }])
    expect((await reload(lifecycle, failing(3, { name: 'base' }).record)).outcome).toBe('rolled-back')
    expect(user.last().value).toEqual({ count: 5 })
  })
})

describe('another stateVersion', () => {
  const migrating = (number: number, stateVersion: number, more: PluginInstance = {}) => {
    const log: unknown[] = []
    const made = generation(number, { stateVersion }, (state) => ({
      migrateState: (old: Count, from: number, part: string) => {
        log.push([part, from, old])
        return { count: old.count + 10 }
      },
      setup: () => void log.push(state.value.count),
      ...more,
    }))
    return { ...made, log }
  }

  it.each(['exclusive', 'overlap'] as const)(
    'is migrated by the instance after register and before setup, %s (fault 52)',
    async (strategy) => {
      const first = generation(1, { reload: { strategy } })
      const lifecycle = await started([first.record])
      await increment(first.last())
      const next = migrating(2, 2)
      await reload(lifecycle, next.record)
      expect(next.log).toEqual([['state', 0, { count: 1 }], 11])
      expect(next.last().value).toEqual({ count: 11 })
      const down = migrating(3, 1)
      await reload(lifecycle, down.record)
      expect(down.log).toEqual([['state', 2, { count: 11 }], 21])
    },
  )

  it('is migrated again where the old code went on beside the new one', async () => {
    const meta = { reload: { strategy: 'overlap' as const } }
    const first = generation(1, meta)
    const lifecycle = await started([first.record])
    await increment(first.last())
    const log: unknown[] = []
    const next = generation(2, { ...meta, stateVersion: 1 }, (state) => ({
      migrateState: ({ count }: Count) => ({ count: count * 10 }),
      setup: async () => {
        log.push(state.value.count)
        await increment(first.last())
      },
      onReload: () => void log.push(state.value.count),
    }))
    await reload(lifecycle, next.record)
    expect(log).toEqual([10, 20])
  })

  it('is migrated by a definition’s state.migrate, and each of both kinds of state with its name', async () => {
    const first = generation(1, {}, () => ({ getReloadState: () => 'saved' }))
    const lifecycle = await started([first.record])
    await increment(first.last())
    const log: unknown[] = []
    const defined = definePlugin({
      name: 'counter',
      version: '2.0.0',
      state: {
        initial: { count: 0, name: '' },
        version: 1,
        migrate: (old, from, part) => {
          log.push([part, from, old])
          return part === 'state' ? { ...(old as Count), name: 'x' } : old
        },
        save: () => 'saved',
        restore: (saved) => void log.push(saved),
      },
      setup: ({ state }) => void log.push((state as PluginState<unknown>).value),
    })
    const record = toPluginRecord({ default: defined }, { generation: 2, file: undefined, files: [] })
    expect(await reload(lifecycle, record)).toMatchObject({ outcome: 'committed', error: undefined })
    expect(log).toEqual([['state', 0, { count: 1 }], { count: 1, name: 'x' }, ['reload', 0, 'saved'], 'saved'])
  })

  it.each<[string, PluginInstance, string]>([
    ['nobody migrates', { migrateState: undefined } as never, 'CFP_STATE_MIGRATION_MISSING'],
    ['the migration throws', { migrateState: () => Promise.reject(new Error('no')) }, 'CFP_STATE_MIGRATION_FAILED'],
  ])('that %s is rolled back, with the state as it was (fault 52)', async (_, more, code) => {
    const first = generation(1)
    const lifecycle = await started([first.record])
    await increment(first.last())
    const torn: string[] = []
    const teardown = () => void torn.push('though never set up')
    const report = await reload(lifecycle, migrating(2, 2, { ...more, teardown }).record)
    expect(torn).toEqual([])
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code, plugin: 'counter' } })
    expect([first.began, first.last().value]).toEqual([[0, 1], { count: 1 }])
  })
})

describe('a plugin', () => {
  it('that is disabled keeps its state, and its listeners rest', async () => {
    const total = generation(1, { name: 'total' })
    const one = generation(1)
    const lifecycle = await started([total.record, one.record])
    await increment(one.last())
    const told: number[] = []
    one
      .last()
      .shared(Total)
      .watch(({ count }) => void told.push(count))
    const add = () =>
      total
        .last()
        .shared(Total)
        .update((draft) => void draft.count++)
    await add()
    await lifecycle.disable('counter')
    await add()
    await add()
    expect(told).toEqual([1])
    await lifecycle.enable('counter')
    expect([told, one.last().value, one.began]).toEqual([[1, 3], { count: 1 }, [0]])
  })

  it('that is unloaded and comes back has its state', async () => {
    const first = generation(1)
    const lifecycle = await started([first.record])
    await increment(first.last())
    await lifecycle.unload('counter')
    const second = generation(2)
    await lifecycle.add([second.record])
    expect(second.began).toEqual([1])
  })

  it('that is unloaded and cannot save its other state has this one all the same', async () => {
    const getReloadState = () => Promise.reject(new Error('no'))
    const first = generation(1, {}, () => ({ getReloadState }))
    const lifecycle = await started([first.record])
    await increment(first.last())
    await lifecycle.unload('counter')
    const second = generation(2)
    await lifecycle.add([second.record])
    expect(second.began).toEqual([1])
  })

  it('begins alone, and without a promise, where it is synchronous', async () => {
    const first = generation(1)
    const lifecycle = await started([first.record])
    expect(first.began).toEqual([0])
    expect(lifecycle.inFlight('counter')).toBe(0)
  })

  it('of a host that keeps no state is told so', async () => {
    const lifecycle = lifecycleOf([generation(1).record], { keeper: undefined as never })
    const { failed } = await lifecycle.start()
    expect(failed).toMatchObject([{ plugin: 'counter', error: { code: 'CFP_STATE_UNAVAILABLE' } }])
  })

  it('whose initial state cannot be kept does not start', async () => {
    const { failed } = await lifecycleOf([generation(1, { state: { initial: { close: () => {} } } }).record]).start()
    expect(failed).toMatchObject([{ plugin: 'counter', error: { code: 'CFP_STATE_NOT_CLONEABLE' } }])
  })
})

describe('what plugins share', () => {
  it('is read, but not changed, before the commit; a reload that fails has changed nothing (invariant 4)', async () => {
    const other = generation(1, { name: 'other' })
    const first = generation(1)
    const lifecycle = await started([other.record, first.record])
    await other
      .last()
      .shared(Total)
      .update((total) => void total.count++)
    const codes: unknown[] = []
    const second = generation(2, {}, (state) => ({
      setup: async () => {
        const total = state.shared(Total)
        codes.push(total.value.count, (await rejection(total.update((draft) => void draft.count++))).code)
        await state.transaction((own) => own.set({ count: 7 }))
        throw new Error('no')
      },
    }))
    expect((await reload(lifecycle, second.record)).outcome).toBe('rolled-back')
    expect(codes).toEqual([1, 'CFP_STATE_BEFORE_COMMIT'])
    expect(other.last().shared(Total).value).toEqual({ count: 1 })
    expect(
      await first
        .last()
        .shared(Total)
        .update((total) => void total.count++),
    ).toEqual({ count: 2 })
  })

  it('is denied to whom the permissions leave it out (fault 75)', async () => {
    const one = generation(1, { permissions: ['event:*'] })
    const two = generation(1, { name: 'two', permissions: ['state:total'] })
    await started([one.record, two.record])
    expect(() => one.last().shared(Total)).toThrow('may not use state:total')
    await two
      .last()
      .shared(Total)
      .update((total) => void total.count++)
    await one.last().transaction((own) => own.set({ count: 1 }))
  })
})

describe('the next process', () => {
  async function temporaryFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'cf-context-state-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    return folder
  }
  const inFolder = (folder: string, records: readonly PluginRecord[]) =>
    lifecycleOf(records, { keeper: new StatePreserver({ store: new FileStateStore({ folder }), writeDelayMs: 5 }) })
  const kept = async (folder: string) => (await new FileStateStore({ folder }).read('counter'))?.own?.value

  it('begins with what the one before kept, in register already, its own and what is shared', async () => {
    const folder = await temporaryFolder()
    const first = generation(1)
    const one = inFolder(folder, [first.record])
    await one.start()
    await increment(first.last())
    await first
      .last()
      .shared(Total)
      .update(({ count }) => ({ count: count + 5 }))
    expect((await one.stop()).problems).toEqual([])
    const totals: number[] = []
    const second = generation(1, {}, (state) => {
      totals.push(state.shared(Total).value.count)
      return {}
    })
    const two = inFolder(folder, [second.record])
    expect((await two.start()).problems).toEqual([])
    expect([second.began, totals]).toEqual([[1], [5]])
    expect((await readdir(folder)).toSorted()).toEqual(['counter.state', 'shared+total.state'])
  })

  it('has it though nobody stopped the one before: a change is written by itself', async () => {
    const folder = await temporaryFolder()
    const first = generation(1)
    await inFolder(folder, [first.record]).start()
    await increment(first.last())
    for (let found: unknown; found === undefined; ) found = await kept(folder)
    expect(await kept(folder)).toEqual({ count: 1 })
  })

  it('has what an update made of it that was under way when the host stopped', async () => {
    const folder = await temporaryFolder()
    const first = generation(1)
    const one = inFolder(folder, [first.record])
    await one.start()
    const gate = deferred()
    const updating = first.last().update(async () => {
      await gate.promise
      return { count: 8 }
    })
    const stopping = one.stop()
    setTimeout(gate.resolve, 5)
    expect((await stopping).problems).toEqual([])
    expect(await updating).toEqual({ count: 8 })
    expect(await kept(folder)).toEqual({ count: 8 })
  })

  it('does not get what a reload that failed made of it', async () => {
    const folder = await temporaryFolder()
    const first = generation(1)
    const one = inFolder(folder, [first.record])
    await one.start()
    await increment(first.last())
    expect((await reload(one, failing(2).record)).outcome).toBe('rolled-back')
    await one.stop()
    expect(await kept(folder)).toEqual({ count: 1 })
  })

  it('gets what a new version migrated, also where nothing was changed after that', async () => {
    const folder = await temporaryFolder()
    const first = generation(1)
    const one = inFolder(folder, [first.record])
    await one.start()
    await increment(first.last())
    const migrateState = ({ count }: Count) => ({ count: count * 10 })
    await reload(one, generation(2, { stateVersion: 1 }, () => ({ migrateState })).record)
    for (let found: unknown; (found as Count | undefined)?.count !== 10; ) found = await kept(folder)
    await one.stop()
    const again = generation(1, { stateVersion: 1 })
    await inFolder(folder, [again.record]).start()
    expect(again.last().value).toEqual({ count: 10 })
  })

  it('starts without it where it cannot be migrated, is told, and keeps what there was aside', async () => {
    const folder = await temporaryFolder()
    const first = generation(1)
    const one = inFolder(folder, [first.record])
    await one.start()
    await increment(first.last())
    await one.stop()
    const second = generation(1, { stateVersion: 2 })
    const two = inFolder(folder, [second.record])
    const report = await two.start()
    expect(report).toMatchObject({ active: ['counter'], problems: [{ code: 'CFP_STATE_MIGRATION_MISSING' }] })
    expect(second.last().value).toEqual({ count: 0 })
    await increment(second.last())
    await two.stop()
    expect((await readdir(folder)).toSorted()).toEqual([
      'counter.state',
      expect.stringMatching(/^counter\.state\.refused-\d+$/),
    ])
    expect(await kept(folder)).toEqual({ count: 1 })
  })

  it('begins anew where the plugin gives its state up', async () => {
    const folder = await temporaryFolder()
    const meta = { reload: { state: 'discard' as const } }
    for (const began of [[0], [0]]) {
      const each = generation(1, meta)
      const lifecycle = inFolder(folder, [each.record])
      await lifecycle.start()
      expect(each.began).toEqual(began)
      await increment(each.last())
      await lifecycle.stop()
    }
    expect(await readdir(folder)).toEqual([])
  })

  it('is not begun by a migration that was cancelled with its start', async () => {
    const folder = await temporaryFolder()
    const first = generation(1)
    const one = inFolder(folder, [first.record])
    await one.start()
    await increment(first.last())
    await one.stop()
    let isMigrating = false
    const migrateState = () => {
      isMigrating = true
      return never()
    }
    const second = generation(1, { stateVersion: 2 }, () => ({ migrateState, setup: () => expect.unreachable() }))
    const controller = new AbortController()
    const starting = inFolder(folder, [second.record]).start({ signal: controller.signal })
    await until(() => isMigrating)
    controller.abort()
    expect((await starting).failed).toMatchObject([{ plugin: 'counter', error: { code: 'CFP_OPERATION_ABORTED' } }])
    expect(await kept(folder)).toEqual({ count: 1 })
  })
})

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

it.each(['exclusive', 'overlap'] as const)(
  'state, its listeners and its shared parts keep no generation that is over, %s',
  async (strategy) => {
    const refs: WeakRef<object>[] = []
    const meta = { reload: { strategy } }
    const next = (number: number) =>
      generation(number, meta, (state) => {
        const instance = {
          held: new Uint8Array(1000),
          setup: async () => {
            state.watch(() => instance.held.length)
            state.shared(Total).watch(() => instance.held.length)
            await state.update(async ({ count }) => ({ count: count + instance.held.length }))
            if (number % 7 === 0) throw new Error('no')
          },
        }
        refs.push(new WeakRef(instance), new WeakRef(state))
        return instance
      }).record
    const lifecycle = await started([next(1)])
    for (let number = 2; number <= 60; number++) await reload(lifecycle, next(number))
    for (let round = 0; round < 5; round++) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      collect()
    }
    expect(refs.length).toBeGreaterThanOrEqual(120)
    // The one that serves: its instance, and its state.
    expect(refs.filter((ref) => ref.deref()).length).toBeLessThanOrEqual(2)
  },
)

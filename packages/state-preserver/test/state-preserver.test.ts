import { type PluginInstance, type PluginMeta, StatePreservationError } from '@cf-plugins/plugin-api'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { describe, expect, test } from 'vitest'
import { StatePreserver, type StateSnapshot } from '../src/index.ts'

type Meta = Omit<PluginMeta, 'name' | 'version'>

const plugin = (instance: PluginInstance, meta: Meta = {}, enabled = true) => ({
  name: 'chat',
  enabled,
  meta: resolveMeta({ name: 'chat', version: '1.0.0', ...meta }),
  instance,
})

/** An instance with state that can be read and is restored as it comes. */
class Keeper implements PluginInstance {
  state: unknown
  calls: unknown[][] = []
  constructor(state?: unknown) {
    this.state = state
  }
  getReloadState(): unknown {
    return this.state
  }
  setReloadState(state: unknown): unknown {
    this.calls.push(['set', state])
    this.state = state
    return undefined
  }
}

class Migrating extends Keeper {
  migrateState(state: unknown, from: number): unknown {
    this.calls.push(['migrate', state, from])
    return { from, state }
  }
}

const never = () => new Promise<never>(() => {})

async function failure(promise: Promise<unknown>): Promise<StatePreservationError> {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(StatePreservationError)
  return error
}

describe('save and restore', () => {
  test('carry state from one instance to the next', async () => {
    const preserver = new StatePreserver()
    const snapshot = await preserver.save(plugin(new Keeper({ count: 3, seen: new Set(['a']) }), { stateVersion: 2 }))
    expect(snapshot).toMatchObject({ plugin: 'chat', version: 2, enabled: true, hasState: true })
    expect(Math.abs(snapshot.takenAt - Date.now())).toBeLessThan(5_000)
    expect(snapshot.bytes).toBeGreaterThan(0)
    const next = new Keeper()
    await preserver.restore(plugin(next, { stateVersion: 2 }), snapshot)
    expect(next.state).toEqual({ count: 3, seen: new Set(['a']) })
    expect(next.calls).toHaveLength(1)
  })

  test('take hooks that are async', async () => {
    const preserver = new StatePreserver()
    const next = {
      state: undefined as unknown,
      async setReloadState(state: unknown) {
        this.state = await state
      },
    }
    const snapshot = await preserver.save(plugin({ getReloadState: async () => ({ a: 1 }) }))
    await preserver.restore(plugin(next), snapshot)
    expect(next.state).toEqual({ a: 1 })
  })

  test('wait for setReloadState', async () => {
    const preserver = new StatePreserver()
    const snapshot = await preserver.save(plugin(new Keeper(1)))
    const order: string[] = []
    const setReloadState = async () => {
      await new Promise(setImmediate)
      order.push('set')
    }
    await preserver.restore(plugin({ setReloadState }), snapshot)
    expect([...order, 'restored']).toEqual(['set', 'restored'])
  })

  test('are not reached by what anybody does to the state (fault 50)', async () => {
    const preserver = new StatePreserver()
    const state = { list: [1], map: new Map([['a', { n: 1 }]]) }
    const snapshot = await preserver.save(plugin(new Keeper(state)))
    state.list.push(2)
    state.map.get('a')!.n = 2
    const read = snapshot.state as typeof state
    read.list.push(3)
    read.map.clear()
    const first = new Keeper()
    await preserver.restore(plugin(first), snapshot)
    expect(first.state).toEqual({ list: [1], map: new Map([['a', { n: 1 }]]) })
    ;(first.state as typeof state).list.push(4)
    const second = new Keeper()
    await preserver.restore(plugin(second), snapshot)
    expect(second.state).toEqual({ list: [1], map: new Map([['a', { n: 1 }]]) })
  })

  test('copy the state of a snapshot that was not taken here', async () => {
    const state = { list: [1] }
    const snapshot: StateSnapshot = { plugin: 'chat', version: 0, enabled: true, state, hasState: true, takenAt: 0 }
    const next = new Keeper()
    await new StatePreserver().restore(plugin(next), snapshot)
    expect(next.state).toEqual(state)
    expect(next.state).not.toBe(state)
  })

  test('keep the enabled flag', async () => {
    expect(await new StatePreserver().save(plugin({}, {}, false))).toMatchObject({
      enabled: false,
      hasState: false,
      state: undefined,
    })
  })

  test.each([
    ['without getReloadState', {}],
    ['whose state is undefined', { getReloadState: () => undefined }],
  ])('leave an instance alone after one %s', async (_, old) => {
    const preserver = new StatePreserver()
    const snapshot = await preserver.save(plugin(old))
    expect(snapshot.hasState).toBe(false)
    const next = new Migrating('own')
    await preserver.restore(plugin(next, { stateVersion: 3 }), snapshot)
    expect(next).toMatchObject({ state: 'own', calls: [] })
  })

  test('carry null and other falsy state', async () => {
    const preserver = new StatePreserver()
    for (const state of [null, 0, '', false]) {
      const next = new Keeper('own')
      await preserver.restore(plugin(next), await preserver.save(plugin(new Keeper(state))))
      expect(next.state).toBe(state)
    }
  })

  test('ask and give nothing where state is to be discarded', async () => {
    const preserver = new StatePreserver()
    const discard: Meta = { reload: { state: 'discard' } }
    const broken = {
      getReloadState: () => {
        throw new Error('asked')
      },
    }
    expect(await preserver.save(plugin(broken, discard))).toMatchObject({ hasState: false })
    const kept = await preserver.save(plugin(new Keeper(1)))
    const next = new Migrating('own')
    await preserver.restore(plugin(next, { ...discard, stateVersion: 9 }), kept)
    expect(next.state).toBe('own')
    await preserver.restore(plugin({}, discard), kept)
  })
})

describe('another stateVersion', () => {
  test.each([
    ['up', 1, 2],
    ['down', 2, 1],
  ])('is migrated %s before it is set (fault 52)', async (_, from, to) => {
    const preserver = new StatePreserver()
    const snapshot = await preserver.save(plugin(new Keeper('s'), { stateVersion: from }))
    const next = new Migrating()
    await preserver.restore(plugin(next, { stateVersion: to }), snapshot)
    expect(next.calls).toEqual([
      ['migrate', 's', from],
      ['set', { from, state: 's' }],
    ])
  })

  test('that is the same one is not migrated', async () => {
    const preserver = new StatePreserver()
    const next = new Migrating()
    await preserver.restore(
      plugin(next, { stateVersion: 1 }),
      await preserver.save(plugin(new Keeper('s'), { stateVersion: 1 })),
    )
    expect(next.calls).toEqual([['set', 's']])
  })

  test('leaves the snapshot in the old version, whatever the migration does to its argument (fault 52)', async () => {
    const preserver = new StatePreserver()
    const old = new Keeper({ list: [1] })
    const snapshot = await preserver.save(plugin(old, { stateVersion: 1 }))
    const destructive = {
      migrateState: (state: { list?: number[] }) => {
        delete state.list
        return state
      },
      setReloadState() {},
    }
    await preserver.restore(plugin(destructive, { stateVersion: 2 }), snapshot)
    const restored = new Migrating()
    await preserver.restore(plugin(restored, { stateVersion: 1 }), snapshot)
    expect(restored.calls).toEqual([['set', { list: [1] }]])
  })

  test('without migrateState is refused, with both versions (fault 52)', async () => {
    const preserver = new StatePreserver()
    const snapshot = await preserver.save(plugin(new Keeper('s'), { stateVersion: 1 }))
    const next = new Keeper('own')
    const error = await failure(preserver.restore(plugin(next, { stateVersion: 4 }), snapshot))
    expect(error).toMatchObject({ code: 'CFP_STATE_MIGRATION_MISSING', plugin: 'chat' })
    expect(error.message).toContain('kept in version 1, its stateVersion is 4')
    expect(next.state).toBe('own')
  })
})

describe('an error', () => {
  test('of state that cannot be copied names the value’s path, and leaves the latest snapshot (fault 48)', async () => {
    const preserver = new StatePreserver()
    const good = await preserver.save(plugin(new Keeper(1)))
    const error = await failure(preserver.save(plugin(new Keeper({ sessions: [{ send: () => {} }] }))))
    expect(error).toMatchObject({
      code: 'CFP_STATE_NOT_CLONEABLE',
      plugin: 'chat',
      phase: 'getReloadState',
      issues: [{ path: 'state.sessions[0].send' }],
      message:
        'State of plugin "chat" cannot be kept: state.sessions[0].send is a function. Return plain data from getReloadState().',
    })
    expect(preserver.latest('chat')).toBe(good)
  })

  test('of too much state names the limit (fault 51)', async () => {
    const error = await failure(new StatePreserver().save(plugin(new Keeper({ all: Buffer.alloc(100 * 1024 * 1024) }))))
    expect(error).toMatchObject({ code: 'CFP_STATE_TOO_LARGE', issues: [{ path: 'state.all' }] })
    expect(error.message).toContain('more than 64 MiB')
    const small = await failure(new StatePreserver({ maxBytes: 10 }).save(plugin(new Keeper('0123456789'))))
    expect(small.message).toContain('more than 10 bytes')
  })

  test.each<[string, PluginInstance, string]>([
    [
      'getReloadState throws',
      {
        getReloadState: () => {
          throw new Error('no')
        },
      },
      'CFP_STATE_SAVE_FAILED',
    ],
    ['getReloadState rejects', { getReloadState: () => Promise.reject(new Error('no')) }, 'CFP_STATE_SAVE_FAILED'],
  ])('is told where %s', async (_, instance, code) => {
    const error = await failure(new StatePreserver().save(plugin(instance)))
    expect(error).toMatchObject({
      code,
      message: 'Plugin "chat" failed in getReloadState(): no',
      cause: new Error('no'),
    })
  })

  test.each<[string, PluginInstance, string, string]>([
    [
      'setReloadState throws',
      {
        setReloadState: () => {
          throw new Error('no')
        },
      },
      'setReloadState',
      'CFP_STATE_RESTORE_FAILED',
    ],
    [
      'setReloadState rejects',
      { setReloadState: () => Promise.reject(new Error('no')) },
      'setReloadState',
      'CFP_STATE_RESTORE_FAILED',
    ],
    [
      'migrateState throws',
      {
        migrateState: () => {
          throw new Error('no')
        },
        setReloadState() {},
      },
      'migrateState',
      'CFP_STATE_MIGRATION_FAILED',
    ],
    [
      'migrateState rejects',
      { migrateState: () => Promise.reject(new Error('no')), setReloadState() {} },
      'migrateState',
      'CFP_STATE_MIGRATION_FAILED',
    ],
  ])('is told where %s', async (_, instance, phase, code) => {
    const preserver = new StatePreserver()
    const snapshot = await preserver.save(plugin(new Keeper(1)))
    const stateVersion = phase === 'migrateState' ? 1 : 0
    const error = await failure(preserver.restore(plugin(instance, { stateVersion }), snapshot))
    expect(error).toMatchObject({
      code,
      phase,
      message: `Plugin "chat" failed in ${phase}(): no`,
      cause: new Error('no'),
    })
  })

  test('is told where there is state and nobody to take it', async () => {
    const preserver = new StatePreserver()
    const snapshot = await preserver.save(plugin(new Keeper(1)))
    expect(await failure(preserver.restore(plugin({}), snapshot))).toMatchObject({
      code: 'CFP_STATE_RESTORE_MISSING',
      plugin: 'chat',
    })
  })
})

describe('a bound', () => {
  test('ends a getReloadState that hangs, the plugin’s own before the preserver’s', async () => {
    const error = await failure(new StatePreserver({ saveTimeoutMs: 20 }).save(plugin({ getReloadState: never })))
    expect(error).toMatchObject({ code: 'CFP_STATE_SAVE_TIMEOUT' })
    expect(error.message).toContain('did not finish getReloadState() within 20 ms. Raise timeouts.saveMs')
    const own = await failure(
      new StatePreserver().save(plugin({ getReloadState: never }, { timeouts: { saveMs: 30 } })),
    )
    expect(own.message).toContain('within 30 ms')
  })

  test('ends a setReloadState and a migrateState that hang', async () => {
    const preserver = new StatePreserver({ restoreTimeoutMs: 20 })
    const snapshot = await preserver.save(plugin(new Keeper(1)))
    const set = await failure(preserver.restore(plugin({ setReloadState: never }), snapshot))
    expect(set).toMatchObject({ code: 'CFP_STATE_RESTORE_TIMEOUT', phase: 'setReloadState' })
    const migrating = plugin(
      { migrateState: never, setReloadState() {} },
      { stateVersion: 1, timeouts: { restoreMs: 10 } },
    )
    const migrate = await failure(preserver.restore(migrating, snapshot))
    expect(migrate).toMatchObject({ code: 'CFP_STATE_RESTORE_TIMEOUT', phase: 'migrateState' })
    expect(migrate.message).toContain('within 10 ms. Raise timeouts.restoreMs')
  })

  test('is one for migrateState and setReloadState together', async () => {
    const preserver = new StatePreserver({ restoreTimeoutMs: 200 })
    const snapshot = await preserver.save(plugin(new Keeper(1)))
    const slow = { migrateState: () => new Promise((resolve) => setTimeout(resolve, 150)), setReloadState: never }
    const begun = performance.now()
    const error = await failure(preserver.restore(plugin(slow, { stateVersion: 1 }), snapshot))
    expect(performance.now() - begun).toBeLessThan(340)
    expect(error).toMatchObject({ code: 'CFP_STATE_RESTORE_TIMEOUT', phase: 'setReloadState' })
  })

  test('leaves a rejection that comes too late to nobody', async () => {
    const unhandled: unknown[] = []
    const onUnhandled = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', onUnhandled)
    let reject = (_: Error) => {}
    const late = () =>
      new Promise((_, no) => {
        reject = no
      })
    await failure(new StatePreserver({ saveTimeoutMs: 5 }).save(plugin({ getReloadState: late })))
    reject(new Error('too late'))
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    process.off('unhandledRejection', onUnhandled)
    expect(unhandled).toEqual([])
  })

  test('is an abort, too, before and during the wait', async () => {
    const preserver = new StatePreserver()
    const reason = new Error('shutting down')
    let asked = 0
    const asking = {
      getReloadState: () => {
        asked++
        return never()
      },
    }
    const before = await failure(preserver.save(plugin(asking), { signal: AbortSignal.abort(reason) }))
    expect(before).toMatchObject({ code: 'CFP_STATE_ABORTED', cause: reason })
    expect(asked).toBe(0)
    const controller = new AbortController()
    const saving = failure(preserver.save(plugin(asking), { signal: controller.signal }))
    controller.abort(reason)
    expect(await saving).toMatchObject({ code: 'CFP_STATE_ABORTED', phase: 'getReloadState', cause: reason })
    expect(asked).toBe(1)
    const snapshot = await preserver.save(plugin(new Keeper(1)))
    const restoring = new AbortController()
    const restored = failure(
      preserver.restore(plugin({ setReloadState: never }), snapshot, { signal: restoring.signal }),
    )
    restoring.abort(reason)
    expect(await restored).toMatchObject({ code: 'CFP_STATE_ABORTED', phase: 'setReloadState' })
  })

  test('leaves no timer and no listener behind', async () => {
    const controller = new AbortController()
    let listeners = 0
    const { signal } = controller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      listeners++
      add(...args)
    }) as typeof add
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }) as typeof remove
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    await new StatePreserver().save(plugin({ getReloadState: async () => 1 }), { signal })
    expect(listeners).toBe(0)
    expect(timers()).toBe(before)
  })
})

describe('the latest snapshot', () => {
  test('is the last that succeeded, one a plugin, until it is forgotten', async () => {
    const preserver = new StatePreserver()
    expect(preserver.latest('chat')).toBeUndefined()
    await preserver.save(plugin(new Keeper(1)))
    const second = await preserver.save(plugin(new Keeper(2)))
    const other = await preserver.save({ ...plugin(new Keeper(3)), name: 'constructor' })
    await failure(
      preserver.save(
        plugin({
          getReloadState: () => {
            throw new Error('no')
          },
        }),
      ),
    )
    expect(preserver.latest('chat')).toBe(second)
    expect(preserver.latest('constructor')).toBe(other)
    preserver.forget('chat')
    expect(preserver.latest('chat')).toBeUndefined()
    expect(preserver.latest('constructor')).toBe(other)
  })

  test('can be told as JSON', async () => {
    const snapshot = await new StatePreserver().save(plugin(new Keeper({ a: 1 }), { stateVersion: 4 }))
    expect(JSON.parse(JSON.stringify(snapshot))).toMatchObject({
      plugin: 'chat',
      version: 4,
      enabled: true,
      state: { a: 1 },
      hasState: true,
    })
  })
})

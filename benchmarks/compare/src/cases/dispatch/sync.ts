// Sync dispatch, the hot path of a host: every request and every event runs through it.
import type { Case, Contender, Prepared } from '../../case.ts'
import { payload, timesSync } from './dispatching.ts'
import { byName } from './floors.ts'
import { type Handler, listsOf, NAMES } from './handlers.ts'
import { ourEvents, ourHooks } from './ours.ts'
import { eventEmitter3, hookable, hookableCore, nodeEmitter, tapable } from './peers.ts'

const OURS = 'events.publish'
const FLOOR = 'loop by hand, found by name'
const NOTE =
  'Ours has isolation, deadlines, priorities and a context for each event; of the others none has any of these, tapable generates code for each hook and looks none up.'

export const syncCases: readonly Case[] = [
  event(0),
  event(1),
  {
    ...event(10),
    goals: [
      { of: OURS, against: FLOOR, atMost: 1.15, why: 'isolation and a context included' },
      // It generates code for each hook, into which V8 compiles all handlers. Reached: 1.9 to 2.4.
      { of: OURS, against: 'tapable', atMost: 2.5, aim: 1.15 },
    ],
  },
  event(100),
  {
    ...event(10, NAMES.slice(0, 1)),
    id: 'dispatch/sync-10-one-name',
    title: 'sync event, 10 handlers, always the same name',
    note: `${NOTE} For a host of one event: an engine compiles its handlers into the loop, as it never does with fifty.`,
  },
  {
    id: 'dispatch/sync-10-results',
    title: 'sync hook with results, 10 handlers, 50 names in rotation',
    unit: 'ns',
    ours: 'hooks.callSync',
    floor: FLOOR,
    contenders: {
      'hooks.callSync': of(10, NAMES, async (lists, list) => {
        const hooks = await ourHooks(lists)
        return timesSync(NAMES, list, (name) => hooks.callSync(name, payload))
      }),
      [FLOOR]: of(10, NAMES, (lists, list) => {
        const loops = byName(lists)
        return timesSync(NAMES, list, (name) => {
          const results: unknown[] = []
          for (const handler of loops.get(name) as Handler[]) results.push(handler(payload))
          return results
        })
      }),
    },
    goals: [{ of: 'hooks.callSync', against: FLOOR, atMost: 1.15, why: 'isolation included' }],
    note: 'No peer gives the results of sync handlers.',
  },
]

function event(handlers: number, names: readonly string[] = NAMES): Case {
  return {
    id: `dispatch/sync-${handlers}`,
    title: `sync event, ${handlers} handler${handlers === 1 ? '' : 's'}, 50 names in rotation`,
    unit: 'ns',
    ours: OURS,
    floor: FLOOR,
    contenders: {
      [OURS]: of(handlers, names, async (lists, list) => {
        const events = await ourEvents(lists, { names })
        return timesSync(names, list, (name) => events.publish(name, payload))
      }),
      [FLOOR]: of(handlers, names, (lists, list) => {
        const loops = byName(lists, names)
        return timesSync(names, list, (name) => {
          for (const handler of loops.get(name) as Handler[]) handler(payload)
        })
      }),
      tapable: of(handlers, names, async (lists, list) =>
        timesSync(await tapable(lists), list, (hook) => hook.call(payload)),
      ),
      'node:events': of(handlers, names, async (lists, list) => {
        const emitter = await nodeEmitter(lists, names)
        return timesSync(names, list, (name) => emitter.emit(name, payload))
      }),
      eventemitter3: of(handlers, names, async (lists, list) => {
        const emitter = await eventEmitter3(lists, names)
        return timesSync(names, list, (name) => emitter.emit(name, payload))
      }),
      hookable: of(handlers, names, async (lists, list) => {
        const hooks = await hookable(lists, names)
        return timesSync(names, list, (name) => hooks.callHook(name, payload))
      }),
      'hookable, its core': of(handlers, names, async (lists, list) => {
        const hooks = await hookableCore(lists, names)
        return timesSync(names, list, (name) => hooks.callHook(name, payload))
      }),
    },
    note: NOTE,
  }
}

/** A contender with handlers of its own for each name. */
function of(
  handlers: number,
  names: readonly string[],
  prepare: (lists: readonly Handler[][], list: readonly Handler[]) => Promise<Prepared>,
): Contender {
  return {
    prepare: () => {
      const lists = listsOf(handlers, 'sync', names)
      return prepare(lists, lists[0] ?? [])
    },
  }
}

// Async dispatch: whoever asks cannot know which handlers are async, and awaits the answer.
import type { Goal } from '@cf-plugins/bench-harness'
import type { Case, Contender, Prepared } from '../../case.ts'
import { payload, timesAsync } from './dispatching.ts'
import { awaitLoop, awaitLoopWithin, byName, within } from './floors.ts'
import { type Handler, listsOf, type Mixture, NAMES } from './handlers.ts'
import { ourEvents, ourHooks } from './ours.ts'
import { emittery, hookable, hookableCore, tapableAsync } from './peers.ts'

const OURS = 'hooks.call'
const OUR_EVENTS = 'events.emit'
const FLOOR = 'await loop'
const TAPABLE = 'tapable, told which are async'

/** No handler is near it. */
const DEADLINE_MS = 1_000

const KINDS: Readonly<Record<Mixture, string>> = {
  sync: 'all of them sync',
  mixed: '1 of 10 async',
  async: 'all of them async',
}

/**
 * One promise that can be given up, made by hand, takes as long as all of tapable's dispatch, which waits for ever: a third less is below the
 * floor. Reached: 2.7 to 3.2.
 */
const MIXED: Goal = { of: OURS, against: TAPABLE, atMost: 3.2, aim: 1 / 1.5, why: 'deadlines included' }

export const asyncCases: readonly Case[] = [
  hook(0, 'sync'),
  {
    ...hook(10, 'sync'),
    goals: [{ of: OURS, against: FLOOR, atMost: 0.18, aim: 1 / 7, why: 'what is sync is not awaited' }],
  },
  hook(1, 'async'),
  { ...hook(10, 'mixed'), goals: [MIXED] },
  { ...hook(10, 'async'), goals: [{ of: OURS, against: FLOOR, atMost: 1.25, why: 'deadlines included' }] },
  hook(100, 'mixed'),
  deadline('mixed', [MIXED]),
  deadline('async', [{ of: OURS, against: 'await loop, a timer for each promise', atMost: 1 }]),
]

function hook(handlers: number, mixture: Mixture): Case {
  return {
    id: `dispatch/async-${handlers}-${mixture}`,
    title: `async hook, ${handlers} handler${handlers === 1 ? '' : 's'}${handlers > 0 ? `, ${KINDS[mixture]}` : ''}`,
    unit: 'ns',
    ours: OURS,
    alsoOurs: [OUR_EVENTS],
    floor: FLOOR,
    contenders: contenders(handlers, mixture),
    note: 'Ours bounds every handler in time and isolates it, and only hooks.call and the loop give results; of the others none does any of these. emittery runs handlers side by side with emit, one after the other with emitSerial.',
  }
}

function deadline(mixture: Mixture, goals: readonly Goal[]): Case {
  const { [TAPABLE]: tapable, hookable } = contenders(10, mixture)
  return {
    id: `dispatch/async-10-${mixture}-deadline`,
    title: `async hook, 10 handlers, ${KINDS[mixture]}, each with a deadline of a second`,
    unit: 'ns',
    ours: OURS,
    alsoOurs: [OUR_EVENTS],
    floor: 'await loop, a timer for each promise',
    contenders: {
      ...ours(10, mixture, DEADLINE_MS),
      'await loop, a timer for each promise': of(10, mixture, (lists, list) => {
        const loops = byName(lists)
        return timesAsync(NAMES, list, (name) => awaitLoopWithin(loops.get(name) as Handler[], payload, DEADLINE_MS))
      }),
      'tapable, a timer for each promise': of(10, mixture, async (lists, list) => {
        const hooks = await tapableAsync(lists.map((handlers) => handlers.map(bounded)))
        return timesAsync(hooks, list, (hook) => hook.promise(payload))
      }),
      [TAPABLE]: tapable as Contender,
      hookable: hookable as Contender,
    },
    goals,
    note: 'What has no timer has no deadline: no peer offers one.',
  }
}

function contenders(handlers: number, mixture: Mixture): Readonly<Record<string, Contender>> {
  return {
    ...ours(handlers, mixture),
    [FLOOR]: of(handlers, mixture, (lists, list) => {
      const loops = byName(lists)
      return timesAsync(NAMES, list, (name) => awaitLoop(loops.get(name) as Handler[], payload))
    }),
    [TAPABLE]: of(handlers, mixture, async (lists, list) =>
      timesAsync(await tapableAsync(lists), list, (hook) => hook.promise(payload)),
    ),
    hookable: of(handlers, mixture, async (lists, list) => {
      const hooks = await hookable(lists)
      return timesAsync(NAMES, list, (name) => hooks.callHook(name, payload))
    }),
    'hookable, its core': of(handlers, mixture, async (lists, list) => {
      const hooks = await hookableCore(lists)
      return timesAsync(NAMES, list, (name) => hooks.callHook(name, payload))
    }),
    'emittery, emit': of(handlers, mixture, async (lists, list) => {
      const emitter = await emittery(lists)
      return timesAsync(NAMES, list, (name) => emitter.emit(name, payload))
    }),
    'emittery, emitSerial': of(handlers, mixture, async (lists, list) => {
      const emitter = await emittery(lists)
      return timesAsync(NAMES, list, (name) => emitter.emitSerial(name, payload))
    }),
  }
}

function ours(handlers: number, mixture: Mixture, deadlineMs?: number): Readonly<Record<string, Contender>> {
  const options = deadlineMs === undefined ? {} : { deadlineMs }
  return {
    [OURS]: of(handlers, mixture, async (lists, list) => {
      const hooks = await ourHooks(lists, options)
      return timesAsync(NAMES, list, (name) => hooks.call(name, payload))
    }),
    [OUR_EVENTS]: of(handlers, mixture, async (lists, list) => {
      const events = await ourEvents(lists, options)
      return timesAsync(NAMES, list, (name) => events.emit(name, payload))
    }),
  }
}

function bounded(handler: Handler): Handler {
  if (handler.constructor.name !== 'AsyncFunction') return handler
  return async (payload) => within(handler(payload) as Promise<void>, DEADLINE_MS)
}

/** A contender with handlers of its own for each name. */
function of(
  handlers: number,
  mixture: Mixture,
  prepare: (lists: readonly Handler[][], list: readonly Handler[]) => Promise<Prepared>,
): Contender {
  return {
    prepare: () => {
      const lists = listsOf(handlers, mixture)
      return prepare(lists, lists[0] ?? [])
    },
  }
}

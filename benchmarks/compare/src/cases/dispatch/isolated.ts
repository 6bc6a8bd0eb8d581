// Isolation: a handler that throws hurts no other, and who waits for a plugin to be idle knows when its handlers have ended.
import type { Case, Contender, Prepared } from '../../case.ts'
import { type Check, payload, timesSync } from './dispatching.ts'
import { byName } from './floors.ts'
import { type Handler, listsOf, NAMES } from './handlers.ts'
import { ourEvents } from './ours.ts'
import { eventEmitter3, hookableCore, nodeEmitter, tapable } from './peers.ts'

const OURS = 'events.publish'
const FLOOR = 'loop by hand, with try and count'
const NOTE = 'Of the peers none isolates: each of their handlers is wrapped in a try and a count, as their user would.'

export const isolatedCases: readonly Case[] = [
  {
    ...isolated(false),
    id: 'dispatch/isolated-10',
    title: 'sync event, 10 handlers, each isolated and counted while it runs',
    // The goal for isolation, 1.15, is judged where there is no gate. With one, what is reached, 2.2 to 2.7 and 2.2 to 2.4, must not be
    // lost: two thirds of the time come with the gate.
    goals: [
      { of: OURS, against: FLOOR, atMost: 2.7, why: 'a context and priorities included' },
      { of: OURS, against: 'tapable, wrapped', atMost: 2.4 },
    ],
  },
  {
    ...isolated(true),
    id: 'dispatch/isolated-10-throws',
    title: 'sync event, 10 handlers, of which one throws',
  },
]

/** What handlers do whose plugin may be waited for. */
const calls = { inFlight: 0, failed: 0 }

/** Made once: what an error costs is not what is compared. */
const failure = new Error('of a handler')

function isolated(throws: boolean): Omit<Case, 'id' | 'title'> {
  const of = (prepare: (lists: readonly Handler[][], list: readonly Handler[]) => Promise<Prepared>): Contender => ({
    prepare: () => {
      const lists = listsOf(10, 'sync')
      if (throws) for (const list of lists) list[4] = failing()
      return prepare(lists, lists[0] as Handler[])
    },
  })
  const check: Check = async (isComplete) => {
    const before = calls.failed
    await isComplete()
    if (calls.failed - before !== (throws ? 1 : 0)) throw new Error('A failure was not told of, or more than once.')
  }
  const contenders: Record<string, Contender> = {
    [OURS]: of(async (lists, list) => {
      const events = await ourEvents(lists, { gated: true, onFailure: () => calls.failed++ })
      return timesSync(NAMES, list, (name) => events.publish(name, payload), check)
    }),
    [FLOOR]: of((lists, list) => {
      const loops = byName(lists)
      return timesSync(
        NAMES,
        list,
        (name) => {
          for (const handler of loops.get(name) as Handler[]) {
            calls.inFlight++
            try {
              handler(payload)
            } catch {
              calls.failed++
            }
            calls.inFlight--
          }
        },
        check,
      )
    }),
    'tapable, wrapped': of(async (lists, list) =>
      timesSync(await tapable(lists.map(wrapped)), list, (hook) => hook.call(payload), check),
    ),
    'node:events, wrapped': of(async (lists, list) => {
      const emitter = await nodeEmitter(lists.map(wrapped))
      return timesSync(NAMES, list, (name) => emitter.emit(name, payload), check)
    }),
    'eventemitter3, wrapped': of(async (lists, list) => {
      const emitter = await eventEmitter3(lists.map(wrapped))
      return timesSync(NAMES, list, (name) => emitter.emit(name, payload), check)
    }),
    'hookable, its core, wrapped': of(async (lists, list) => {
      const hooks = await hookableCore(lists.map(wrapped))
      return timesSync(NAMES, list, (name) => hooks.callHook(name, payload), check)
    }),
  }
  return { unit: 'ns', ours: OURS, floor: FLOOR, contenders, note: NOTE }
}

function failing(): Handler {
  return (payload) => {
    payload.count += 5
    throw failure
  }
}

function wrapped(list: readonly Handler[]): Handler[] {
  return list.map((handler) => (payload) => {
    calls.inFlight++
    try {
      handler(payload)
    } catch {
      calls.failed++
    }
    calls.inFlight--
  })
}

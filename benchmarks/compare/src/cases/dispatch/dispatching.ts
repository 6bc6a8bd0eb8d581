// How a dispatch is timed: a hundred of them a call, to one name after the other, with a count that tells whether every handler was
// called, and in order.
import type { Prepared } from '../../case.ts'
import type { Handler, Payload } from './handlers.ts'
import { byProcessorTime } from './processor-time.ts'

/** Dispatches in a call: what the loop around them costs is no part of a dispatch to nobody, of a few nanoseconds. */
const PER_CALL = 100

/** What every dispatch is given. */
export const payload: Payload = { count: 0 }

/** Checks more than that every handler was called, which `isComplete` does with one dispatch. */
export type Check = (isComplete: () => Promise<void>) => Promise<void>

/** Times `dispatch`, which is called with the next of the targets each time. @param list the handlers of one target */
export function timesSync<Target>(
  targets: readonly Target[],
  list: readonly Handler[],
  dispatch: (target: Target) => unknown,
  check?: Check,
): Promise<Prepared> {
  const next = rotating(targets, dispatch)
  const run = () => {
    for (let dispatched = 0; dispatched < PER_CALL; dispatched++) next()
  }
  const isComplete = () => expectAll(list, next)
  return byProcessorTime({ run, perCall: PER_CALL, check: check === undefined ? isComplete : () => check(isComplete) })
}

/** The same of what is awaited each time, whether it returned a promise or not: its caller cannot know. */
export function timesAsync<Target>(
  targets: readonly Target[],
  list: readonly Handler[],
  dispatch: (target: Target) => unknown,
): Promise<Prepared> {
  const next = rotating(targets, dispatch)
  const run = async () => {
    for (let dispatched = 0; dispatched < PER_CALL; dispatched++) await next()
  }
  return byProcessorTime({ run, perCall: PER_CALL, check: () => expectAll(list, next) })
}

/** Calls `dispatch` with the next of the targets at each call. */
export function rotating<Target, Result>(
  targets: readonly Target[],
  dispatch: (target: Target) => Result,
): () => Result {
  let at = 0
  return () => {
    at = at === targets.length - 1 ? 0 : at + 1
    return dispatch(targets[at] as Target)
  }
}

/** What one call of each makes of the count tells whether each was called at its place, and once. */
async function expectAll(list: readonly Handler[], dispatch: () => unknown): Promise<void> {
  const expected = { count: 0 }
  for (const handler of list) {
    try {
      await handler(expected)
    } catch {
      // One of them is there to fail.
    }
  }
  payload.count = 0
  await dispatch()
  if (payload.count !== expected.count) {
    throw new Error(`Handlers made ${payload.count} of it, and not ${expected.count}: not all were called in order.`)
  }
}

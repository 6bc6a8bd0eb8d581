// The hot path of events: handlers one after the other, as long as there is nothing to ask, to await or to tell.
import type { EventHandler } from '@cf-plugins/plugin-api'
import type { HandlerContext } from './event-context.ts'
import { Halt, isPending } from './halt.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-plan.ts'

/** As events have it. */
export class EventHalt extends Halt {
  /** What the handler was told that has halted it, where that is its own. */
  context: HandlerContext | undefined = undefined
}

/**
 * Calls handlers from the first on. Which one has halted it, or how many there are.
 *
 * The first ten have a call site each: an engine keeps what it learns of callees by call site, and inlines those that are always the
 * same; of one in a loop, that many handlers pass through it, it learns nothing.
 */
export function callAhead(
  plan: Plan<EventHandler>,
  payload: unknown,
  context: HandlerContext,
  halt: EventHalt,
): number {
  const { handlers } = plan
  let at = 0
  try {
    if (plan.bare <= 0) return 0
    let handler = handlers[0] as EventHandler
    let result: unknown = handler(payload, context)
    if (isPending(result)) return halt.pending(0, result)
    at = 1
    if (plan.bare <= 1) return 1
    handler = handlers[1] as EventHandler
    result = handler(payload, context)
    if (isPending(result)) return halt.pending(1, result)
    at = 2
    if (plan.bare <= 2) return 2
    handler = handlers[2] as EventHandler
    result = handler(payload, context)
    if (isPending(result)) return halt.pending(2, result)
    at = 3
    if (plan.bare <= 3) return 3
    handler = handlers[3] as EventHandler
    result = handler(payload, context)
    if (isPending(result)) return halt.pending(3, result)
    at = 4
    if (plan.bare <= 4) return 4
    handler = handlers[4] as EventHandler
    result = handler(payload, context)
    if (isPending(result)) return halt.pending(4, result)
    at = 5
    if (plan.bare <= 5) return 5
    handler = handlers[5] as EventHandler
    result = handler(payload, context)
    if (isPending(result)) return halt.pending(5, result)
    at = 6
    if (plan.bare <= 6) return 6
    handler = handlers[6] as EventHandler
    result = handler(payload, context)
    if (isPending(result)) return halt.pending(6, result)
    at = 7
    if (plan.bare <= 7) return 7
    handler = handlers[7] as EventHandler
    result = handler(payload, context)
    if (isPending(result)) return halt.pending(7, result)
    at = 8
    if (plan.bare <= 8) return 8
    handler = handlers[8] as EventHandler
    result = handler(payload, context)
    if (isPending(result)) return halt.pending(8, result)
    at = 9
    if (plan.bare <= 9) return 9
    handler = handlers[9] as EventHandler
    result = handler(payload, context)
    if (isPending(result)) return halt.pending(9, result)
    for (at = 10; at < plan.bare; at++) {
      handler = handlers[at] as EventHandler
      result = handler(payload, context)
      if (isPending(result)) return halt.pending(at, result)
    }
    return at
  } catch (error) {
    return halt.failed(at, error)
  }
}

/**
 * The same from anywhere on, with gates, and with handlers whose deadlines are their own. It stops before one that takes more than to
 * call it; the gate of the one that has halted it was entered.
 */
export function callGated(
  plan: Plan<EventHandler>,
  first: number,
  payload: unknown,
  context: HandlerContext,
  halt: EventHalt,
): number {
  const { handlers, entries } = plan
  let at = first
  let own = context
  try {
    for (; at < plan.ahead; at++) {
      const entry = entries[at] as HandlerEntry<EventHandler>
      const { gate } = entry
      if (!entry.direct || !entry.live || gate?.closed) return at
      own = entry.timeoutMs === undefined ? context : context.forOne()
      if (!plan.counts) entry.record.calls++
      gate?.enter()
      const handler = handlers[at] as EventHandler
      const result = handler(payload, own)
      if (isPending(result)) {
        if (own !== context) halt.context = own
        return halt.pending(at, result)
      }
      gate?.leave()
    }
    return at
  } catch (error) {
    return halt.failed(at, error)
  }
}

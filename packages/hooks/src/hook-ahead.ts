// The hot path of hooks: handlers one after the other, as long as there is nothing to ask, to await or to tell.
import type { HookHandler } from '@cf-plugins/plugin-api'
import type { DeliveryGate } from './delivery-gate.ts'
import { Halt, isPending } from './halt.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-plan.ts'
import { type HookCall, invoke } from './hook-call.ts'
import { HookRun } from './hook-run.ts'
import { HookTail } from './hook-tail.ts'

/** What a handler is given: of a waterfall the call's own, for each gets what the one before it returned. */
export type Given = readonly unknown[]

/** Why the last `callFrom` did not come to the end. */
export const halt = new Halt()

/**
 * What a series, a waterfall or a bail gives, or, for a call that is not sync, a promise of it. Where this has to stop, a `HookTail` or a
 * `HookRun` goes on.
 *
 * @throws `CFP_HOOK_FAILED` and what callSync refuses
 */
export function goAhead(call: HookCall, plan: Plan<HookHandler>, args: Given): unknown {
  const results: unknown[] = []
  const kind = plan.hook?.kind
  const given = kind === 'waterfall' ? args.slice() : args
  const at = plan.bare > 0 && args.length === 1 ? callEach(plan, args[0], results) : callFrom(plan, 0, given, results)
  const { what } = halt
  if (what === undefined) {
    if (at !== plan.handlers.length) return new HookRun(call, plan, given, false, results).end(at)
    const value = kind === 'waterfall' ? given[0] : kind === 'bail' ? undefined : results
    return call.sync ? value : Promise.resolve(value)
  }
  const result = halt.take()
  if (what === 'answered') return call.sync ? result : Promise.resolve(result)
  if (what === 'pending' && !call.sync) {
    return new HookTail(call, plan, given, results).begin(at, result as PromiseLike<unknown>)
  }
  const run = new HookRun(call, plan, given, false, results)
  return run.end(what === 'failed' ? run.failedAt(at, result) : run.pendingAt(at, result as PromiseLike<unknown>))
}

/**
 * Calls the handlers of a series, each with one argument. Which one has halted it, or how many there are. For why the first ten have a
 * call site each, see `callAhead`.
 */
function callEach(plan: Plan<HookHandler>, given: unknown, results: unknown[]): number {
  const { handlers } = plan
  let at = 0
  try {
    if (plan.bare <= 0) return 0
    let handler = handlers[0] as HookHandler
    let result: unknown = handler(given)
    if (isPending(result)) return halt.pending(0, result)
    results.push(result)
    at = 1
    if (plan.bare <= 1) return 1
    handler = handlers[1] as HookHandler
    result = handler(given)
    if (isPending(result)) return halt.pending(1, result)
    results.push(result)
    at = 2
    if (plan.bare <= 2) return 2
    handler = handlers[2] as HookHandler
    result = handler(given)
    if (isPending(result)) return halt.pending(2, result)
    results.push(result)
    at = 3
    if (plan.bare <= 3) return 3
    handler = handlers[3] as HookHandler
    result = handler(given)
    if (isPending(result)) return halt.pending(3, result)
    results.push(result)
    at = 4
    if (plan.bare <= 4) return 4
    handler = handlers[4] as HookHandler
    result = handler(given)
    if (isPending(result)) return halt.pending(4, result)
    results.push(result)
    at = 5
    if (plan.bare <= 5) return 5
    handler = handlers[5] as HookHandler
    result = handler(given)
    if (isPending(result)) return halt.pending(5, result)
    results.push(result)
    at = 6
    if (plan.bare <= 6) return 6
    handler = handlers[6] as HookHandler
    result = handler(given)
    if (isPending(result)) return halt.pending(6, result)
    results.push(result)
    at = 7
    if (plan.bare <= 7) return 7
    handler = handlers[7] as HookHandler
    result = handler(given)
    if (isPending(result)) return halt.pending(7, result)
    results.push(result)
    at = 8
    if (plan.bare <= 8) return 8
    handler = handlers[8] as HookHandler
    result = handler(given)
    if (isPending(result)) return halt.pending(8, result)
    results.push(result)
    at = 9
    if (plan.bare <= 9) return 9
    handler = handlers[9] as HookHandler
    result = handler(given)
    if (isPending(result)) return halt.pending(9, result)
    results.push(result)
    for (at = 10; at < plan.bare; at++) {
      handler = handlers[at] as HookHandler
      result = handler(given)
      if (isPending(result)) return halt.pending(at, result)
      results.push(result)
    }
    return at
  } catch (error) {
    return halt.failed(at, error)
  }
}

/**
 * The same from anywhere on, for every kind whose handlers come one after the other, with gates and with any number of arguments. It stops
 * before one that takes more than to call it; the gate of the one that has halted it was entered.
 */
export function callFrom(plan: Plan<HookHandler>, first: number, given: Given, results: unknown[]): number {
  const { entries, handlers } = plan
  const kind = plan.hook?.kind
  const isSeries = kind === undefined || kind === 'series'
  let at = first
  try {
    for (; at < plan.ahead; at++) {
      let gate: DeliveryGate | undefined
      if (plan.bare === 0) {
        const entry = entries[at] as HandlerEntry<HookHandler>
        gate = entry.gate
        if (!entry.direct || !entry.live || gate?.closed) return at
        if (!plan.counts) entry.record.calls++
        gate?.enter()
      }
      const result = invoke(handlers[at] as HookHandler, given)
      if (isPending(result)) return halt.pending(at, result)
      gate?.leave()
      if (isSeries) results.push(result)
      else if (result !== undefined) {
        if (kind === 'bail') return halt.answered(at, result)
        const own = given as unknown[]
        own[0] = result
      }
    }
    return at
  } catch (error) {
    return halt.failed(at, error)
  }
}

// The hot path of hooks: handlers one after the other, as long as there is nothing to ask, to await or to tell.
import { type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import type { DeliveryGate } from './delivery-gate.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-table.ts'
import { type HookCall, invoke } from './hook-call.ts'
import { HookRun } from './hook-run.ts'

/**
 * What a series, a waterfall or a bail gives, or, for a call that is not sync, a promise of it. Where this has to stop, a `HookRun` goes on.
 *
 * @throws `CFP_HOOK_FAILED` and what callSync refuses
 */
export function goAhead(call: HookCall, plan: Plan<HookHandler>, args: readonly unknown[]): unknown {
  const results: unknown[] = []
  const { entries, handlers } = plan
  const kind = plan.hook?.kind
  const isSeries = kind === undefined || kind === 'series'
  const given = kind === 'waterfall' ? [...args] : args
  for (let index = 0; index < handlers.length; index++) {
    let gate: DeliveryGate | undefined
    if (!plan.plain) {
      const entry = entries[index] as HandlerEntry<HookHandler>
      gate = entry.gate
      if (!entry.usual || !entry.live || gate?.closed) return new HookRun(call, plan, given, false, results).end(index)
      if (!plan.counts) entry.record.calls++
      gate?.enter()
    }
    let result: unknown
    let isPending = false
    try {
      result = invoke(handlers[index] as HookHandler, given)
      isPending = result !== undefined && isThenable(result)
    } catch (error) {
      const run = new HookRun(call, plan, given, false, results)
      return run.end(run.failedAt(index, error))
    }
    if (isPending) {
      const run = new HookRun(call, plan, given, false, results)
      return run.end(run.pendingAt(index, result as PromiseLike<unknown>))
    }
    gate?.leave()
    if (isSeries) results.push(result)
    else if (result !== undefined) {
      if (kind === 'bail') return call.sync ? result : Promise.resolve(result)
      const value = given as unknown[]
      value[0] = result
    }
  }
  const value = isSeries ? results : kind === 'bail' ? undefined : given[0]
  return call.sync ? value : Promise.resolve(value)
}

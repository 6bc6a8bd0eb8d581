// The hot path of hooks: handlers one after the other, as long as there is nothing to ask, to await or to tell.
import { type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import type { DeliveryGate } from './delivery-gate.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-table.ts'
import { type HookCall, invoke } from './hook-call.ts'
import { HookRun } from './hook-run.ts'

/** Their results where that was all; else the run that goes on where this had to stop. */
export function goAhead(call: HookCall, plan: Plan<HookHandler>, args: readonly unknown[]): unknown[] | HookRun {
  const results: unknown[] = []
  const { entries, handlers } = plan
  for (let index = 0; index < handlers.length; index++) {
    let gate: DeliveryGate | undefined
    if (!plan.plain) {
      const entry = entries[index] as HandlerEntry<HookHandler>
      gate = entry.gate
      if (!entry.usual || !entry.live || gate?.closed) return new HookRun(call, plan, args, false, results).at(index)
      if (!plan.counts) entry.record.calls++
      gate?.enter()
    }
    try {
      const result = invoke(handlers[index] as HookHandler, args)
      if (result !== undefined && isThenable(result)) {
        return new HookRun(call, plan, args, false, results).pendingAt(index, result)
      }
      results.push(result)
    } catch (error) {
      return new HookRun(call, plan, args, false, results).failedAt(index, error)
    }
    gate?.leave()
  }
  return results
}

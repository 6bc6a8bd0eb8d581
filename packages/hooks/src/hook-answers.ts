// What becomes of the answers of a hook's handlers, by the hook's kind, and of their failures.
import type { HandlerFailure, HookHandler } from '@cf-plugins/plugin-api'
import { hookFailed } from './failures.ts'
import { SKIPPED } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-plan.ts'
import { type Asides, flattened } from './hook-aside.ts'
import type { HookCall } from './hook-call.ts'

/** What one call of a hook has come to. */
export interface Answers {
  readonly call: HookCall
  readonly plan: Plan<HookHandler>
  /** What the next handler is given: each of a waterfall gets what the one before it returned, and the array is its call's own. */
  args: unknown[]
  readonly results: unknown[]
  /** Set for what is called on behalf of an owner set apart: those of all the others. */
  readonly parent: Answers | undefined
  /** Whether no further handler is to be called. */
  over: boolean
  extras: AnswerExtras | undefined
}

/** What few calls need. */
export class AnswerExtras {
  readonly failures: HandlerFailure[] = []
  /** Owners whose handlers are not called one by one but all together: parked, or replaced meanwhile. */
  readonly apart = new Set<string>()
  asides: Asides | undefined = undefined
  /** Whether places among the results are filled later. */
  hasPlaces = false
}

export function extrasOf(answers: Answers): AnswerExtras {
  answers.extras ??= new AnswerExtras()
  return answers.extras
}

/** Takes what a handler answered. */
export function take(answers: Answers, result: unknown): void {
  if (result === SKIPPED) return
  switch (answers.plan.hook?.kind) {
    case 'waterfall':
      if (result !== undefined) answers.args[0] = result
      break
    case 'bail':
      if (result === undefined) break
      answers.results.push(result)
      answers.over = true
      break
    default:
      answers.results.push(result)
  }
}

/** Keeps a place among the results, which is filled later. */
export function putAside(answers: Answers, place: unknown): void {
  answers.results.push(place)
  extrasOf(answers.parent ?? answers).hasPlaces = true
}

/** Goes on from where the handlers of an owner set apart have come. */
export function adopt(answers: Answers, share: Answers): void {
  answers.args = share.args
  answers.over ||= share.over
}

/** Tells the caller that a handler failed, or whoever is to be told instead. */
export function tell(answers: Answers, entry: HandlerEntry<HookHandler>, error: unknown): void {
  const { hook, name } = answers.plan
  const { core, settlement } = answers.call
  if (entry.ignoreErrors || hook?.ignoreErrors) {
    core.report(name, entry.owner.name, error)
    return
  }
  if (settlement !== undefined) return
  // What the others answer would be lost to the caller, and a guard that failed has not said yes.
  answers.over = hook?.kind === 'waterfall' || hook?.kind === 'bail'
  extrasOf(answers.parent ?? answers).failures.push({ plugin: entry.owner.name, error })
}

/** @throws `CFP_HOOK_FAILED` and what callSync refuses, where a handler failed. */
export function outcomeOf({ extras, plan, args, results }: Answers): unknown {
  if (extras !== undefined && extras.failures.length > 0) throw hookFailed(plan.name, extras.failures)
  switch (plan.hook?.kind) {
    case 'waterfall':
      return args[0]
    case 'bail':
      return results[0]
    default:
      return extras?.hasPlaces ? flattened(results) : results
  }
}

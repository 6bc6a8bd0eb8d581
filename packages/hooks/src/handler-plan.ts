// Who is called for one name, as dispatch finds it: what can be known beforehand is found out when handlers come or go.
import type { HandlerEntry } from './handler-entry.ts'
import type { HandlerKind } from './handler-trace.ts'
import type { Counted } from './handler-watch.ts'
import type { DeclaredHook } from './hook-declaration.ts'

/**
 * The handlers of one name in the order of their calls. Made at registration, and replaced by another one when handlers
 * come or go, so that dispatch is a plain loop. Its arrays are not frozen: V8 reads frozen ones a third slower.
 */
export interface Plan<Handler> extends Counted {
  /** What was dispatched, for which handlers of a pattern are among the entries. */
  readonly name: string
  readonly entries: readonly HandlerEntry<Handler>[]
  /** Those of `entries`. */
  readonly handlers: readonly Handler[]
  /** Whether every handler may be called without a look at its entry. No longer so once another plan has taken its place. */
  plain: boolean
  /** How many handlers there are, of which each may be called that is direct and whose gate is open; none once another plan has taken its place. */
  ahead: number
  /** How many may be called without a look at their entries: all, or none. */
  bare: number
  /** Whether `calls` is counted here for all entries: their own records count what a plan that is not plain calls. */
  counts: boolean
  /** What was said of a hook for all its handlers. */
  readonly hook: DeclaredHook | undefined
}

export function createPlan<Handler>(
  kind: HandlerKind,
  name: string,
  entries: readonly HandlerEntry<Handler>[],
  hook: DeclaredHook | undefined,
): Plan<Handler> {
  // Where not every handler is called each time, each counts its calls itself.
  const isWhole = hook === undefined || (hook.kind === 'series' && !hook.elaborate)
  const handlers = entries.map(({ handler }) => handler)
  const isFree = isWhole && entries.every(({ gate }) => gate === undefined)
  const plain = isFree && entries.every(({ usual }) => usual)
  const isPipeline = kind === 'pipeline'
  const isDirect = entries.every(({ direct }) => direct)
  const ahead = isPipeline || hook?.elaborate ? 0 : handlers.length
  const bare = (kind === 'hook' ? isFree && isDirect : plain) ? ahead : 0
  const counts = isPipeline ? plain : isFree && isDirect
  return { name, entries, handlers, plain, ahead, bare, counts, hook, calls: 0, lookAt: 0 }
}

/** Each entry is to be looked at. */
export function loosen(plan: Plan<unknown>): void {
  plan.plain = false
  plan.ahead = 0
  plan.bare = 0
}

/** Another one takes its place: whoever is going through it must look at each entry from now on. */
export function retire(plan: Plan<unknown>): void {
  loosen(plan)
  if (plan.counts) for (const { record } of plan.entries) record.calls += plan.calls
  plan.calls = 0
}

// Who is called for which name, in which order: the one implementation under events and hooks.
import type { HandlerOwner } from './delivery-gate.ts'
import { compareEntries, type HandlerEntry } from './handler-entry.ts'
import { checkName } from './handler-options.ts'
import { type OnCircle, ordered } from './handler-order.ts'
import { createPlan, loosen, type Plan, retire } from './handler-plan.ts'
import { type HandlerStage, type Named, type StageTarget, TableStage } from './handler-stage.ts'
import type { HandlerKind } from './handler-trace.ts'
import type { DeclaredHook } from './hook-declaration.ts'

/** A handler as `listeners` shows it. */
export interface ListenerView {
  readonly plugin: string
  readonly priority: number
}

/** What a table's owner has to say. */
export interface TableRules<Handler> {
  /** Whether a handler may be called for what it was registered for: throws where it may not. */
  admit(entry: HandlerEntry<Handler>, name: Named): void
  /** Handlers may be called from now on. */
  shown(entries: readonly HandlerEntry<Handler>[]): void
  /** Handlers are about to be taken out of sight. */
  hiding(entries: readonly HandlerEntry<Handler>[]): void
  declared(name: string): DeclaredHook | undefined
  /** A handler's place cannot be what it asks for. */
  onCircle: OnCircle
}

/** How many plans that patterns have a part in are kept: the names that are dispatched are not ours to bound. */
const MERGED_MAX = 1000

const NOBODY: readonly ListenerView[] = []

export class HandlerTable<Handler> implements StageTarget<Handler> {
  /** By the name that was registered, `user.*` among them. */
  readonly #plans = new Map<string, Plan<Handler>>()
  /** Handlers of names that have no plan yet: many may be registered before anything is dispatched. */
  readonly #planless = new Map<string, HandlerEntry<Handler>[]>()
  readonly #patterns = new Set<string>()
  /** Plans of names that a pattern matches, made when first dispatched, until anybody comes or goes. */
  readonly #merged = new Map<string, Plan<Handler>>()
  /** Live, but for being switched off. */
  readonly #off = new Set<HandlerEntry<Handler>>()
  readonly #nobody: Plan<Handler>
  readonly kind: HandlerKind
  readonly #rules: Partial<TableRules<Handler>>
  /** Whose contradictions were told. */
  readonly #told = new WeakSet<HandlerEntry<unknown>>()
  #stages = 0

  constructor(kind: HandlerKind, rules: Partial<TableRules<Handler>> = {}) {
    this.kind = kind
    this.#rules = rules
    this.#nobody = this.#createPlan('', [])
  }

  stage(owner: HandlerOwner): HandlerStage<Handler> {
    return new TableStage(owner, this.#stages++, this)
  }

  /** @throws `CFP_HANDLER_INVALID` where `name` is no name. */
  plan(name: string): Plan<Handler> {
    if (this.#patterns.size > 0) return this.#mergedPlan(name)
    const plan = this.#plans.get(name) ?? this.#madeNow(name)
    if (plan !== undefined) return plan
    checkName(name)
    return this.#nobody
  }

  listeners(name: string): readonly ListenerView[] {
    // Asked at each change of a plugin's state, which mostly nobody listens to.
    if (this.plan(name).entries.length === 0) return NOBODY
    return this.#liveOf(name).map(({ owner, priority }) => ({ plugin: owner.name, priority }))
  }

  /** Handlers of `name`, or of all names, in order, those that are switched off last. */
  known(name?: string): HandlerEntry<Handler>[] {
    for (const planless of this.#planless.keys()) this.#madeNow(planless)
    const live = name === undefined ? [...this.#plans.values()].flatMap(({ entries }) => entries) : this.#liveOf(name)
    const off = [...this.#off].filter((entry) => name === undefined || covers(entry.name, name))
    return [...live.filter((entry) => entry.live), ...off]
  }

  /** How many calls plans have counted for it that its record has not. */
  callsOf(entry: HandlerEntry<Handler>): number {
    let calls = 0
    for (const plan of this.#allPlans()) if (plan.counts && plan.entries.includes(entry)) calls += plan.calls
    return calls
  }

  /** Switches a handler off, for `reason`, or on again. */
  switch(entry: HandlerEntry<Handler>, reason: string | undefined): void {
    const wasLive = entry.stage.live
    if (wasLive) this.hide([entry])
    entry.record.off = reason
    entry.live = wasLive && reason === undefined
    if (wasLive) this.show([entry])
  }

  admit(entry: HandlerEntry<Handler>, name: Named): void {
    this.#rules.admit?.(entry, name)
  }

  /** Makes the plan of `name` anew. */
  renew(name: string): void {
    const entries = this.#registered(name)
    if (entries.length > 0 || this.#patterns.size > 0) this.#replace(name, entries)
  }

  /**
   * The live handlers of the owner of `entries[index]`, whatever generation they are of, without those that this dispatch has
   * already passed.
   */
  shareOf({ name, entries }: Plan<Handler>, index: number): Plan<Handler> {
    const met = entries[index] as HandlerEntry<Handler>
    const isOwn = (entry: HandlerEntry<Handler>) => entry.owner.name === met.owner.name
    const passed = entries.slice(0, index).filter(isOwn)
    const own = this.#liveOf(name).filter(isOwn)
    const left = passed.length === 0 ? own : own.filter((entry) => isLeft(entry, passed))
    const share = this.#createPlan(name, left)
    // No plan of the table, so nothing will tell it that it is out of date.
    loosen(share)
    share.counts = false
    return share
  }

  show(entries: Iterable<HandlerEntry<Handler>>, isNew = false): void {
    const shown = [...entries].filter((entry) => entry.record.off === undefined || !this.#off.add(entry))
    for (const [name, added] of byName(shown)) {
      if (isNew && this.#isPutOff(name, added)) continue
      const all = [...this.#registered(name), ...added]
      this.#replace(name, isNew ? this.#orderedWith(all, added[0] as HandlerEntry<Handler>) : this.#ordered(all))
    }
    if (shown.length > 0) this.#rules.shown?.(shown)
  }

  hiding(entries: readonly HandlerEntry<Handler>[]): void {
    this.#rules.hiding?.(entries)
  }

  hide(entries: Iterable<HandlerEntry<Handler>>): void {
    for (const [name, removed] of byName(entries)) {
      const gone = new Set(removed)
      for (const entry of removed) this.#off.delete(entry)
      this.#replace(name, this.#ordered(this.#registered(name).filter((entry) => !gone.has(entry))))
    }
  }

  /** Keeps them for a plan that is made when it is asked for, if nobody asks for a place beside another: a plan for each would cost as much as all before it. */
  #isPutOff(name: string, added: readonly HandlerEntry<Handler>[]): boolean {
    let planless = this.#planless.get(name)
    if (added.some(hasWishes)) return false
    if (planless === undefined) {
      const entries = this.#plans.get(name)?.entries ?? []
      if (entries.some(hasWishes)) return false
      planless = [...entries]
      this.#retire(name)
      this.#plans.delete(name)
      this.#planless.set(name, planless)
      if (isPattern(name)) this.#patterns.add(name)
    } else if (this.#merged.size > 0) this.#retire(name)
    planless.push(...added)
    return true
  }

  #madeNow(name: string): Plan<Handler> | undefined {
    const entries = this.#planless.get(name)
    if (entries === undefined) return undefined
    this.#planless.delete(name)
    const plan = this.#createPlan(name, entries.sort(compareEntries))
    this.#plans.set(name, plan)
    return plan
  }

  #retire(name: string): void {
    const old = this.#plans.get(name)
    if (old !== undefined) retire(old)
    for (const merged of this.#merged.values()) retire(merged)
    this.#merged.clear()
  }

  #replace(name: string, entries: readonly HandlerEntry<Handler>[]): void {
    this.#retire(name)
    if (entries.length > 0) this.#plans.set(name, this.#createPlan(name, entries))
    else this.#plans.delete(name)
    if (!isPattern(name)) return
    if (entries.length > 0) this.#patterns.add(name)
    else this.#patterns.delete(name)
  }

  #mergedPlan(name: string): Plan<Handler> {
    const known = this.#merged.get(name)
    if (known !== undefined) return known
    checkName(name)
    const matching = [...this.#patterns].filter((pattern) => name.startsWith(pattern.slice(0, -1)))
    const plan = this.#createPlan(name, this.#ordered([name, ...matching].flatMap((each) => this.#registered(each))))
    if (this.#merged.size < MERGED_MAX) this.#merged.set(name, plan)
    else {
      // Nothing would tell it that it is out of date.
      loosen(plan)
      plan.counts = false
    }
    return plan
  }

  #createPlan(name: string, entries: readonly HandlerEntry<Handler>[]): Plan<Handler> {
    return createPlan(this.kind, name, entries, this.#rules.declared?.(name))
  }

  #ordered(entries: readonly HandlerEntry<Handler>[]): readonly HandlerEntry<Handler>[] {
    return ordered(entries, (entry, error) => {
      if (this.#told.has(entry)) return
      this.#told.add(entry)
      this.#rules.onCircle?.(entry, error)
    })
  }

  /** @throws `CFP_HANDLER_ORDER` where `newest` closes a circle */
  #orderedWith(
    entries: readonly HandlerEntry<Handler>[],
    newest: HandlerEntry<Handler>,
  ): readonly HandlerEntry<Handler>[] {
    const refuse: OnCircle = (entry, error) => {
      // What was told already is not the newest's fault.
      if (!this.#told.has(entry)) throw error
    }
    return ordered(entries, refuse, newest)
  }

  *#allPlans(): Iterable<Plan<Handler>> {
    yield* this.#plans.values()
    yield* this.#merged.values()
  }

  #registered(name: string): readonly HandlerEntry<Handler>[] {
    return (this.#plans.get(name) ?? this.#madeNow(name))?.entries ?? []
  }

  #liveOf(name: string): HandlerEntry<Handler>[] {
    return this.plan(name).entries.filter((entry) => entry.live)
  }
}

/** Whether a name stands for all that begin with it up to the star: `user.*`, or `*` for all there are. */
function isPattern(name: string): boolean {
  return name === '*' || name.endsWith('.*')
}

/** Whether it asks for a place beside others. */
function hasWishes({ before, after }: HandlerEntry<unknown>): boolean {
  return before.length + after.length > 0
}

/** Whether a name, or a pattern, stands for `name`. */
function covers(pattern: string, name: string): boolean {
  return pattern === name || (isPattern(pattern) && name.startsWith(pattern.slice(0, -1)))
}

function byName<Handler>(entries: Iterable<HandlerEntry<Handler>>): Map<string, HandlerEntry<Handler>[]> {
  const groups = new Map<string, HandlerEntry<Handler>[]>()
  for (const entry of entries) {
    const group = groups.get(entry.name)
    if (group === undefined) groups.set(entry.name, [entry])
    else group.push(entry)
  }
  return groups
}

/**
 * Whether a handler is not among those that were passed, which may be of another generation: by priority and registration alone,
 * and one by one where those are not the order of calls.
 */
function isLeft(entry: HandlerEntry<unknown>, passed: readonly HandlerEntry<unknown>[]): boolean {
  const last = passed.at(-1) as HandlerEntry<unknown>
  if (hasWishes(entry) || passed.some(hasWishes)) {
    return !passed.some(({ priority, index }) => priority === entry.priority && index === entry.index)
  }
  return entry.priority === last.priority ? entry.index > last.index : entry.priority < last.priority
}

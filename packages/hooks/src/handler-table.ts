// Who is called for which name, in which order: the one implementation under events and hooks.
import type { HandlerOwner } from './delivery-gate.ts'
import { checkName, compareEntries, type HandlerEntry } from './handler-entry.ts'
import { type HandlerStage, type StageTarget, TableStage } from './handler-stage.ts'

/** A handler as `listeners` shows it. */
export interface ListenerView {
  readonly plugin: string
  readonly priority: number
}

/**
 * The handlers of one name in the order of their calls. Made at registration, and replaced by another one when handlers
 * come or go, so that dispatch is a plain loop. Its arrays are not frozen: V8 reads frozen ones a third slower.
 */
export interface Plan<Handler> {
  /** What was dispatched, for which handlers of a pattern are among the entries. */
  readonly name: string
  readonly entries: readonly HandlerEntry<Handler>[]
  /** Those of `entries`. */
  readonly handlers: readonly Handler[]
  /** Whether every handler may be called without a look at its entry. No longer so once another plan has taken its place. */
  plain: boolean
}

/** How many plans that patterns have a part in are kept: the names that are dispatched are not ours to bound. */
const MERGED_MAX = 1000

export class HandlerTable<Handler> implements StageTarget<Handler> {
  /** By the name that was registered, `user.*` among them. */
  readonly #plans = new Map<string, Plan<Handler>>()
  readonly #patterns = new Set<string>()
  /** Plans of names that a pattern matches, made when first dispatched, until anybody comes or goes. */
  readonly #merged = new Map<string, Plan<Handler>>()
  readonly #nobody = createPlan<Handler>('', [])
  #stages = 0

  stage(owner: HandlerOwner): HandlerStage<Handler> {
    return new TableStage(owner, this.#stages++, this)
  }

  /** @throws `CFP_HANDLER_INVALID` where `name` is no name. */
  plan(name: string): Plan<Handler> {
    if (this.#patterns.size > 0) return this.#mergedPlan(name)
    const plan = this.#plans.get(name)
    if (plan !== undefined) return plan
    checkName(name)
    return this.#nobody
  }

  listeners(name: string): readonly ListenerView[] {
    return this.#liveOf(name).map(({ owner, priority }) => ({ plugin: owner.name, priority }))
  }

  /**
   * The live handlers of the owner of `entries[index]`, whatever generation they are of, without those that this dispatch has
   * already passed.
   */
  shareOf({ name, entries }: Plan<Handler>, index: number): Plan<Handler> {
    const met = entries[index] as HandlerEntry<Handler>
    const isOwn = (entry: HandlerEntry<Handler>) => entry.owner.name === met.owner.name
    const passed = entries.slice(0, index).findLast(isOwn)
    const own = this.#liveOf(name).filter(isOwn)
    const share = createPlan(name, passed === undefined ? own : own.filter((entry) => isAfter(entry, passed)))
    // No plan of the table, so nothing will tell it that it is out of date.
    share.plain = false
    return share
  }

  show(entries: Iterable<HandlerEntry<Handler>>): void {
    for (const [name, added] of byName(entries)) {
      this.#replace(name, [...this.#registered(name), ...added].sort(compareEntries))
    }
  }

  hide(entries: Iterable<HandlerEntry<Handler>>): void {
    for (const [name, removed] of byName(entries)) {
      const gone = new Set(removed)
      this.#replace(
        name,
        this.#registered(name).filter((entry) => !gone.has(entry)),
      )
    }
  }

  #replace(name: string, entries: HandlerEntry<Handler>[]): void {
    const old = this.#plans.get(name)
    // Whoever is going through it must look at each entry from now on.
    if (old !== undefined) old.plain = false
    for (const merged of this.#merged.values()) merged.plain = false
    this.#merged.clear()
    if (entries.length > 0) this.#plans.set(name, createPlan(name, entries))
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
    const entries = [name, ...matching].flatMap((each) => this.#registered(each)).sort(compareEntries)
    const plan = createPlan(name, entries)
    if (this.#merged.size < MERGED_MAX) this.#merged.set(name, plan)
    // Nothing would tell it that it is out of date.
    else plan.plain = false
    return plan
  }

  #registered(name: string): readonly HandlerEntry<Handler>[] {
    return this.#plans.get(name)?.entries ?? []
  }

  #liveOf(name: string): HandlerEntry<Handler>[] {
    return this.plan(name).entries.filter((entry) => entry.live)
  }
}

/** Whether a name stands for all that begin with it up to the star: `user.*`, or `*` for all there are. */
function isPattern(name: string): boolean {
  return name === '*' || name.endsWith('.*')
}

function createPlan<Handler>(name: string, entries: readonly HandlerEntry<Handler>[]): Plan<Handler> {
  return {
    name,
    entries,
    handlers: entries.map(({ handler }) => handler),
    plain: entries.every(({ usual, gate }) => usual && gate === undefined),
  }
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

/** By priority and registration alone: the two may be of different generations. */
function isAfter(entry: HandlerEntry<unknown>, passed: HandlerEntry<unknown>): boolean {
  return entry.priority === passed.priority ? entry.index > passed.index : entry.priority < passed.priority
}

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
  readonly entries: readonly HandlerEntry<Handler>[]
  /** Those of `entries`. */
  readonly handlers: readonly Handler[]
  /** Whether every handler may be called without a look at its entry. No longer so once another plan has taken its place. */
  plain: boolean
}

export class HandlerTable<Handler> implements StageTarget<Handler> {
  readonly #plans = new Map<string, Plan<Handler>>()
  readonly #nobody = createPlan<Handler>([])
  #stages = 0

  stage(owner: HandlerOwner): HandlerStage<Handler> {
    return new TableStage(owner, this.#stages++, this)
  }

  /** @throws `CFP_HANDLER_INVALID` where `name` is no name. */
  plan(name: string): Plan<Handler> {
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
  shareOf({ entries }: Plan<Handler>, index: number): Plan<Handler> {
    const met = entries[index] as HandlerEntry<Handler>
    const isOwn = (entry: HandlerEntry<Handler>) => entry.owner.name === met.owner.name
    const passed = entries.slice(0, index).findLast(isOwn)
    const own = this.#liveOf(met.name).filter(isOwn)
    const share = createPlan(passed === undefined ? own : own.filter((entry) => isAfter(entry, passed)))
    // No plan of the table, so nothing will tell it that it is out of date.
    share.plain = false
    return share
  }

  show(entries: Iterable<HandlerEntry<Handler>>): void {
    for (const [name, added] of byName(entries)) {
      this.#replace(name, [...this.plan(name).entries, ...added].sort(compareEntries))
    }
  }

  hide(entries: Iterable<HandlerEntry<Handler>>): void {
    for (const [name, removed] of byName(entries)) {
      const gone = new Set(removed)
      this.#replace(
        name,
        this.plan(name).entries.filter((entry) => !gone.has(entry)),
      )
    }
  }

  #replace(name: string, entries: HandlerEntry<Handler>[]): void {
    const old = this.#plans.get(name)
    // Whoever is going through it must look at each entry from now on.
    if (old !== undefined) old.plain = false
    if (entries.length > 0) this.#plans.set(name, createPlan(entries))
    else this.#plans.delete(name)
  }

  #liveOf(name: string): HandlerEntry<Handler>[] {
    return this.plan(name).entries.filter((entry) => entry.live)
  }
}

function createPlan<Handler>(entries: readonly HandlerEntry<Handler>[]): Plan<Handler> {
  return {
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

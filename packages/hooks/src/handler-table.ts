// Who is called for which name, in which order: the one implementation under events and hooks.
import type { HandlerOwner } from './delivery-gate.ts'
import { compareEntries, type HandlerEntry } from './handler-entry.ts'
import { type HandlerStage, type StageTarget, TableStage } from './handler-stage.ts'

/** A handler as `listeners` shows it. */
export interface ListenerView {
  readonly plugin: string
  readonly priority: number
}

/** The calls to make for one name, in order. Made at registration and never changed, so that dispatch is a plain loop. */
export interface Plan<Handler> {
  readonly entries: readonly HandlerEntry<Handler>[]
  readonly handlers: readonly Handler[]
  /** Whether nothing in it has a gate, runs once or has a time of its own. */
  readonly plain: boolean
}

/** The place of a name. A dispatch sees by `slot.plan !== plan` that handlers came or went meanwhile. */
export interface Slot<Handler> {
  plan: Plan<Handler>
}

export class HandlerTable<Handler> implements StageTarget<Handler> {
  readonly #slots = new Map<string, Slot<Handler>>()
  #stages = 0

  stage(owner: HandlerOwner): HandlerStage<Handler> {
    return new TableStage(owner, this.#stages++, this)
  }

  slot(name: string): Slot<Handler> | undefined {
    return this.#slots.get(name)
  }

  listeners(name: string): readonly ListenerView[] {
    return liveOf(this.#slots.get(name)).map(({ owner, priority }) => ({ plugin: owner.name, priority }))
  }

  /**
   * The live handlers of the owner of `entries[index]`, whatever generation they are of, without those that this dispatch has
   * already passed.
   */
  shareOf(entries: readonly HandlerEntry<Handler>[], index: number): readonly HandlerEntry<Handler>[] {
    const met = entries[index] as HandlerEntry<Handler>
    const isOwn = (entry: HandlerEntry<Handler>) => entry.owner.name === met.owner.name
    const passed = entries.slice(0, index).findLast(isOwn)
    const own = liveOf(this.#slots.get(met.name)).filter(isOwn)
    return passed === undefined ? own : own.filter((entry) => isAfter(entry, passed))
  }

  show(entries: Iterable<HandlerEntry<Handler>>): void {
    for (const [name, added] of byName(entries)) {
      const slot = this.#slots.get(name)
      if (slot === undefined) this.#slots.set(name, { plan: createPlan(added.sort(compareEntries)) })
      else slot.plan = createPlan([...slot.plan.entries, ...added].sort(compareEntries))
    }
  }

  hide(entries: Iterable<HandlerEntry<Handler>>): void {
    for (const [name, removed] of byName(entries)) {
      const slot = this.#slots.get(name)
      if (slot === undefined) continue
      const gone = new Set(removed)
      slot.plan = createPlan(slot.plan.entries.filter((entry) => !gone.has(entry)))
      if (slot.plan.entries.length === 0) this.#slots.delete(name)
    }
  }
}

function createPlan<Handler>(entries: HandlerEntry<Handler>[]): Plan<Handler> {
  return Object.freeze({
    entries: Object.freeze(entries),
    handlers: Object.freeze(entries.map((entry) => entry.handler)),
    plain: entries.every(({ owner, once, timeoutMs }) => !owner.gate && !once && timeoutMs === undefined),
  })
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

function liveOf<Handler>(slot: Slot<Handler> | undefined): readonly HandlerEntry<Handler>[] {
  return slot === undefined ? [] : slot.plan.entries.filter((entry) => entry.live)
}

/** By priority and registration alone: the two may be of different generations. */
function isAfter(entry: HandlerEntry<unknown>, passed: HandlerEntry<unknown>): boolean {
  return entry.priority === passed.priority ? entry.index > passed.index : entry.priority < passed.priority
}

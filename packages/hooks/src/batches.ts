// Events that wait for others, to be handled together.

import type { EventHandler } from '@cf-plugins/plugin-api'
import { callWith } from './batch-call.ts'
import type { BatchItem } from './batched-event.ts'
import { type DeliveryGate, isParked, park } from './delivery-gate.ts'
import type { DispatchCore } from './dispatch-core.ts'
import type { HandlerContext } from './event-context.ts'
import { HandlerCall } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'

type Entry = HandlerEntry<EventHandler>

interface Batch {
  /** Whose it is: of the next generation, once that has taken it over. */
  entry: Entry
  readonly items: BatchItem[]
  timer: NodeJS.Timeout | undefined
  /** Whether the gate has been asked to tell when it opens. */
  waits: boolean
}

/** A batch whose handler's generation is gone. */
interface Orphan {
  readonly batch: Batch
  /** Which of the batch handlers of its name it was of, and which of all its handlers, from 0. */
  readonly nth: number
  readonly nthOfAll: number
}

/**
 * The batches of one host's events. An event that is in one counts as accepted: it is delivered, once and in order. Where its handler
 * is taken out of sight, that is now; behind a closed gate the batch is for the handler that takes its place in the next generation.
 */
export class Batches {
  readonly #core: DispatchCore<EventHandler>
  readonly #filling = new Map<HandlerEntry<unknown>, Batch>()
  /** By the owner's name. */
  readonly #orphans = new Map<string, Set<Orphan>>()

  constructor(core: DispatchCore<EventHandler>) {
    this.#core = core
  }

  add(entry: Entry, item: BatchItem): void {
    let batch = this.#filling.get(entry)
    if (batch === undefined) {
      batch = { entry, items: [], timer: undefined, waits: false }
      this.#filling.set(entry, batch)
    }
    batch.items.push(item)
    if (batch.items.length >= sizeOf(entry)) this.#deliver(batch)
    else if (batch.items.length === 1) this.#arm(batch)
  }

  /** Handlers are about to be taken out of sight. */
  hiding(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const batch = this.#filling.get(entry)
      if (batch === undefined) continue
      if (!entry.gate?.closed) {
        this.#deliver(batch)
        continue
      }
      this.#drop(batch)
      const ofName = entries.filter(({ name }) => name === entry.name)
      const orphans = this.#orphans.get(entry.owner.name) ?? new Set()
      this.#orphans.set(entry.owner.name, orphans)
      orphans.add({ batch, nth: ofName.filter(isBatched).indexOf(entry), nthOfAll: ofName.indexOf(entry) })
      this.#wait(batch)
    }
  }

  /** Handlers may be called from now on: they take over what waits for them. */
  shown(entries: readonly Entry[]): void {
    if (this.#orphans.size === 0) return
    for (const entry of entries.filter(isBatched)) {
      const orphans = this.#orphans.get(entry.owner.name) ?? []
      const nth = entries.filter((each) => isBatched(each) && each.name === entry.name).indexOf(entry)
      for (const orphan of orphans) {
        const { batch } = orphan
        if (orphan.nth !== nth || batch.entry.name !== entry.name) continue
        this.#forget(orphan)
        batch.entry = entry
        this.#filling.set(entry, batch)
        // Its gate had no room to tell when it opens.
        if (!batch.waits) this.#arm(batch)
      }
    }
  }

  #arm(batch: Batch): void {
    batch.timer = setTimeout(() => this.#due(batch), batch.entry.batch?.waitMs)
  }

  #due(batch: Batch): void {
    batch.timer = undefined
    const { owner } = batch.entry
    // Where an event is from a plugin that its gate lets through, that one may wait for it.
    if (batch.items.every(({ context }) => isParked(owner, context.source))) this.#wait(batch)
    else this.#deliver(batch)
  }

  /** Waits until the gate opens. */
  #wait(batch: Batch): void {
    if (batch.waits) return
    batch.waits = true
    const refused = (error: unknown) => this.#refused(batch, error)
    park(batch.entry.gate as DeliveryGate, 'emit', () => this.#release(batch), refused)
  }

  #release(batch: Batch): void {
    batch.waits = false
    const orphan = this.#orphanOf(batch)
    if (orphan === undefined) this.#deliver(batch)
    else this.#handOver(orphan)
  }

  #refused(batch: Batch, error: unknown): void {
    const code = (error as { code?: unknown } | undefined)?.code
    const { entry, items } = batch
    // Delivered later, when nobody waits for it any more.
    if (code === 'CFP_EVENT_KEPT') {
      for (const item of items) item.emission = item.emission.batchKept(entry.owner.name, error)
      return
    }
    batch.waits = false
    if (code !== 'CFP_PLUGIN_BUSY') this.#lose(batch, error)
    else if (this.#orphanOf(batch) === undefined) this.#arm(batch)
    else {
      // The next generation takes it over in the same block, or nobody tells when one does.
      setImmediate(() => {
        if (this.#orphanOf(batch) !== undefined) this.#lose(batch, error)
      })
    }
  }

  #lose(batch: Batch, error: unknown): void {
    const orphan = this.#orphanOf(batch)
    if (orphan !== undefined) this.#forget(orphan)
    this.#drop(batch)
    this.#failed(batch.entry, batch.items.splice(0), error)
  }

  /** To a handler that takes events one by one, or to nobody. */
  #handOver(orphan: Orphan): void {
    this.#forget(orphan)
    const { entry, items } = orphan.batch
    for (const { context, emission } of items.splice(0)) {
      const own = this.#core.table
        .plan(context.event)
        .entries.filter(({ owner, name }) => owner.name === entry.owner.name && name === entry.name)
      const successor = own.toSorted((a, b) => a.index - b.index)[orphan.nthOfAll]
      if (successor === undefined || isBatched(successor)) emission.batchGone()
      else emission.callLater(successor)
    }
  }

  #deliver(batch: Batch): void {
    this.#drop(batch)
    const { entry, items } = batch
    while (items.length > 0) this.#call(entry, items.splice(0, sizeOf(entry)))
  }

  #call(entry: Entry, items: readonly BatchItem[]): void {
    const call = new HandlerCall(entry, { name: entry.name, eventId: items[0]?.context.id }, this.#core.watch)
    const limits = items.map(({ emission }) => emission.timeoutMs ?? Number.POSITIVE_INFINITY)
    const limitMs = Math.min(entry.timeoutMs ?? this.#core.usualMs, ...limits)
    callWith(this.#core.deadlines, call, limitMs, items, (error) => {
      if (error === undefined) for (const { emission } of items) emission.batchEnded()
      else this.#failed(entry, items, error.reason)
    })
  }

  #failed(entry: Entry, items: readonly BatchItem[], error: unknown): void {
    const { owner, record, ignoreErrors } = entry
    record.failures++
    let untold: HandlerContext | undefined
    for (const { context, emission } of items) {
      if (ignoreErrors) emission.batchEnded()
      if (ignoreErrors || !emission.batchFailed(owner.name, error)) untold ??= context
    }
    if (untold !== undefined) this.#core.report(untold.event, owner.name, error, untold.id)
  }

  /** Nothing is added to it any more. */
  #drop(batch: Batch): void {
    clearTimeout(batch.timer)
    batch.timer = undefined
    if (this.#filling.get(batch.entry) === batch) this.#filling.delete(batch.entry)
  }

  #orphanOf(batch: Batch): Orphan | undefined {
    for (const orphan of this.#orphans.get(batch.entry.owner.name) ?? []) if (orphan.batch === batch) return orphan
    return undefined
  }

  #forget(orphan: Orphan): void {
    const { name } = orphan.batch.entry.owner
    const orphans = this.#orphans.get(name)
    orphans?.delete(orphan)
    if (orphans?.size === 0) this.#orphans.delete(name)
  }
}

function isBatched({ batch }: Entry): boolean {
  return batch !== undefined
}

function sizeOf({ batch }: Entry): number {
  return batch?.size ?? 1
}

// What is left of an emit that is more than sync calls: failures, promises to wait for together, deliveries to park.
import type { EmitReport, EventHandler, HandlerFailure } from '@cf-plugins/plugin-api'
import type { BatchedEmission } from './batched-event.ts'
import { type DeliveryGate, isParked, park } from './delivery-gate.ts'
import { type CallOwner, callHandler, type Dispatch, limitOf } from './event-call.ts'
import type { HandlerContext } from './event-context.ts'
import { SKIPPED } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'
import { type Pending, Wave, type WaveOwner } from './wave.ts'

type Entry = HandlerEntry<EventHandler>

export class Emission implements WaveOwner<Pending>, CallOwner, BatchedEmission {
  /** Whether the emitter gets the failures. */
  awaited: boolean
  readonly #of: Dispatch
  readonly #failures: HandlerFailure[] = []
  /** What the emit itself has started, before anything is replayed. */
  #first: Wave<Pending> | undefined
  #replayed: Set<Wave<Pending>> | undefined
  /** Owners whose handlers are not called one by one but all together: parked, or replaced meanwhile. */
  #apart: Set<string> | undefined
  /** What handlers are told for which it waits in batches. */
  #batched: HandlerContext[] | undefined
  /** Handlers that `meet` was asked about, and those that were called for them. */
  #met = 0
  #called = 0
  #open = 0
  #resolve: ((report: EmitReport) => void) | undefined

  constructor(of: Dispatch, awaited: boolean) {
    this.#of = of
    this.awaited = awaited
  }

  /** Whether something is still to be waited for. */
  get pending(): boolean {
    return this.#open > 0
  }

  get timeoutMs(): number | undefined {
    return this.#of.timeoutMs
  }

  /** Of the emit that called the other handlers of its plan itself. */
  report(): EmitReport {
    const { plan, context } = this.#of
    return { event: context.event, handled: plan.handlers.length - this.#met + this.#called, failures: this.#failures }
  }

  /** Whether there are owners whose handlers are called all together. */
  get hasApart(): boolean {
    return this.#apart !== undefined
  }

  /** Whether the owner's handlers are taken care of all together. */
  isApart({ owner }: Entry): boolean {
    return this.#apart?.has(owner.name) === true
  }

  /** Its report, when nothing is left to wait for; to be called while something is. */
  reported(): Promise<EmitReport> {
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** Nobody waits any longer. What runs goes on under its deadlines, and is told to stop. */
  abandon(reason: unknown): void {
    this.awaited = false
    this.#first?.abort(reason)
    for (const wave of this.#replayed ?? []) wave.abort(reason)
    for (const context of this.#batched ?? []) context.end(reason)
  }

  /** What a handler threw or rejected with, or why it could not be called. */
  failed(entry: HandlerEntry<unknown>, error: unknown): void {
    entry.record.failures++
    const { core, context } = this.#of
    const plugin = entry.owner.name
    if (this.awaited && !entry.ignoreErrors) this.#failures.push({ plugin, error })
    else core.report(context.event, plugin, error, context.id)
  }

  skipped(): void {
    this.#called--
  }

  done(_pending: Pending, value: unknown): void {
    if (value === SKIPPED) this.skipped()
  }

  fail({ entry }: Pending, error: unknown): void {
    this.failed(entry, error)
  }

  waveEnded(wave: Wave<Pending>): void {
    this.#replayed?.delete(wave)
    this.#close()
  }

  batchEnded(): void {
    this.#close()
  }

  batchFailed(plugin: string, error: unknown): boolean {
    const isTold = this.awaited
    if (isTold) this.#failures.push({ plugin, error })
    this.#close()
    return isTold
  }

  batchKept(plugin: string, error: unknown): BatchedEmission {
    this.batchFailed(plugin, error)
    const waiting = new Emission(this.#of, false)
    waiting.#called = 1
    waiting.#open = 1
    return waiting
  }

  batchGone(): void {
    this.#called--
    this.#close()
  }

  callLater(entry: Entry): void {
    this.#called--
    this.#replay([entry])
    this.#close()
  }

  /** Waits for what a handler returned that was called directly. */
  watch(entry: Entry, context: HandlerContext, promise: PromiseLike<unknown>): void {
    const limitMs = limitOf(this.#of, entry)
    this.#firstWave().watch({ entry, context, limitMs, call: undefined, open: true }, promise)
  }

  /** Calls the handler at `index`, if that is still right, or what has taken its place. */
  meet(index: number): void {
    const { core, plan, context } = this.#of
    const entry = plan.entries[index] as Entry
    const { owner } = entry
    this.#met++
    if (this.isApart(entry)) return
    if (isParked(owner, context.source)) {
      this.#setApart(owner.name)
      this.#park(index)
    } else if (entry.stage.live) {
      this.#call(entry, undefined)
    } else {
      this.#setApart(owner.name)
      for (const successor of core.table.shareOf(plan, index).entries) this.#call(successor, undefined)
    }
  }

  /** After the last handler was met. */
  seal(): void {
    if (this.#first?.seal()) this.#open++
  }

  #park(index: number): void {
    const { core, plan, context } = this.#of
    const entry = plan.entries[index] as Entry
    let waiting: Emission = this
    const refused = (error: unknown) => {
      this.failed(entry, error)
      // Where it is kept all the same, nobody waits for its delivery.
      waiting = new Emission(this.#of, false)
    }
    this.#open++
    // When it happened is now, not when it is delivered.
    void context.time
    const kind = this.awaited ? 'emit' : 'publish'
    const deliver = () => waiting.#replay(core.table.shareOf(plan, index).entries)
    park(entry.owner.gate as DeliveryGate, kind, deliver, refused).then(() => this.#close())
  }

  #replay(entries: readonly Entry[]): Promise<void> | undefined {
    const wave = new Wave<Pending>(this, this.#of.core.deadlines)
    for (const entry of entries) this.#call(entry, wave)
    if (!wave.seal()) return undefined
    this.#open++
    this.#replayed ??= new Set()
    this.#replayed.add(wave)
    return wave.ended()
  }

  #call(entry: Entry, wave: Wave<Pending> | undefined): void {
    if (!entry.live) return
    this.#called++
    if (entry.batch !== undefined) this.#batch(entry)
    else callHandler(this.#of, entry, this, () => wave ?? this.#firstWave())
  }

  #batch(entry: Entry): void {
    this.#open++
    const context = this.#of.context.forOne()
    this.#batched ??= []
    this.#batched.push(context)
    this.#of.batches.add(entry, { context, emission: this })
  }

  #firstWave(): Wave<Pending> {
    this.#first ??= new Wave<Pending>(this, this.#of.core.deadlines)
    return this.#first
  }

  #setApart(name: string): void {
    this.#apart ??= new Set()
    this.#apart.add(name)
  }

  #close(): void {
    if (--this.#open === 0) this.#resolve?.(this.report())
  }
}

// What is left of an emit that is more than sync calls: failures, promises to wait for together, deliveries to park.
import { type EmitReport, type EventHandler, type HandlerFailure, isThenable } from '@cf-plugins/plugin-api'
import { type DeliveryGate, isParked, park } from './delivery-gate.ts'
import type { DispatchCore } from './dispatch-core.ts'
import type { HandlerContext } from './event-context.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-table.ts'
import { Wave, type WaveOwner } from './wave.ts'

type Entry = HandlerEntry<EventHandler>

export class Emission implements WaveOwner {
  /** Whether the emitter gets the failures. */
  awaited: boolean
  readonly #core: DispatchCore<EventHandler>
  readonly #context: HandlerContext
  readonly #timeoutMs: number | undefined
  readonly #failures: HandlerFailure[] = []
  /** What the emit itself has started, before anything is replayed. */
  #first: Wave | undefined
  #replayed: Set<Wave> | undefined
  /** Owners whose handlers are not called one by one but all together: parked, or replaced meanwhile. */
  #apart: Set<string> | undefined
  /** Handlers that `meet` was asked about, and those that were called for them. */
  #met = 0
  #called = 0
  #open = 0
  #resolve: (() => void) | undefined

  constructor(
    core: DispatchCore<EventHandler>,
    context: HandlerContext,
    timeoutMs: number | undefined,
    awaited: boolean,
  ) {
    this.#core = core
    this.#context = context
    this.#timeoutMs = timeoutMs
    this.awaited = awaited
  }

  /** Whether something is still to be waited for. */
  get pending(): boolean {
    return this.#open > 0
  }

  /** Of the emit that called the other handlers of `plan` itself. */
  report(plan: Plan<EventHandler>): EmitReport {
    const handled = plan.handlers.length - this.#met + this.#called
    return { event: this.#context.event, handled, failures: this.#failures }
  }

  /** Whether the owner's handlers are taken care of all together. */
  isApart({ owner }: Entry): boolean {
    return this.#apart?.has(owner.name) === true
  }

  /** Resolves when nothing is left to wait for; to be called while something is. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** Nobody waits any longer. What runs goes on under its deadlines, and is told to stop. */
  abandon(reason: unknown): void {
    this.awaited = false
    this.#first?.abort(reason)
    for (const wave of this.#replayed ?? []) wave.abort(reason)
  }

  fail(plugin: string, error: unknown): void {
    if (this.awaited) this.#failures.push({ plugin, error })
    else this.#core.report(this.#context.event, plugin, error)
  }

  waveEnded(wave: Wave): void {
    this.#replayed?.delete(wave)
    this.#close()
  }

  /** Waits for what a handler returned that was called directly. */
  watch(entry: Entry, promise: PromiseLike<unknown>): void {
    this.#watch(this.#firstWave(), entry, this.#context, promise)
  }

  /** Calls the handler at `index`, if that is still right, or what has taken its place. */
  meet(plan: Plan<EventHandler>, index: number): void {
    const entry = plan.entries[index] as Entry
    const { owner } = entry
    this.#met++
    if (this.isApart(entry)) return
    if (isParked(owner, this.#context.source)) {
      this.#setApart(owner.name)
      this.#park(plan, index)
    } else if (entry.stage.live) {
      this.#call(entry, undefined)
    } else {
      this.#setApart(owner.name)
      for (const successor of this.#core.table.shareOf(plan, index).entries) this.#call(successor, undefined)
    }
  }

  /** After the last handler was met. */
  seal(): void {
    if (this.#first?.seal()) this.#open++
  }

  #park(plan: Plan<EventHandler>, index: number): void {
    const { owner } = plan.entries[index] as Entry
    let waiting: Emission = this
    const refused = (error: unknown) => {
      this.fail(owner.name, error)
      // Where it is kept all the same, nobody waits for its delivery.
      waiting = new Emission(this.#core, this.#context, this.#timeoutMs, false)
    }
    this.#open++
    // When it happened is now, not when it is delivered.
    void this.#context.time
    const kind = this.awaited ? 'emit' : 'publish'
    park(owner.gate as DeliveryGate, kind, () => waiting.#replay(plan, index), refused).then(() => this.#close())
  }

  #replay(plan: Plan<EventHandler>, index: number): Promise<void> | undefined {
    const wave = new Wave(this, this.#core.deadlines)
    for (const entry of this.#core.table.shareOf(plan, index).entries) this.#call(entry, wave)
    if (!wave.seal()) return undefined
    this.#open++
    this.#replayed ??= new Set()
    this.#replayed.add(wave)
    return wave.ended()
  }

  #call(entry: Entry, wave: Wave | undefined): void {
    if (!entry.live) return
    if (entry.once) entry.stage.remove(entry)
    const { handler, gate } = entry
    const context = entry.timeoutMs === undefined ? this.#context : this.#context.forOne()
    this.#called++
    gate?.enter()
    try {
      const result = handler(context.payload, context)
      if (isThenable(result)) {
        this.#watch(wave ?? this.#firstWave(), entry, context, result)
        return
      }
    } catch (error) {
      this.fail(entry.owner.name, error)
    }
    gate?.leave()
  }

  #watch(wave: Wave, entry: Entry, context: HandlerContext, promise: PromiseLike<unknown>): void {
    const ownMs = entry.timeoutMs ?? this.#timeoutMs ?? this.#core.usualMs
    wave.watch(entry, context, Math.min(ownMs, this.#timeoutMs ?? ownMs), promise)
  }

  #firstWave(): Wave {
    this.#first ??= new Wave(this, this.#core.deadlines)
    return this.#first
  }

  #setApart(name: string): void {
    this.#apart ??= new Set()
    this.#apart.add(name)
  }

  #close(): void {
    if (--this.#open === 0) this.#resolve?.()
  }
}

// A delivery gate as a host implements one: a queue while it is closed, replayed in order, and a count of what is in flight.
import { PluginError } from '@cf-plugins/plugin-api'
import { type DeliveryGate, type ParkedKind, PluginEvents, PluginHooks, type ReportedFailure } from '../src/index.ts'

interface Waiting {
  readonly kind: ParkedKind
  readonly deliver: () => unknown
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export class QueueGate implements DeliveryGate {
  closed = false
  whole = false
  inFlight = 0
  readonly #limit: number
  readonly #admitted: ReadonlySet<string>
  readonly #queue: Waiting[] = []

  constructor({ limit = 1_000, admitted = [] as readonly string[] } = {}) {
    this.#limit = limit
    this.#admitted = new Set(admitted)
  }

  get parked(): number {
    return this.#queue.length
  }

  enter(): void {
    this.inFlight++
  }

  leave(): void {
    this.inFlight--
  }

  admits(source: string): boolean {
    return this.#admitted.has(source)
  }

  park(deliver: () => unknown, kind: ParkedKind): Promise<void> {
    if (this.#queue.length >= this.#limit) throw new PluginError('CFP_PLUGIN_BUSY', 'The queue is full.')
    return new Promise<void>((resolve, reject) => this.#queue.push({ kind, deliver, resolve, reject }))
  }

  close(): void {
    this.closed = true
  }

  /** Replays what is parked, in order, and opens when nothing is left. */
  open(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      next.deliver()
      next.resolve()
    }
    this.closed = false
  }

  /** Keeps every event, and answers who waits for one, as a host does whose plugin is down. */
  keep(): void {
    const kept = new PluginError('CFP_EVENT_KEPT', 'The plugin is down.')
    for (const { kind, reject } of this.#queue) if (kind === 'emit') reject(kept)
    this.closed = false
  }

  /** Refuses what is parked, as a host does whose plugin is unloaded. */
  refuse(error: unknown): void {
    for (const { reject } of this.#queue.splice(0)) reject(error)
  }
}

/** One plugin behind a gate, and whatever number of generations of it. */
export function reloadable() {
  const gate = new QueueGate()
  const reported: ReportedFailure[] = []
  const events = new PluginEvents({ onFailure: (failure) => reported.push(failure) })
  const hooks = new PluginHooks()
  const owner = { name: 'reloaded', rank: 1, gate }
  return { gate, events, hooks, reported, generation: () => [events.stage(owner), hooks.stage(owner)] as const }
}

// Where calls into one plugin pass, and wait while it is replaced.
import type { ParkedKind } from '@cf-plugins/hooks'
import { PluginError } from '@cf-plugins/plugin-api'

/** Whose gate it is. */
export interface GateOwner {
  readonly name: string
  /** Where the code that serves is from. */
  readonly source?: { readonly file: string | undefined; readonly generation: number } | undefined
}

interface Parked {
  readonly kind: ParkedKind
  readonly deliver: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  readonly sinceMs: number
}

/** How much may wait for one plugin. */
const PARKED_MAX = 1000

/** How long an awaited emit may wait for room, in milliseconds: as long as a gate is closed, a rollback included. */
const ROOM_MS = 20_000

/**
 * The gate of one plugin, across its generations. Closed, it keeps what comes in order of arrival; opening delivers that
 * first, to whichever generation serves by then. Where none does, `keep` keeps the events.
 */
export class Gate {
  /** Whether the generation behind it is whole: from the teardown of the old to the commit of the new it is not. */
  whole = true
  readonly #owner: GateOwner
  readonly #roomMs: number
  /** In order of arrival. Those behind the first thousand are awaited emits that wait for room. */
  readonly #parked: Parked[] = []
  #closed = false
  #admits: ((source: string) => boolean) | undefined
  #roomTimer: NodeJS.Timeout | undefined

  constructor(owner: GateOwner, { roomMs = ROOM_MS }: { readonly roomMs?: number } = {}) {
    this.#owner = owner
    this.#roomMs = roomMs
  }

  get closed(): boolean {
    return this.#closed
  }

  get parked(): number {
    return this.#parked.length
  }

  /** @throws `CFP_PLUGIN_BUSY` when too much waits already; an emit waits for room, and rejects with it when there is none in time. */
  park(deliver: () => unknown, kind: ParkedKind): Promise<unknown> {
    const isFull = this.#parked.length >= PARKED_MAX
    if (isFull && kind !== 'emit') throw this.#busy()
    return new Promise((resolve, reject) => {
      this.#parked.push({ kind, deliver, resolve, reject, sinceMs: performance.now() })
      if (isFull) this.#roomTimer ??= setTimeout(() => this.#endWaits(), this.#roomMs)
    })
  }

  /** Whether what the plugin `source` sends passes although the gate is closed. */
  admits(source: string): boolean {
    return this.#admits?.(source) === true
  }

  /** Lets calls wait from now on, but for those whose source is admitted. */
  close(admits?: (source: string) => boolean): void {
    this.#closed = true
    this.#admits = admits
  }

  /** Delivers what waited, in order, then lets new calls pass. What a delivery parks meanwhile is delivered too. */
  open(): void {
    // What waits although the gate is open was kept, and still comes before what is sent from now on.
    this.#closed = true
    this.#free()
    for (let next = this.#parked.shift(); next; next = this.#parked.shift()) {
      const { deliver, resolve, reject } = next
      try {
        resolve(deliver())
      } catch (error) {
        reject(error)
      }
    }
    this.#closed = false
  }

  /**
   * Opens while nobody serves: keeps the events for when somebody does, and answers calls with `refusal`. Who awaits an
   * event is told `CFP_EVENT_KEPT`, unless the host ends.
   */
  keep(refusal: PluginError, { isLast = false } = {}): void {
    this.#closed = false
    this.#free()
    const kept = new PluginError(
      'CFP_EVENT_KEPT',
      `Plugin "${this.#owner.name}" is down: the event is kept, and delivered when the plugin is back. Do not send it again.`,
      { ...this.#details(), file: refusal.file, generation: refusal.generation, cause: refusal },
    )
    for (const each of this.#parked.splice(0)) {
      if (each.kind === 'call') each.reject(refusal)
      else if (this.#parked.length === PARKED_MAX) each.reject(this.#busy())
      else {
        this.#parked.push(each)
        if (each.kind === 'emit' && !isLast) each.reject(kept)
      }
    }
  }

  /** Answers what waits with an error, for good, and opens. How many events were among it. */
  discard(error: PluginError): number {
    this.#closed = false
    this.#free()
    let events = 0
    for (const { kind, reject } of this.#parked.splice(0)) {
      if (kind !== 'call') events++
      reject(error)
    }
    return events
  }

  #free(): void {
    this.whole = true
    // Dropped, or it would keep the transaction that made it.
    this.#admits = undefined
    clearTimeout(this.#roomTimer)
    this.#roomTimer = undefined
  }

  /** Refuses who has waited for room long enough. */
  #endWaits(): void {
    this.#roomTimer = undefined
    const isOverdue = ({ sinceMs }: Parked) => performance.now() - sinceMs >= this.#roomMs
    for (let first = this.#parked[PARKED_MAX]; first && isOverdue(first); first = this.#parked[PARKED_MAX]) {
      this.#parked.splice(PARKED_MAX, 1)
      first.reject(this.#busy())
    }
    const next = this.#parked[PARKED_MAX]
    if (!next) return
    const leftMs = next.sinceMs + this.#roomMs - performance.now()
    this.#roomTimer = setTimeout(() => this.#endWaits(), Math.max(1, leftMs))
  }

  #busy(): PluginError {
    return new PluginError(
      'CFP_PLUGIN_BUSY',
      `Plugin "${this.#owner.name}" is being replaced and ${PARKED_MAX} calls wait for it already. Emit less, or await what you emit.`,
      this.#details(),
    )
  }
  #details() {
    return { plugin: this.#owner.name, phase: 'gate', ...this.#owner.source }
  }
}

// One generation's way through the gate of its plugin, and what is in flight behind it.
import type { DeliveryGate, ParkedKind } from '@cf-plugins/hooks'
import { onAbort } from './abort.ts'
import type { Gate } from './gate.ts'

/** Counts what is in flight in one generation. Whether it may pass, the gate says, which is that of all generations. */
export class Passage implements DeliveryGate {
  readonly #gate: Gate
  #inFlight = 0
  #waiting: Set<() => void> | undefined

  constructor(gate: Gate) {
    this.#gate = gate
  }

  get closed(): boolean {
    return this.#gate.closed
  }

  get whole(): boolean {
    return this.#gate.whole
  }

  get inFlight(): number {
    return this.#inFlight
  }

  enter(): void {
    this.#inFlight++
  }

  leave(): void {
    this.#inFlight--
    if (this.#inFlight === 0 && this.#waiting) for (const end of this.#waiting) end()
  }

  park(deliver: () => unknown, kind: ParkedKind): Promise<unknown> {
    return this.#gate.park(deliver, kind)
  }

  admits(source: string): boolean {
    return this.#gate.admits(source)
  }

  /** Whether everything in flight ended within the bound. */
  async drained(boundMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#inFlight === 0) return true
    this.#waiting ??= new Set()
    const waiting = this.#waiting
    return new Promise<boolean>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        undo()
        waiting.delete(end)
        resolve(this.#inFlight === 0)
      }
      waiting.add(end)
      const timer = setTimeout(end, boundMs)
      const undo = onAbort([signal], end)
    })
  }
}

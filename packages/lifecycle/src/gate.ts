// Where calls into one plugin pass, and wait while it is replaced.
import type { DeliveryGate } from '@cf-plugins/hooks'
import { PluginError } from '@cf-plugins/plugin-api'
import { onAbort } from './abort.ts'

interface Parked {
  readonly deliver: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** How many calls may wait for one plugin. */
const PARKED_MAX = 1000

/**
 * Counts what is in flight in one plugin, across its generations. Closed, it keeps what comes in order of arrival;
 * opening delivers that first, to whichever generation serves by then.
 */
export class Gate implements DeliveryGate {
  readonly #plugin: string
  readonly #parked: Parked[] = []
  #closed = false
  #inFlight = 0
  #onIdle: (() => void) | undefined
  #admits: ((source: string) => boolean) | undefined

  constructor(plugin: string) {
    this.#plugin = plugin
  }

  get closed(): boolean {
    return this.#closed
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get parked(): number {
    return this.#parked.length
  }

  enter(): void {
    this.#inFlight++
  }

  leave(): void {
    this.#inFlight--
    if (this.#inFlight === 0) this.#onIdle?.()
  }

  /** @throws `CFP_PLUGIN_BUSY` when too many wait already. */
  park(deliver: () => unknown): Promise<unknown> {
    if (this.#parked.length >= PARKED_MAX) {
      throw new PluginError(
        'CFP_PLUGIN_BUSY',
        `Plugin "${this.#plugin}" is being replaced and ${PARKED_MAX} calls wait for it already. Emit less, or await what you emit.`,
        { plugin: this.#plugin },
      )
    }
    return new Promise((resolve, reject) => this.#parked.push({ deliver, resolve, reject }))
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

  /** Whether everything in flight ended within the bound. */
  async drained(boundMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#inFlight === 0) return true
    return new Promise<boolean>((resolve) => {
      const end = (idle: boolean) => {
        clearTimeout(timer)
        undo()
        this.#onIdle = undefined
        resolve(idle)
      }
      const timer = setTimeout(() => end(false), boundMs)
      const undo = onAbort([signal], () => end(false))
      this.#onIdle = () => end(true)
    })
  }

  /** Delivers what waited, in order, then lets new calls pass. What a delivery parks meanwhile is delivered too. */
  open(): void {
    // Dropped, or it would keep the transaction that made it.
    this.#admits = undefined
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

  /** Answers what waited with an error, and opens: for a plugin that will not come back by itself. */
  refuse(error: PluginError): void {
    this.#admits = undefined
    this.#closed = false
    for (const { reject } of this.#parked.splice(0)) reject(error)
  }
}

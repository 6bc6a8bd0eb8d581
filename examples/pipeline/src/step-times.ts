// How long each step of the pipelines takes, as the framework tells on its channel of handlers.
import { type HandlerTrace, handlerChannel } from 'cf-plugins'

/** What was seen of a step. */
export interface StepTime {
  readonly pipeline: string
  readonly step: string
  readonly plugin: string
  calls: number
  skipped: number
  failed: number
  /** From its call to its result, all calls together, in milliseconds. */
  totalMs: number
  /** What of that the event loop had to wait for. */
  loopMs: number
}

/** Listens to the steps of one host, until it is told to end. */
export class StepTimes implements Disposable {
  readonly #host: string
  readonly #steps = new Map<string, StepTime>()

  constructor(host: string) {
    this.#host = host
    handlerChannel.subscribe(this.#note)
  }

  /** In the order in which they were called first. */
  all(): readonly StepTime[] {
    return [...this.#steps.values()]
  }

  [Symbol.dispose](): void {
    handlerChannel.unsubscribe(this.#note)
  }

  readonly #note = (message: unknown) => {
    const { host, kind, name, step = '', plugin, outcome, durationMs, syncMs } = message as HandlerTrace
    if (host !== this.#host || kind !== 'pipeline') return
    const key = `${name} ${step}`
    const time = this.#steps.get(key) ?? {
      pipeline: name,
      step,
      plugin,
      calls: 0,
      skipped: 0,
      failed: 0,
      totalMs: 0,
      loopMs: 0,
    }
    this.#steps.set(key, time)
    if (outcome === 'skipped') {
      time.skipped++
      return
    }
    time.calls++
    if (outcome !== 'ok') time.failed++
    time.totalMs += durationMs
    time.loopMs += syncMs
  }
}

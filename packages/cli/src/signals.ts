// The signals that end a host: the first one asks it to, the second one does it.
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A signal that ends a host. */
export type EndSignal = (typeof SIGNALS)[number]

/** What a shell reports for a process that a signal ended. */
export function signalExitCode(signal: EndSignal): number {
  return 128 + constants.signals[signal]
}

/** Listens for signals. Until then, and after `Symbol.dispose`, they do what they always do. */
export class Signals implements Disposable {
  /** Resolves at the first signal. */
  readonly first: Promise<EndSignal>
  /** Aborts at the first signal. */
  readonly signal: AbortSignal
  readonly #listener: (signal: EndSignal) => void

  constructor() {
    const controller = new AbortController()
    this.signal = controller.signal
    let tell: (signal: EndSignal) => void
    this.first = new Promise((resolve) => {
      tell = resolve
    })
    this.#listener = (signal) => {
      if (controller.signal.aborted) process.exit(signalExitCode(signal))
      tell(signal)
      controller.abort(new Error(`${signal} was received`))
    }
    for (const signal of SIGNALS) process.on(signal, this.#listener)
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener)
  }
}

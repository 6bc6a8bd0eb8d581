// What ends a command from outside: a signal, or an error that nobody caught.
import { constants } from 'node:os'
import { ExitCode } from './tool-error.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Listens until `Symbol.dispose`. The first signal aborts, the second ends the process at once. */
export class Interruption implements Disposable {
  readonly #controller = new AbortController()
  readonly #onSignal: (signal: (typeof SIGNALS)[number]) => void
  readonly #onStray: (error: unknown) => void
  #exitCode: number | undefined

  constructor(tell: (error: unknown) => void) {
    this.#onSignal = (signal) => {
      const exitCode = 128 + constants.signals[signal]
      if (this.#exitCode !== undefined) process.exit(exitCode)
      this.#end(exitCode)
    }
    this.#onStray = (error) => {
      tell(error)
      this.#end(ExitCode.failed)
    }
    for (const signal of SIGNALS) process.on(signal, this.#onSignal)
    process.on('uncaughtException', this.#onStray).on('unhandledRejection', this.#onStray)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What the process ends with; nothing where nothing came. */
  get exitCode(): number | undefined {
    return this.#exitCode
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal)
    process.off('uncaughtException', this.#onStray).off('unhandledRejection', this.#onStray)
  }

  #end(exitCode: number): void {
    this.#exitCode ??= exitCode
    this.#controller.abort(new Error('interrupted'))
  }
}

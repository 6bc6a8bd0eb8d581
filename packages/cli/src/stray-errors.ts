// Errors that nobody caught: told, instead of ending the process in mid-air.
import { messageOf, PluginError } from '@cf-plugins/plugin-api'

/** Catches what would end the process, until `Symbol.dispose`. */
export class StrayErrors implements Disposable {
  /** Resolves at the first one. */
  readonly first: Promise<void>
  #isAny = false
  readonly #listener: (thrown: unknown) => void

  constructor(tell: (error: PluginError) => void) {
    let resolveFirst: () => void
    this.first = new Promise((resolve) => {
      resolveFirst = resolve
    })
    this.#listener = (cause) => {
      this.#isAny = true
      tell(new PluginError('CFP_CLI_STRAY_ERROR', `Nobody caught this error: ${messageOf(cause)}`, { cause }))
      resolveFirst()
    }
    process.on('uncaughtException', this.#listener)
    process.on('unhandledRejection', this.#listener)
  }

  /** Whether there was one. */
  get isAny(): boolean {
    return this.#isAny
  }

  [Symbol.dispose](): void {
    process.off('uncaughtException', this.#listener)
    process.off('unhandledRejection', this.#listener)
  }
}

// A call of the other side, while it is answered here.
import type { ServedCall } from './link.ts'
import type { Scope } from './references.ts'

/** One call of the other side. */
export class Served implements ServedCall {
  /** What came with its arguments. */
  readonly scope: Scope = { functions: [], signals: [] }
  #controller: AbortController | undefined
  #reason: unknown
  #isAborted = false

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isAborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    this.#isAborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}

// A call of the other side, while it is answered here.
import type { ServedCall } from './link.ts'
import type { Scope } from './scope.ts'

/** One call of the other side, with what came with its arguments. */
export class Served implements ServedCall, Scope {
  functions: number[] | undefined
  signals: number[] | undefined
  #controller: AbortController | undefined
  #aborted: { readonly reason: unknown } | undefined

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#aborted) this.#controller.abort(this.#aborted.reason)
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    this.#aborted ??= { reason }
    this.#controller?.abort(reason)
  }
}

// Why handlers that are called one after the other are not called any further, for whoever goes on from there.
import { isThenable } from '@cf-plugins/plugin-api'

/**
 * What has halted them: nothing where they are all done, or where the next one is to be looked at first. Kept until it is taken, which is
 * at once, so that no dispatch makes one of its own.
 */
export class Halt {
  what: 'pending' | 'failed' | 'answered' | undefined = undefined
  /** What the handler threw or returned. */
  #result: unknown = undefined

  /** It returned a promise. */
  pending(at: number, promise: PromiseLike<unknown>): number {
    this.what = 'pending'
    this.#result = promise
    return at
  }

  /** It threw. */
  failed(at: number, error: unknown): number {
    this.what = 'failed'
    this.#result = error
    return at
  }

  /** It gave what was asked for. */
  answered(at: number, answer: unknown): number {
    this.what = 'answered'
    this.#result = answer
    return at
  }

  take(): unknown {
    const result = this.#result
    this.what = undefined
    this.#result = undefined
    return result
  }
}

/** Most handlers return nothing, which is asked for first. */
export function isPending(result: unknown): result is PromiseLike<unknown> {
  return result !== undefined && isThenable(result)
}

// Bounds: nothing is waited for without one.
import { isThenable, PluginError } from '@cf-plugins/plugin-api'

/** What ends a wait before its result comes. */
export interface Bound {
  readonly ms: number
  /** The error of a wait that took too long. */
  readonly late: () => PluginError
  readonly signal?: AbortSignal | undefined
}

/**
 * The result itself where it is no promise; else a promise that rejects when the bound is over. A rejection that
 * comes later is no longer anybody's, and is dropped.
 */
export function within<T>(result: T | PromiseLike<T>, bound: Bound): T | Promise<T> {
  if (!isThenable(result)) return result
  return new Promise<T>((resolve, reject) => {
    const { signal } = bound
    const timer = setTimeout(() => end(() => reject(bound.late())), bound.ms)
    const onAbort = () => end(() => reject(aborted(signal)))
    const end = (settle: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    ;(result as PromiseLike<T>).then(
      (value) => end(() => resolve(value)),
      (error) => end(() => reject(error)),
    )
  })
}

/** Goes on with `next` at once, or after the promise: sync stays sync. */
export function chain<T, R>(value: T | PromiseLike<T>, next: (value: T) => R | PromiseLike<R>): R | PromiseLike<R> {
  return isThenable(value) ? (value as PromiseLike<T>).then(next) : next(value as T)
}

/** Throws where the signal was aborted. */
export function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal)
}

function aborted(signal: AbortSignal | undefined): PluginError {
  return new PluginError('CFP_OPERATION_ABORTED', 'The operation was cancelled.', { cause: signal?.reason })
}

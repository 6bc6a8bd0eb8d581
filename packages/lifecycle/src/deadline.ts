// Bounds: nothing is waited for without one.
import { isThenable, PluginError, type Undo } from '@cf-plugins/plugin-api'

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
export function within<T>(result: T | PromiseLike<T>, { ms, late, signal }: Bound): T | Promise<T> {
  if (!isThenable(result)) return result
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => end(() => reject(late())), ms)
    const undo = onAbort([signal], (reason) => end(() => reject(aborted(reason))))
    const end = (settle: () => void) => {
      clearTimeout(timer)
      undo()
      settle()
    }
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

/**
 * Calls `task` once, as soon as one of the signals aborts. The undo lets go of all of them: `AbortSignal.any` would
 * stay with a signal that outlives many operations.
 */
export function onAbort(signals: readonly (AbortSignal | undefined)[], task: (reason: unknown) => void): Undo {
  const undo = () => {
    for (const signal of signals) signal?.removeEventListener('abort', tell)
  }
  const tell = ({ target }: { readonly target: unknown }) => {
    undo()
    task((target as AbortSignal).reason)
  }
  const done = signals.find((signal) => signal?.aborted)
  // Later, so that the caller has the undo by then.
  if (done) queueMicrotask(() => tell({ target: done }))
  else for (const signal of signals) signal?.addEventListener('abort', tell)
  return undo
}

/** Throws where one of the signals was aborted. */
export function assertNotAborted(...signals: readonly (AbortSignal | undefined)[]): void {
  for (const signal of signals) if (signal?.aborted) throw aborted(signal.reason)
}

/** The error of what was cancelled. */
export function aborted(reason: unknown): PluginError {
  return new PluginError('CFP_OPERATION_ABORTED', 'The operation was cancelled.', { cause: reason })
}

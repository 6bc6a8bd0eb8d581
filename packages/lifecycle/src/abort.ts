// Signals that cancel an operation, and the error of what they cancelled.
import { PluginError, type Undo } from '@cf-plugins/plugin-api'

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

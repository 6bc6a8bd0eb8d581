// Tells what must be awaited from what need not be.

/**
 * Whether a value can be awaited: an object or a function with a `then` method.
 *
 * Sync or async is told by what a call returns, never by `Function.length`, a constructor's name or a flag: a
 * plugin author may write either, and may change it, without telling anybody.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}

/** A value, or a promise of it. */
export type Awaitable<T> = T | PromiseLike<T>

// Waits for what another owns, within a bound.

/** How long to wait, and what to throw when that ends first. */
export interface WaitBound {
  readonly ms: number
  readonly signal: AbortSignal | undefined
  readonly late: () => Error
  readonly aborted: () => Error
}

/** What `pending` settles to. What comes after the bound is nobody's any more, and is dropped. */
export function waitFor<T>(pending: PromiseLike<T>, { ms, signal, late, aborted }: WaitBound): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(() => reject(late())), ms)
    const onAbort = () => end(() => reject(aborted()))
    const end = (settle: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    // Through a promise of our own, for a thenable may call both of its callbacks, or throw.
    Promise.resolve(pending).then(
      (value) => end(() => resolve(value)),
      (thrown) => end(() => reject(thrown)),
    )
    if (signal?.aborted) onAbort()
  })
}

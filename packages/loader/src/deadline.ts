// Bounds a wait in time and by a signal.

/**
 * Gives what `work` gives, or rejects with what `onTimeout` or `onAbort` makes once the time is over or the signal
 * aborts. The work itself goes on; nobody hears of it then.
 */
export async function withDeadline<T>(
  work: PromiseLike<T>,
  options: {
    timeoutMs: number
    signal?: AbortSignal | undefined
    onTimeout: () => Error
    onAbort: (reason: unknown) => Error
  },
): Promise<T> {
  const { timeoutMs, signal, onTimeout, onAbort } = options
  let timer: NodeJS.Timeout | undefined
  let stopListening = (): void => {}
  const bound = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onTimeout()), timeoutMs)
    if (!signal) return
    const abort = (): void => reject(onAbort(signal.reason))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    stopListening = () => signal.removeEventListener('abort', abort)
  })
  try {
    return await Promise.race([work, bound])
  } finally {
    clearTimeout(timer)
    stopListening()
  }
}

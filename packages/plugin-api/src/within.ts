// Waits for what another owns, within a bound.
import { isThenable } from './thenable.ts'

/** How long to wait, and what to throw where something else ends the wait first. */
export interface WaitBound {
  readonly ms: number
  /** The error of a wait that took too long. */
  readonly late: () => Error
  readonly signal?: AbortSignal | undefined
  /** The error of a wait that the signal ended. @default the signal's reason */
  readonly aborted?: (reason: unknown) => unknown
}

/** Node turns a longer delay into 1 ms without a word. */
export const LONGEST_MS = 2_147_483_647

/**
 * The result itself where it is no promise; else a promise that settles as it does, or rejects when the bound is over
 * or the signal aborts. What comes after that is nobody's any more, a rejection too, and is dropped.
 *
 * @example
 * await within(plugin.setup(), { ms: 10_000, late: () => new Error('setup() took too long') })
 */
export function within<T>(result: T | PromiseLike<T>, { ms, late, signal, aborted }: WaitBound): T | Promise<T> {
  if (!isThenable(result)) return result
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => end(() => reject(late())), Math.min(ms, LONGEST_MS))
    const onAbort = () => end(() => reject(aborted ? aborted(signal?.reason) : signal?.reason))
    const end = (settle: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    // Through a promise of our own, for a thenable may call both of its callbacks, or throw.
    Promise.resolve(result as PromiseLike<T>).then(
      (value) => end(() => resolve(value)),
      (error) => end(() => reject(error)),
    )
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort)
  })
}

/**
 * Waits until `task` has ended, and no longer than the bound: for an end that must come, whatever became of the task.
 *
 * @throws what `task` rejects with within the bound; what comes later is dropped
 */
export async function atMost(task: PromiseLike<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, LONGEST_MS))
  })
  try {
    await Promise.race([task, bound])
  } finally {
    clearTimeout(timer)
  }
}

// How much memory is in use, when all that can be collected has been.
import { setImmediate as turn } from 'node:timers/promises'

/** What finalizers and weak references hold goes a collection later than they do: at most so many. */
const COLLECTIONS = 24
/** Collections that free less than this, one after the other, until nothing more is expected of them, in bytes. */
const NOTHING = 2_048
const IN_VAIN = 3

/**
 * Bytes of the heap, and of buffers that hang on it.
 *
 * @throws Error in a process without `--expose-gc`
 */
export async function bytesInUse(): Promise<number> {
  if (!globalThis.gc) throw new Error('The process needs --expose-gc.')
  let least = Number.POSITIVE_INFINITY
  for (let collection = 0, inVain = 0; collection < COLLECTIONS && inVain < IN_VAIN; collection++) {
    await turn()
    globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    inVain = least - (heapUsed + external) < NOTHING ? inVain + 1 : 0
    least = Math.min(least, heapUsed + external)
  }
  return least
}

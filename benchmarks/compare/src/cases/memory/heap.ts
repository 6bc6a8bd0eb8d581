// How much memory is in use, when all that can be collected has been.
import { setImmediate as turn } from 'node:timers/promises'

/** Collections until weak references and finalizers have let go of what they held. */
const COLLECTIONS = 4

/**
 * Bytes of the heap, and of buffers that hang on it.
 *
 * @throws Error in a process without `--expose-gc`
 */
export async function bytesInUse(): Promise<number> {
  if (!globalThis.gc) throw new Error('The process needs --expose-gc.')
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    await turn()
    globalThis.gc()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

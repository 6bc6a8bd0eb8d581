// How long a call into a thread may take.

/** A little less than whoever waits outside does, so that the thread is told to be what took too long. */
export function innerMs(boundMs: number): number {
  return Math.max(1, Math.round(boundMs - Math.min(50, boundMs / 10)))
}

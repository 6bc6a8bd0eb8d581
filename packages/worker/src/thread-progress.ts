// Which calls a thread has begun, in memory that its host can read though the thread blocks.

/** What the host and one thread share. */
export type ThreadProgress = Int32Array

const AT = 0
const LAST = 1

export function threadProgress(): ThreadProgress {
  return new Int32Array(new SharedArrayBuffer(8))
}

/** The thread's: it begins a call. Calls are numbered as they are made. */
export function begin(progress: ThreadProgress, id: number): void {
  Atomics.store(progress, LAST, id)
  Atomics.store(progress, AT, id)
}

/** The thread's: what the call does at once is done. */
export function leave(progress: ThreadProgress): void {
  Atomics.store(progress, AT, 0)
}

/**
 * The host's: whether a call may be what a thread is at that answers nothing. Where it is at none of which that is known, it is at what one of them does
 * later, or at something of its own.
 */
export function mayBeAt(progress: ThreadProgress, id: number): boolean {
  const at = Atomics.load(progress, AT)
  return at === 0 ? ((id - Atomics.load(progress, LAST)) | 0) <= 0 : at === (id | 0)
}

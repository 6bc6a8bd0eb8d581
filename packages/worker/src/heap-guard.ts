// The host's side of a heap limit. Node's own ends the whole process, not the thread, where one allocation does not fit any more: that of a map
// or a list that doubles. So there is room for such a one, and whoever is in it is ended before that is used up.
import { Worker } from 'node:worker_threads'

/** How often a thread that works is looked at, in milliseconds. */
const LOOK_MS = 50
/** Which share of the time it was at work, for one that may be filling its heap. */
const BUSY = 0.2
const MB = 1_048_576

/** There since Node 22.16 and 24. It is answered by a thread that blocks, too. */
type MeasuredWorker = Worker & { getHeapStatistics?(): Promise<{ readonly used_heap_size: number }> }

/** Whether a thread that blocks can be asked how much it has. */
const CAN_ASK = 'getHeapStatistics' in Worker.prototype

/** What Node is told, in megabytes: more where somebody looks. */
export function roomMbOf(heapMb: number): number {
  return CAN_ASK ? 4 * heapMb + 256 : 2 * heapMb + 128
}

/**
 * Looks at a thread while it works.
 *
 * @param full called where it has used up its room, again and again until that is undone
 * @returns what ends it
 */
export function guardHeap(worker: MeasuredWorker, heapMb: number, full: () => void): () => void {
  if (!CAN_ASK) return () => {}
  // With all in use that may be, V8 lets garbage grow until half of what is left is full before it collects that.
  const mostBytes = ((heapMb + roomMbOf(heapMb)) / 2) * MB
  let isLooking = false
  let last = worker.performance.eventLoopUtilization()
  const look = async () => {
    const { utilization } = worker.performance.eventLoopUtilization(last)
    last = worker.performance.eventLoopUtilization()
    if (isLooking || utilization < BUSY) return
    isLooking = true
    try {
      const usage = await worker.getHeapStatistics?.()
      if (usage !== undefined && usage.used_heap_size > mostBytes) full()
    } catch {
      // It has ended meanwhile.
    }
    isLooking = false
  }
  const timer = setInterval(look, LOOK_MS).unref()
  return () => clearInterval(timer)
}

// Asks how long the event loop stood still, once for all hosts of the process: a histogram and a timer a host would cost
// more than a thousandth of its start, and the timer would keep a host alive that was dropped without a stop.
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

/** How often Node looks how late it is, in milliseconds. It does so by itself, without running any code here. */
const SAMPLE_MS = 20

/** How often this asks for the longest, in milliseconds. */
const ASK_MS = 500

/** Is told how long the loop stood still at most since it was told before. */
export interface StallListener {
  stalled(stalledMs: number, nowMs: number): void
}

// Weakly, so that nothing here keeps a host alive.
const listeners = new Map<WeakRef<StallListener>, { isNew: boolean }>()
let delays: IntervalHistogram | undefined
let timer: NodeJS.Timeout | undefined

/** Has somebody told until the undo, or until nobody else knows them. Keeps no process alive. */
export function tellStalls(listener: StallListener): () => void {
  const weak = new WeakRef(listener)
  listeners.set(weak, { isNew: true })
  if (!timer) {
    delays = monitorEventLoopDelay({ resolution: SAMPLE_MS })
    delays.enable()
    timer = setInterval(ask, ASK_MS).unref()
  }
  return () => {
    listeners.delete(weak)
    restIfUnheard()
  }
}

function ask(): void {
  const nowMs = performance.now()
  const stalledMs = (delays?.max ?? 0) / 1e6 - SAMPLE_MS
  delays?.reset()
  for (const [weak, state] of listeners) {
    const listener = weak.deref()
    // What was before it listened is not its own, unless it listens alone.
    if (!listener) listeners.delete(weak)
    else listener.stalled(state.isNew && listeners.size > 1 ? 0 : stalledMs, nowMs)
    state.isNew = false
  }
  restIfUnheard()
}

function restIfUnheard(): void {
  if (listeners.size > 0) return
  clearInterval(timer)
  timer = undefined
  delays?.disable()
  delays = undefined
}

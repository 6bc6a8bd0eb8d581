// The thread's side of its heap limit: after each collection it is known how much is in use, and not just not collected yet.
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'

/** @param full called after a collection that left more than so much in use */
export function watchHeap(heapMb: number, full: () => void): void {
  const mostBytes = heapMb * 1_048_576
  const observer = new PerformanceObserver((list) => {
    const hasCollected = list.getEntries().some(isMajor)
    if (hasCollected && getHeapStatistics().used_heap_size > mostBytes) full()
  })
  observer.observe({ entryTypes: ['gc'] })
}

function isMajor(entry: object): boolean {
  const { detail } = entry as { readonly detail?: { readonly kind?: number } }
  return detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR
}

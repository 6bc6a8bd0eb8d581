// What keeps the process busy, and who listens to what: counted, so that a leak shows.
import type { EventEmitter } from 'node:events'

/** How long it may take until nothing is left of what has just ended. */
const SETTLE_MS = 5_000

/** How many there are of each kind. */
export type Census = ReadonlyMap<string, number>

/** @param emitters whose listeners count, by name */
export function takeCensus(emitters: Readonly<Record<string, EventEmitter>>): Census {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  for (const [name, emitter] of Object.entries(emitters)) {
    for (const event of emitter.eventNames()) counts.set(`${name} "${String(event)}"`, emitter.listenerCount(event))
  }
  return counts
}

/** Waits until a census is as `baseline`, or for some seconds; gives what is more than there, as words. */
export async function leaksSince(baseline: Census, take: () => Census): Promise<string[]> {
  const until = performance.now() + SETTLE_MS
  for (;;) {
    const leaks: string[] = []
    for (const [kind, count] of take()) {
      const more = count - (baseline.get(kind) ?? 0)
      if (more > 0) leaks.push(`${more} more of ${kind}`)
    }
    if (leaks.length === 0 || performance.now() > until) return leaks
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

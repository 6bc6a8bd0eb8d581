// Tells the log for whom a long start, reload or stop waits.
import type { Undo } from '@cf-plugins/plugin-api'
import type { LifecycleCore } from './core.ts'
import { stillDoing, type Waits, whileItLasts } from './late.ts'
import type { PluginSlot } from './plugin-slot.ts'
import type { StartGraph } from './start-graph.ts'

/** Tells while it lasts who is not ready, and on whom the others wait; to be undone when it is over. */
export function tellWhoIsLate({ host, lateMs }: LifecycleCore, what: string, waits: () => Waits): Undo {
  return whileItLasts(lateMs, (lastedMs) => {
    const now = waits()
    if (now.busy.length === 0) return
    const waiting = Object.fromEntries(now.waiting)
    host.logger.info({ busy: now.busy, waiting }, stillDoing(what, lastedMs, now))
  })
}

/** Of plugins that start, or come back, side by side. */
export function startWaits(slots: readonly PluginSlot[], graph: StartGraph): Waits {
  const busy: string[] = []
  const waiting = new Map<string, readonly string[]>()
  slots.forEach(({ name, state, serving, starting }, at) => {
    if (state === 'active' || state === 'failed') return
    const on = graph
      .needsOf(at)
      .filter((each) => each.state !== 'active')
      .map((each) => each.name)
    if (state === 'starting' || starting || (serving && on.length === 0)) busy.push(`"${name}"`)
    else if (on.length > 0 && !serving) waiting.set(name, on)
  })
  return { busy, waiting }
}

/** Of plugins whose new code is set up in a reload. @param made those that are */
export function setupWaits(
  { roster }: LifecycleCore,
  names: readonly string[],
  needs: readonly (readonly string[])[],
  made: ReadonlyMap<string, unknown>,
): Waits {
  const open = new Set(names.filter((name) => !made.has(name)))
  const busy: string[] = []
  const waiting = new Map<string, readonly string[]>()
  names.forEach((name, at) => {
    if (!open.has(name)) return
    const on = (needs[at] ?? []).filter((dependency) => open.has(dependency))
    if (roster.find(name)?.starting) busy.push(`"${name}"`)
    else if (on.length > 0) waiting.set(name, on)
  })
  return { busy, waiting }
}

/** Of plugins that are to end what they have in flight. */
export function drainWaits(slots: readonly PluginSlot[]): Waits {
  const busy = slots.flatMap(({ name, inFlight }) => (inFlight > 0 ? [`"${name}" (${inFlight} in flight)`] : []))
  return { busy, waiting: new Map() }
}

/** Of plugins that are stopped. @param running those that have not ended @param begun those of them whose turn has come */
export function stopWaits(
  running: ReadonlyMap<string, PluginSlot>,
  begun: ReadonlySet<string>,
  dependentsOf: (name: string) => readonly string[],
): Waits {
  const busy: string[] = []
  const waiting = new Map<string, readonly string[]>()
  for (const [name, { inFlight }] of running) {
    if (begun.has(name)) busy.push(inFlight > 0 ? `"${name}" (${inFlight} in flight)` : `"${name}"`)
    else
      waiting.set(
        name,
        dependentsOf(name).filter((other) => other !== name && running.has(other)),
      )
  }
  return { busy, waiting }
}

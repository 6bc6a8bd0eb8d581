// Tells the log, once, whom a long start waits for.
import type { LifecycleCore } from './core.ts'
import type { PluginSlot } from './plugin-slot.ts'

/** After how long, in milliseconds. */
const LATE_MS = 2000

/** Arms the telling; to be cleared when the start is over. Keeps no process alive. */
export function tellWhoIsLate(
  { roster, host }: LifecycleCore,
  slots: readonly PluginSlot[],
  needs: readonly (readonly string[])[],
): NodeJS.Timeout {
  const tell = () => {
    const starting = slots.filter(({ state }) => state === 'starting').map(({ name }) => name)
    const waiting = new Map<string, readonly string[]>()
    slots.forEach(({ name, state, serving }, at) => {
      if (state === 'active' || state === 'starting' || state === 'failed' || serving) return
      const on = (needs[at] ?? []).filter((dependency) => roster.find(dependency)?.state !== 'active')
      if (on.length > 0) waiting.set(name, on)
    })
    const list = [...waiting].map(([name, on]) => `"${name}" (for ${on.map((each) => `"${each}"`).join(', ')})`)
    const rest = list.length > 0 ? ` Waiting: ${list.join(', ')}.` : ''
    host.logger.info(
      { starting, waiting: Object.fromEntries(waiting) },
      `Still starting after ${LATE_MS / 1000} s: ${starting.map((name) => `"${name}"`).join(', ')}.${rest}`,
    )
  }
  return setTimeout(tell, LATE_MS).unref()
}

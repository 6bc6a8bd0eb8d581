// Says for what something waits that lasts.
import type { Undo } from '@cf-plugins/plugin-api'

/** The longest time between two tellings, in milliseconds. */
const LONGEST_MS = 60_000

/** The names of plugins that are waited for, and those that wait, by plugin for whom. */
export interface Waits {
  /** In words: plugins, with what they are doing. */
  readonly busy: readonly string[]
  readonly waiting: ReadonlyMap<string, readonly string[]>
}

/**
 * Calls `tell` when something has lasted for `firstMs`, and again while it lasts, each time after as long as it has lasted by then.
 * The undo ends it. Keeps no process alive.
 */
export function whileItLasts(firstMs: number, tell: (lastedMs: number) => void): Undo {
  let lastedMs = 0
  let timer: NodeJS.Timeout
  const arm = (ms: number) => {
    timer = setTimeout(() => {
      lastedMs += ms
      arm(Math.min(lastedMs, LONGEST_MS))
      tell(lastedMs)
    }, ms).unref()
  }
  arm(firstMs)
  return () => clearTimeout(timer)
}

/** `Still starting after 2 s: "db". Waiting: "api" (for "db").` */
export function stillDoing(what: string, lastedMs: number, { busy, waiting }: Waits): string {
  const list = [...waiting].map(([name, on]) => `"${name}" (for ${on.map((each) => `"${each}"`).join(', ')})`)
  const rest = list.length > 0 ? ` Waiting: ${list.join(', ')}.` : ''
  return `Still ${what} after ${shownMs(lastedMs)}: ${busy.join(', ')}.${rest}`
}

/** A time as a message shows it. */
export function shownMs(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`
}

// What runs in a thread that has a whole plugin: its code, its instance, and what the host asks of both.
import type { AskingLink, WaitingCaller } from './host-calls.ts'

/** What the thread itself brings. */
export interface PluginThreadSide {
  /** Evaluates the plugin's code: gives its entry's exports. */
  readonly load: () => Promise<object>
  readonly link: AskingLink
  readonly sync: WaitingCaller
}

/** Answers what the host asks: `InstanceOps`, and takes what it tells, `InstanceNotifications`. */
export function servePlugin(_side: PluginThreadSide): (op: string, args: unknown[]) => unknown {
  throw new Error('not there yet')
}

// What a thread begins with, and what each role makes of it.
import type { Link, Serve, WireType } from './link.ts'
import type { SyncCaller } from './sync-caller.ts'

/** What a thread is told of itself by the host. Cloneable. */
export interface ThreadFacts {
  readonly plugin: string
  readonly generation: number
  readonly host: string
  readonly callMs: number
}

/** What the code of a role has at hand. */
export interface ThreadHome extends ThreadFacts {
  readonly link: Link
  readonly sync: SyncCaller
  /** The link's, for a role to add to before it returns. */
  readonly types: WireType[]
  /** The exports of the plugin's entry file. */
  readonly code: object
}

/** `thread-plugin.ts` exports one as `servePlugin`, `thread-tasks.ts` one as `serveTasks`. The thread is ready when it returns. */
export type ThreadRole = (home: ThreadHome) => Serve | Promise<Serve>

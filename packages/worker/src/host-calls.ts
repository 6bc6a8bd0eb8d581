// How a thread's context reaches its host, with the types of each op.
import type { ContextAsyncOps, ContextNotifications, ContextSyncOps } from './context-ops.ts'
import type { Link } from './link.ts'
import type { SyncCaller } from './sync-caller.ts'

/** The ops of a context, typed. What the host's own context throws, these throw. */
export class HostCalls {
  readonly #link: Pick<Link, 'call' | 'notify' | 'flush'>
  readonly #sync: Pick<SyncCaller, 'call'>

  constructor({
    link,
    sync,
  }: { readonly link: Pick<Link, 'call' | 'notify' | 'flush'>; readonly sync: Pick<SyncCaller, 'call'> }) {
    this.#link = link
    this.#sync = sync
  }

  /** Asks, and waits. */
  ask<Op extends keyof ContextSyncOps>(
    op: Op,
    ...args: Parameters<ContextSyncOps[Op]>
  ): ReturnType<ContextSyncOps[Op]> {
    return this.#sync.call(op, args) as ReturnType<ContextSyncOps[Op]>
  }

  /** Asks, for the answer to be awaited. */
  call<Op extends keyof ContextAsyncOps>(
    op: Op,
    ...args: Parameters<ContextAsyncOps[Op]>
  ): Promise<ReturnType<ContextAsyncOps[Op]>> {
    return this.#link.call(op, args) as Promise<ReturnType<ContextAsyncOps[Op]>>
  }

  /** Tells, and does not wait. */
  tell<Op extends keyof ContextNotifications>(op: Op, ...args: Parameters<ContextNotifications[Op]>): void {
    this.#link.notify(op, args)
  }

  /** The same, at once: what comes next may end the thread. */
  tellNow<Op extends keyof ContextNotifications>(op: Op, ...args: Parameters<ContextNotifications[Op]>): void {
    this.#link.notify(op, args)
    this.#link.flush()
  }
}

// How a thread's context reaches its host, with the types of each op.
import type { ContextAsyncOps, ContextNotifications, ContextSyncOps } from './context-ops.ts'

/** The thread's end of the link, as far as it asks and tells. */
export interface AskingLink {
  call(op: string, args: readonly unknown[], options?: { signal?: AbortSignal; what?: string }): Promise<unknown>
  notify(op: string, args: readonly unknown[]): void
}

/** Asks the host, and waits while its loop answers. */
export interface WaitingCaller {
  call(op: string, args: readonly unknown[]): unknown
}

/** The ops of a context, typed. What the host's own context throws, these throw. */
export class HostCalls {
  readonly #link: AskingLink
  readonly #sync: WaitingCaller

  constructor(link: AskingLink, sync: WaitingCaller) {
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
}

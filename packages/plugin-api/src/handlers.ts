// Handlers of events and hooks, and what may be said about one when it is added.

/** `high` is 100, `normal` 50, `low` 0. Higher runs first. */
export type Priority = 'high' | 'normal' | 'low' | number

/** How often, and how soon, what failed is tried again. */
export interface RetryOptions {
  /** How often it is called at most, the first call among it. */
  readonly attempts: number
  /** How long it waits before the second attempt, in milliseconds. @default 100 */
  readonly delayMs?: number
  /** What each further wait is multiplied by. @default 2 */
  readonly factor?: number
  /** The longest wait, in milliseconds. @default 30000 */
  readonly maxDelayMs?: number
}

export interface HandlerOptions {
  /** @default 'normal' */
  readonly priority?: Priority
  /** Plugins whose handlers this one runs before, whatever the priorities. */
  readonly before?: string | readonly string[]
  /** Plugins whose handlers this one runs after, whatever the priorities. */
  readonly after?: string | readonly string[]
  /** How long a handler may take, all its attempts together, in milliseconds. @default 30000 */
  readonly timeoutMs?: number
  /** Run once, then be gone. @default false */
  readonly once?: boolean
  /** Passes the handler over where it returns anything falsy; called with the handler's own arguments. */
  readonly condition?: (...args: never[]) => unknown
  /** Tries a handler that failed again. @default none, for a handler may not be fit to run twice */
  readonly retry?: RetryOptions
  /** Its failures go to the log and to no caller. @default false */
  readonly ignoreErrors?: boolean
  /** Hooks: the next handler does not wait for this one. @default false */
  readonly parallel?: boolean
  /**
   * Runs the handler in a thread, where it may block. It must be a function that the plugin's entry file exports: a thread cannot see what a function
   * closes over. What it gets and gives is copied. @default false
   */
  readonly offload?: boolean
  /** The handler may run twice for one call: where its thread ends in mid-call, it is called once more. @default false */
  readonly idempotent?: boolean
}

/** What may be said about a handler of events. */
export interface EventOptions extends HandlerOptions {
  /** Has the handler called with several events at once: when there are `size`, or `waitMs` after the first. */
  readonly batch?:
    | {
        readonly size: number
        /** In milliseconds. */
        readonly waitMs: number
      }
    | undefined
}

/** What may be said about a handler that gets events one by one. */
export interface SingleEventOptions extends HandlerOptions {
  // Said, for without it a handler of batches that has other options too would be taken for one of these.
  readonly batch?: undefined
}

/** What a handler is told about the event that it handles. */
export interface EventContext<Payload = unknown> {
  readonly id: string
  readonly event: string
  readonly payload: Payload
  /** Milliseconds since the epoch. */
  readonly time: number
  /** The plugin that emitted, or `host`. */
  readonly source: string
  /** The event whose handler emitted this one, where that was said. */
  readonly parent: { readonly id: string; readonly event: string } | undefined
  /** Aborted when the emit is, or when its deadline is over. */
  readonly signal: AbortSignal
}

export type EventHandler<Payload = unknown> = (payload: Payload, context: EventContext<Payload>) => unknown
/** A handler of several events at once: their payloads, and what is known of each, in the order in which they happened. */
export type BatchHandler<Payload = unknown> = (
  payloads: readonly Payload[],
  contexts: readonly EventContext<Payload>[],
) => unknown
export type HookHandler<Args extends readonly unknown[] = readonly unknown[], Result = unknown> = (
  ...args: Args
) => Result

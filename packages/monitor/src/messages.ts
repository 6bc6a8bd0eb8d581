// What hosts publish, as far as this package reads it. Structural: whoever publishes the like is heard.

/** Whose message it is. */
export interface ObservedMessage {
  /** The host's id: `Lifecycle.id`. */
  readonly host: string
}

/** `cf-plugins:state`: a plugin went from one state to another. */
export interface ObservedState extends ObservedMessage {
  readonly plugin: string
  readonly from: string
  readonly to: string
  readonly error?: unknown
}

/** `tracing:cf-plugins:register:*`, `…:setup:*`, `…:teardown:*`: one object a call, published when it begins and when it ends. */
export interface ObservedHook extends ObservedMessage {
  readonly plugin: string
  readonly generation: number
  readonly error?: unknown
}

/** What of a reload's report is read. */
export interface ObservedReport {
  readonly outcome: string
  readonly members: readonly string[]
  readonly started: readonly string[]
  readonly unloaded: readonly string[]
  readonly rolledBack: readonly string[]
  readonly durationMs: number
  readonly error?: unknown
}

/** `cf-plugins:reload`: a plan before it runs, or the report afterwards. */
export type ObservedReload = ObservedMessage & ({ readonly plan: object } | { readonly report: ObservedReport })

/** `cf-plugins:handler`: a handler of an event, a hook or a step of a pipeline was called, or passed over. */
export interface ObservedHandler extends ObservedMessage {
  readonly kind: 'event' | 'hook' | 'pipeline'
  /** The event's, the hook's or the pipeline's name. */
  readonly name: string
  readonly plugin: string
  readonly generation?: number | undefined
  /** How long it kept the event loop before it returned, in milliseconds. */
  readonly syncMs: number
  /** How long it took to end, in milliseconds. */
  readonly durationMs: number
  readonly outcome: 'ok' | 'failed' | 'timeout' | 'skipped'
  readonly error?: unknown
  readonly eventId?: string | undefined
}

/** `cf-plugins:blocked`: code of a plugin kept the event loop for too long, until it returned or first waited. */
export interface ObservedBlock extends ObservedMessage {
  readonly plugin: string
  /** Without what others did that it called, in milliseconds. */
  readonly blockedMs: number
}

/** `cf-plugins:worker`: what became of a thread, or of a call of a handler in one. */
export interface ObservedThread extends ObservedMessage {
  readonly plugin: string
  readonly generation: number
  /** `ended` as it was asked to; `terminated` because it blocked past a deadline; `crashed` by itself. */
  readonly kind: 'started' | 'ended' | 'terminated' | 'crashed' | 'queue-full' | 'call'
  /** Whether the whole plugin runs in it, or handlers with `offload`. */
  readonly role: 'plugin' | 'offload'
  readonly threadId: number
  /** Of a start, how long it took; of a call, from when it was asked until it was answered; in milliseconds. */
  readonly durationMs?: number
  /** Of a call: how long it waited for a thread, in milliseconds. */
  readonly waitedMs?: number
  readonly error?: unknown
}

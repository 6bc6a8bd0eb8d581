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

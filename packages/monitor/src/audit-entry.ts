// What an audit trail keeps of each thing that happened.

/** What happened, and when. Texts are as they were reported, without secrets. */
export interface AuditEntry {
  /** ISO 8601. */
  readonly time: string
  /** The host's id. */
  readonly host: string
  /** The process. */
  readonly pid: number
  /** Counts the entries of this trail, from 1: a gap is an entry that was lost. */
  readonly seq: number
  /** `transition`, `reload`, `access`, `config.change`, `handler.switch-off`, `resource.create`, `stray-error`, `thread.terminated`, ... */
  readonly action: string
  readonly outcome: 'done' | 'denied' | 'failed'
  /** Whose doing, or whose state, it was; nothing where it was the host's. */
  readonly plugin?: string
  /** For whom the plugin did it: the user who asked, as the plugin knows them. */
  readonly by?: string
  /** Several, where it was about several. */
  readonly plugins?: readonly string[]
  /** What it was done to. */
  readonly subject?: string
  /** Of a transition: from which state, to which. */
  readonly from?: string
  readonly to?: string
  /** How it ended in words of its own, as a reload has them: `committed`, `rolled-back`, ... */
  readonly result?: string
  readonly durationMs?: number
  /** Why, or what went wrong. */
  readonly reason?: string
  /** The error's code, where it has one. */
  readonly code?: string
}

/** An entry before its trail has given it time and place. */
export type AuditRecord = Omit<AuditEntry, 'time' | 'host' | 'pid' | 'seq'> & { readonly host?: string }

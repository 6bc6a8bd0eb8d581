// What the processes of the load say to each other: requests with a number, which are answered, and what is told without being asked.
import type { EditTraffic, Failure, Totals } from './judge.ts'
import type { Fact } from './ledger.ts'

/** To the process that asks for answers. */
export type CannonRequest =
  | { readonly ask: 'start'; readonly address: string; readonly password: string; readonly connections: number }
  | { readonly ask: 'fact'; readonly fact: Fact }
  | { readonly ask: 'phase'; readonly phase: 'withEdits' | 'without' | undefined }
  /** Answered when there were so many more answers. */
  | { readonly ask: 'answers'; readonly count: number }
  | { readonly ask: 'stop' }

export interface CannonAnswers {
  readonly start: null
  /** Of an edit that ended. */
  readonly fact: EditTraffic | null
  readonly phase: null
  readonly answers: null
  readonly stop: Totals
}

/** Told by it. */
export type CannonNews = { readonly news: 'failure'; readonly failure: Failure }

/** To the server's process. */
export type ServerRequest = { readonly ask: 'memory' } | { readonly ask: 'explain' } | { readonly ask: 'stop' }

/** Of all plugins: how often one was made, and what of that is still in memory. */
export interface GenerationCount {
  readonly made: number
  readonly alive: number
}

export interface ServerAnswers {
  /** Bytes after a collection. */
  readonly memory: { readonly heap: number; readonly rss: number; readonly generations: GenerationCount }
  /** Of each plugin that is not active, why. */
  readonly explain: readonly string[]
  readonly stop: { readonly hung: readonly string[] }
}

/** How a reload ended, in the words of its report. */
export interface Reloaded {
  readonly outcome: string
  readonly members: readonly string[]
  readonly started: readonly string[]
  /** Files that changed, as they are now; with the hash of their bytes. */
  readonly changes: readonly { readonly file: string; readonly hash: string | undefined }[]
  readonly error: string | undefined
  /** When it was over, by `clock.ts`. */
  readonly at: number
}

export interface Reconfigured {
  readonly outcome: string
  readonly plugins: readonly string[]
  readonly error: string | undefined
  readonly at: number
}

export type ServerNews =
  | { readonly news: 'up'; readonly address: string; readonly failed: readonly string[]; readonly kind: string }
  | { readonly news: 'reloaded'; readonly reloaded: Reloaded }
  | { readonly news: 'reconfigured'; readonly reconfigured: Reconfigured }

/** A request on its way, and what comes back. */
export interface Numbered<Request> {
  readonly number: number
  readonly request: Request
}

export type Reply =
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly error: string }

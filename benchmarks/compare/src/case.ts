// What a case of the comparison is: the same work, done by each of its contenders in a process of its own.
import type { Goal } from '@cf-plugins/bench-harness'

/** The same work, done in several ways. */
export interface Case {
  /** Group and name: `graph/order-1k`. */
  readonly id: string
  /** `build, order and batches of 1,000 nodes, from names` */
  readonly title: string
  readonly unit: Unit
  /** Name of our main contender. */
  readonly ours: string
  /** Further contenders of ours. */
  readonly alsoOurs?: readonly string[]
  /** Name of the hand-written floor. */
  readonly floor?: string
  /** Contenders that do less than the work: they stand in the table, and are never the best peer. */
  readonly doLess?: readonly string[]
  /** By name; all that are neither ours nor the floor, nor do less, are peers. */
  readonly contenders: Readonly<Record<string, Contender>>
  /** Ratios of medians that must hold. `against` may be {@link BEST_PEER}. */
  readonly goals?: readonly Goal[]
  /** Samples a contender, fewer where they would take longer than `budgetMs`, at least 5. @default 30 */
  readonly rounds?: number
  /** How long all rounds of one try should take, in milliseconds. @default 4000 */
  readonly budgetMs?: number
  /** How long a contender may take to be ready, and for one sample, in milliseconds. @default 60000 */
  readonly timeoutMs?: number
  /** Left out by `--goals --quick`, as the gate in CI runs it: judged in a whole run only. */
  readonly isLong?: boolean
  /** What the reader must know: who doesn't do what, in one sentence. */
  readonly note?: string
}

/** What the samples of a case are told in; times are measured in nanoseconds. */
export type Unit = 'ns' | 'us' | 'ms' | 'bytes'

/** As the `against` of a goal: the peer with the smallest median. */
export const BEST_PEER = 'best peer'

/** One way to do the work of a case. */
export interface Contender {
  /** Called once, in the contender's own process. Imports its library lazily: `const { Graph } = await import('@dagrejs/graphlib')`. */
  readonly prepare: () => Prepared | Promise<Prepared>
  /** A new process for each sample, whose first call alone is timed. */
  readonly cold?: boolean
  /** Options of the process, in front of its program: `['--expose-gc']`. */
  readonly nodeOptions?: readonly string[]
  /** A failure that is an outcome, not a defect of the comparison: its row says `as`. */
  readonly fails?: { readonly matching: RegExp; readonly as: string }
}

/** A contender that is ready to work. */
export type Prepared = {
  /** Releases what the process's end does not: files, other processes. They have the process's group, which is killed in the end. */
  readonly end?: () => unknown
} & (
  | {
      /** The work. What it returns is awaited where it is a thenable. */
      readonly run: () => unknown
      /** Called and awaited before each sample, untimed. */
      readonly before?: () => unknown
      /** Operations in one call: times are told an operation. @default 1 */
      readonly perCall?: number
      /** Given what the first call came to; throws where the work was not done. */
      readonly check?: (result: unknown) => unknown
    }
  /** Measures by itself: nanoseconds (or bytes) an operation. */
  | { readonly sample: () => number | Promise<number> }
)

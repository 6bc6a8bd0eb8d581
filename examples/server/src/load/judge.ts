// Judges every answer, and counts: in all, with edits and without, and for each edit.
import { now } from './clock.ts'
import { Latencies, type LatencyFigures } from './latencies.ts'
import { type Fact, Ledger, type Seen } from './ledger.ts'

/** What was answered while an edit was under way. */
export interface EditTraffic {
  readonly answered: number
  readonly failed: number
  /** Of the allowed kind. */
  readonly refused: number
  readonly slowestMs: number
}

/** What was counted in all. */
export interface Totals {
  readonly answered: number
  /** 503 of plugins that were disabled. */
  readonly refused: number
  readonly failed: number
  readonly statuses: Readonly<Record<string, number>>
  readonly kinds: Readonly<Record<string, number>>
  readonly withEdits: PhaseFigures
  readonly without: PhaseFigures
}

export interface PhaseFigures extends LatencyFigures {
  readonly seconds: number
}

/** A request that was answered, or was not. */
export interface Failure {
  readonly kind: string
  readonly wrong: string
  /** The edit that was under way, if any. */
  readonly edit: number | undefined
  /** Since the request was sent. */
  readonly afterMs: number
}

type PhaseName = 'withEdits' | 'without'

export class Judge {
  readonly ledger = new Ledger()
  readonly #tell: (failure: Failure) => void
  readonly #statuses: Record<string, number> = {}
  readonly #kinds: Record<string, number> = {}
  #waiting: { readonly until: number; readonly resolve: () => void } | undefined
  readonly #phases = { withEdits: new Phase(), without: new Phase() }
  #phase: PhaseName | undefined
  #edit: { number: number; answered: number; failed: number; refused: number; slowestMs: number } | undefined
  #isOver = false
  #answered = 0
  #failed = 0
  #refused = 0

  constructor(tell: (failure: Failure) => void) {
    this.#tell = tell
  }

  /** From now on answers are of that phase; `undefined`: of none, and only judged. */
  enter(phase: PhaseName | undefined): void {
    if (this.#phase) this.#phases[this.#phase].leave()
    this.#phase = phase
    if (phase) this.#phases[phase].enter()
  }

  /** Takes a fact; where an edit ends, gives what was answered meanwhile. */
  take(fact: Fact): EditTraffic | undefined {
    this.ledger.take(fact)
    if (fact.fact === 'begin') this.#edit = { number: fact.edit, answered: 0, failed: 0, refused: 0, slowestMs: 0 }
    if (fact.fact !== 'end') return undefined
    const edit = this.#edit
    this.#edit = undefined
    return edit
  }

  /** `wrong`: what the asker found wrong with it. */
  answered(kind: string, seen: Seen, wrong: string | undefined): void {
    const ms = now() - seen.sentAt
    this.#answered++
    if (this.#waiting && this.#answered >= this.#waiting.until) this.#waiting.resolve()
    this.#statuses[seen.status] = (this.#statuses[seen.status] ?? 0) + 1
    this.#kinds[kind] = (this.#kinds[kind] ?? 0) + 1
    if (this.#phase) this.#phases[this.#phase].latencies.add(ms)
    if (this.#edit) {
      this.#edit.answered++
      this.#edit.slowestMs = Math.max(this.#edit.slowestMs, ms)
    }
    const verdict = this.ledger.judge(seen) ?? (seen.status === 503 ? undefined : wrong)
    if (verdict !== undefined) this.failed(kind, seen.sentAt, verdict)
    else if (seen.status === 503) {
      this.#refused++
      if (this.#edit) this.#edit.refused++
    }
  }

  /** A request that was not answered, or not as it must be. */
  failed(kind: string, sentAt: number, wrong: string): void {
    if (this.#isOver) return
    this.#failed++
    if (this.#edit) this.#edit.failed++
    this.#tell({ kind, wrong, edit: this.#edit?.number, afterMs: now() - sentAt })
  }

  /** Resolves when so many more were answered. */
  more(count: number): Promise<void> {
    const until = this.#answered + count
    return new Promise((resolve) => {
      this.#waiting = { until, resolve }
    })
  }

  /** Nothing that comes later is counted. */
  totals(): Totals {
    this.#isOver = true
    this.enter(undefined)
    return {
      answered: this.#answered,
      refused: this.#refused,
      failed: this.#failed,
      statuses: this.#statuses,
      kinds: this.#kinds,
      withEdits: this.#phases.withEdits.figures(),
      without: this.#phases.without.figures(),
    }
  }
}

/** A time that may have pauses. */
class Phase {
  readonly latencies = new Latencies()
  #ms = 0
  #since = 0

  enter(): void {
    this.#since = now()
  }

  leave(): void {
    this.#ms += now() - this.#since
  }

  figures(): PhaseFigures {
    return { ...this.latencies.figures(), seconds: this.#ms / 1000 }
  }
}

// The gate: a goal holds where it held in one of three runs, for a machine that others use too is slow in phases.
import type { Bench } from './find-benches.ts'
import type { BenchRun } from './run-bench.ts'

/** A goal that held in no run, or a bench that could not be run. */
export interface Miss {
  readonly bench: string
  /** What was compared, and how; or why there is nothing to compare. */
  readonly what: string
}

/** What all benches came to. */
export interface GateReport {
  /** Goals that held. */
  readonly met: number
  readonly missed: readonly Miss[]
}

/** How often a bench is run at most. */
const RUNS = 3

/**
 * Runs every bench once, then those that missed a goal again, twice at most. They come again after all the others: a phase in which the machine is slow outlasts the
 * tries of one comparison.
 *
 * @param run runs one bench
 */
export async function gate(benches: readonly Bench[], run: (bench: Bench) => Promise<BenchRun>): Promise<GateReport> {
  const tallies = new Map(benches.map((bench) => [bench, new Tally(bench.name)]))
  for (let runs = 0; runs < RUNS; runs++) {
    for (const [bench, tally] of tallies) {
      if (runs === 0 || tally.missed().length > 0) tally.add(await run(bench))
    }
  }
  const all = [...tallies.values()]
  return { met: all.reduce((sum, { met }) => sum + met, 0), missed: all.flatMap((tally) => tally.missed()) }
}

/** What the runs of one bench found. */
class Tally {
  readonly #bench: string
  /** By the goal's own words: what was missed of it, or nothing where it held once. */
  readonly #goals = new Map<string, string | undefined>()
  /** Of the last run. */
  #failure: string | undefined

  constructor(bench: string) {
    this.#bench = bench
  }

  get met(): number {
    return [...this.#goals.values()].filter((missed) => missed === undefined).length
  }

  add({ recorded, failure }: BenchRun): void {
    this.#failure = failure
    for (const { title, goals } of recorded) {
      for (const { of, against, atMost, ratio, verdict } of goals) {
        const goal = `${title}: ${of} / ${against}`
        if (this.#goals.has(goal) && this.#goals.get(goal) === undefined) continue
        const missed = `${goal} = ${ratio.toPrecision(3)}, at most ${Number(atMost.toPrecision(3))}`
        this.#goals.set(goal, verdict === 'missed' ? missed : undefined)
      }
    }
  }

  missed(): Miss[] {
    const goals = [...this.#goals.values()].filter((missed) => missed !== undefined)
    const all = this.#failure === undefined ? goals : [...goals, this.#failure]
    return all.map((what) => ({ bench: this.#bench, what }))
  }
}

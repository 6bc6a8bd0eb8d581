// The gate: a goal holds where it held in one of three runs, for a machine that others use too is slow in phases.
import type { JudgedGoal } from '@cf-plugins/bench-harness'
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
  /** Goals that held, and how many of them are about growth. */
  readonly met: number
  readonly metGrowth: number
  readonly missed: readonly Miss[]
}

/** How often a bench is run at most. */
const RUNS = 3

/**
 * Runs every bench once, then those that missed a goal again, twice at most. They come again after all the others: a phase in which the machine is slow outlasts the
 * tries of one comparison.
 *
 * @param run runs one bench; given titles, those are what missed, and a bench that can may leave out all others
 */
export async function gate(
  benches: readonly Bench[],
  run: (bench: Bench, titles?: readonly string[]) => Promise<BenchRun>,
): Promise<GateReport> {
  const tallies = new Map(benches.map((bench) => [bench, new Tally(bench.name)]))
  for (let runs = 0; runs < RUNS; runs++) {
    for (const [bench, tally] of tallies) {
      if (runs === 0 || tally.missed().length > 0) tally.add(await run(bench, tally.missedTitles()))
    }
  }
  const all = [...tallies.values()]
  const met = all.flatMap((tally) => tally.met())
  return {
    met: met.length,
    metGrowth: met.filter(({ isGrowth }) => isGrowth).length,
    missed: all.flatMap((tally) => tally.missed()),
  }
}

/** What became of one goal. */
interface Found {
  readonly title: string
  readonly isGrowth: boolean
  /** What was missed of it, or nothing where it held once. */
  readonly missed: string | undefined
}

/** What the runs of one bench found. */
class Tally {
  readonly #bench: string
  /** By the goal's own words. */
  readonly #goals = new Map<string, Found>()
  /** Of the last run: contenders without figures, by what they were compared in, and how the process ended. */
  #failures: readonly { readonly title?: string; readonly what: string }[] = []

  constructor(bench: string) {
    this.#bench = bench
  }

  met(): Found[] {
    return [...this.#goals.values()].filter(({ missed }) => missed === undefined)
  }

  add({ recorded, failure }: BenchRun): void {
    const ofContenders = recorded.flatMap(({ title, failures = [] }) =>
      failures.map((failed) => ({ title, what: `${title}: ${failed}` })),
    )
    this.#failures = failure === undefined ? ofContenders : [...ofContenders, { what: failure }]
    for (const { title, kind, goals } of recorded) {
      for (const goal of goals) {
        const key = `${title}: ${goal.of} / ${goal.against}`
        const before = this.#goals.get(key)
        if (before && before.missed === undefined) continue
        const isGrowth = kind === 'growth'
        this.#goals.set(key, {
          title,
          isGrowth,
          missed: goal.verdict === 'missed' ? missOf(title, goal, isGrowth) : undefined,
        })
      }
    }
  }

  missed(): Miss[] {
    const goals = [...this.#goals.values()].flatMap(({ missed }) => (missed === undefined ? [] : [missed]))
    return [...goals, ...this.#failures.map(({ what }) => what)].map((what) => ({ bench: this.#bench, what }))
  }

  /** Of all that was missed; nothing where something was that has no title. */
  missedTitles(): readonly string[] | undefined {
    const goals = [...this.#goals.values()].filter(({ missed }) => missed !== undefined)
    const titles = [...goals, ...this.#failures].map(({ title }) => title)
    const known = titles.filter((title) => title !== undefined)
    return known.length > 0 && known.length === titles.length ? [...new Set(known)] : undefined
  }
}

function missOf(title: string, { of, against, atMost, ratio }: JudgedGoal, isGrowth: boolean): string {
  const most = `at most ${Number(atMost.toPrecision(3))}`
  // JSON has no NaN: one of the two has no median.
  const measured = typeof ratio === 'number' ? ratio.toPrecision(3) : 'not measured'
  return isGrowth
    ? `${title}: growth, ${of} cost ${measured} x what ${against} do, ${most}`
    : `${title}: ${of} / ${against} = ${measured}, ${most}`
}

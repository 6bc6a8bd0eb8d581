// How often each kind of thing happened over all runs: a model whose commands change nothing proves nothing.
import { expect } from 'vitest'

/** Counts what happens. */
export class Outcomes {
  readonly #seen = new Map<string, number>()

  note(what: string): void {
    this.#seen.set(what, this.of(what) + 1)
  }

  of(what: string): number {
    return this.#seen.get(what) ?? 0
  }

  /** Fails where something happened less often than it must. @param share of what is asked for, where fewer runs than usual were made */
  expectAtLeast(minimums: Readonly<Record<string, number>>, share: number): void {
    const rare = Object.entries(minimums).filter(([what, least]) => this.of(what) < Math.floor(least * share))
    expect(Object.fromEntries(rare.map(([what, least]) => [what, `${this.of(what)} of ${least}`]))).toEqual({})
  }

  toString(): string {
    return [...this.#seen].map(([what, times]) => `${what}: ${times}`).join('\n')
  }
}

/** How a model is run. */
export interface ModelRuns {
  readonly numRuns: number
  readonly seed: number
  /** Shrinking takes as long as many runs, and must be asked for with `CF_MODEL_SHRINK`. */
  readonly endOnFailure: boolean
  readonly includeErrorInReport: boolean
  /** How many of the usual runs are made, from 0 to 1. */
  readonly share: number
}

/** As many runs as usual, the same each time, unless `CF_MODEL_RUNS` and `CF_MODEL_SEED` ask for others. */
export function runsOf(usual: number): ModelRuns {
  const { CF_MODEL_RUNS, CF_MODEL_SEED, CF_MODEL_SHRINK } = process.env
  const numRuns = Number(CF_MODEL_RUNS ?? usual)
  const seed = Number(CF_MODEL_SEED ?? 20_260_101)
  const endOnFailure = CF_MODEL_SHRINK === undefined
  return { numRuns, seed, endOnFailure, includeErrorInReport: true, share: Math.min(1, numRuns / usual) }
}

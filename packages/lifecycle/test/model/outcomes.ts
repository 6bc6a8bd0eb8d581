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

/** How many runs a model makes, and from which seed: the same each time, unless `CF_MODEL_RUNS` and `CF_MODEL_SEED` ask for others. */
export function runsOf(usual: number): { readonly numRuns: number; readonly seed: number; readonly share: number } {
  const numRuns = Number(process.env.CF_MODEL_RUNS ?? usual)
  return { numRuns, seed: Number(process.env.CF_MODEL_SEED ?? 20_260_101), share: Math.min(1, numRuns / usual) }
}

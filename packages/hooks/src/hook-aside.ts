// What a call of a hook does not wait for in turn: handlers that are parallel, and what is parked of a parallel hook.
import type { Deadlines } from '@cf-plugins/plugin-api/host'
import { Turns } from './turns.ts'

/** A place among results that is filled later, or never. */
class Place {
  results: readonly unknown[] = []
}

/** How an aside ends: what takes its place among the results, or nothing where it failed. */
export interface Aside {
  readonly promise: PromiseLike<unknown>
  /** `Infinity` for none. */
  readonly limitMs: number
  /** What of the promise's value is among the results. */
  readonly done: (value: unknown) => readonly unknown[]
  readonly failed: (error: unknown) => void
  /** The error of one that took too long. */
  readonly late: (limitMs: number) => unknown
  readonly over: () => void
}

/** What one call waits for at its end. */
export class Asides {
  readonly #deadlines: Deadlines
  readonly #open: Promise<void>[] = []

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines
  }

  /** Waits for `aside` under its deadline. What is to stand in its place among the results. */
  add({ promise, limitMs, done, failed, late, over }: Aside): unknown {
    const place = new Place()
    this.#open.push(
      new Promise((resolve) => {
        let isOver = false
        const end = (settle: () => void) => {
          if (isOver) return
          isOver = true
          turns.stop()
          settle()
          over()
          resolve()
        }
        const turns = new Turns(this.#deadlines, () => end(() => failed(late(limitMs))))
        turns.begin(limitMs)
        promise.then(
          (value) =>
            end(() => {
              place.results = done(value)
            }),
          (error) => end(() => failed(error)),
        )
      }),
    )
    return place
  }

  async ended(): Promise<void> {
    await Promise.all(this.#open)
  }
}

/** Results with what was put aside at its place. */
export function flattened(results: readonly unknown[]): unknown[] {
  return results.flatMap((result) => (result instanceof Place ? flattened(result.results) : [result]))
}

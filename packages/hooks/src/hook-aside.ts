// What a call of a hook does not wait for in turn: handlers that are parallel, and what is parked of a parallel hook.
import type { Deadlines, Remaining, Watched } from '@cf-plugins/plugin-api/host'

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

/** What one call waits for at its end, under one deadline for all. */
export class Asides implements Watched {
  next: Watched | undefined = undefined
  previous: Watched | undefined = undefined
  readonly #deadlines: Deadlines
  readonly #open = new Set<Aside>()
  #limitMs = Number.POSITIVE_INFINITY
  /** When each was first looked at. */
  #sinceMs: Map<Aside, number> | undefined = undefined
  #resolve: (() => void) | undefined = undefined

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines
  }

  /** Waits for `aside` under its deadline. What is to stand in its place among the results. */
  add(aside: Aside): unknown {
    const place = new Place()
    if (this.#open.size === 0) this.#deadlines.watch(this, aside.limitMs)
    else if (aside.limitMs < this.#limitMs) this.#deadlines.hasten(aside.limitMs)
    this.#limitMs = Math.min(aside.limitMs, this.#limitMs)
    this.#open.add(aside)
    // Through a promise of our own, for a thenable may call both of its callbacks, or throw.
    Promise.resolve(aside.promise).then(
      (value) => {
        if (!this.#ends(aside)) return
        place.results = aside.done(value)
        this.#over(aside)
      },
      (error) => {
        if (!this.#ends(aside)) return
        aside.failed(error)
        this.#over(aside)
      },
    )
    return place
  }

  /** Settles with the last of them. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#open.size === 0) resolve()
      else this.#resolve = resolve
    })
  }

  look(nowMs: number): Remaining {
    this.#sinceMs ??= new Map()
    let least: Remaining = { limitMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY }
    for (const aside of [...this.#open]) {
      const sinceMs = this.#sinceMs.get(aside) ?? nowMs
      this.#sinceMs.set(aside, sinceMs)
      const { limitMs } = aside
      const leftMs = limitMs - (nowMs - sinceMs)
      if (leftMs > 0) {
        if (leftMs < least.leftMs) least = { limitMs: Math.min(limitMs, least.limitMs), leftMs }
      } else if (this.#ends(aside)) {
        aside.failed(aside.late(limitMs))
        this.#over(aside)
      }
    }
    return least
  }

  /** False where it has ended already. */
  #ends(aside: Aside): boolean {
    return this.#open.delete(aside)
  }

  #over(aside: Aside): void {
    aside.over()
    if (this.#open.size > 0) return
    this.#deadlines.unwatch(this)
    this.#resolve?.()
  }
}

/** Results with what was put aside at its place. */
export function flattened(results: readonly unknown[], into: unknown[] = []): unknown[] {
  for (const result of results) {
    if (result instanceof Place) flattened(result.results, into)
    else into.push(result)
  }
  return into
}

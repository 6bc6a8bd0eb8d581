// Changes of one name, one after the other: those of one process need not find out by conflict.

/** One a store. It holds what waits, and nothing once that is done. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()
  #pending = 0

  /** Tasks that have not ended. */
  get pending(): number {
    return this.#pending
  }

  /** Runs `task` when the tasks of this name that came before have ended, well or not. */
  async take<T>(name: string, task: () => Promise<T>): Promise<T> {
    this.#pending++
    const before = this.#last.get(name)
    const run = before ? before.then(task, task) : task()
    this.#last.set(name, run)
    try {
      return await run
    } finally {
      this.#pending--
      if (this.#last.get(name) === run) this.#last.delete(name)
    }
  }

  /** Resolves when there is nothing that has not ended. */
  async ended(): Promise<void> {
    while (this.#last.size > 0) await Promise.allSettled(this.#last.values())
  }
}

// Those who wait for files to come to rest.

interface Waiter {
  readonly files: Set<string>
  readonly resolve: () => void
}

/** Those of one watcher. */
export class RestWaiters {
  readonly #isAtRest: (file: string) => boolean
  readonly #waiters = new Set<Waiter>()

  constructor(isAtRest: (file: string) => boolean) {
    this.#isAtRest = isAtRest
  }

  /** Resolves once each of the files has been at rest; at once where they are. */
  add(files: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.add({ files: new Set(files), resolve })
      this.tell()
    })
  }

  /** To be called whenever a file may have come to rest. */
  tell(): void {
    for (const waiter of this.#waiters) {
      for (const file of waiter.files) if (this.#isAtRest(file)) waiter.files.delete(file)
      if (waiter.files.size > 0) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }
}

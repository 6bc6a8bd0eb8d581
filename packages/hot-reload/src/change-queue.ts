// Changes, dealt with one batch after the other; none is dropped.
import type { FileChange } from '@cf-plugins/watcher'

/**
 * Collects what changes while a batch is dealt with, and deals with it next: the last change of each file, so that
 * what ends up loaded is what was saved last.
 */
export class ChangeQueue {
  readonly #deal: (changes: readonly FileChange[]) => Promise<unknown>
  readonly #pending = new Map<string, FileChange>()
  #open = false
  #closed = false
  #turn: Promise<void> = Promise.resolve()

  /** @param deal must not reject */
  constructor(deal: (changes: readonly FileChange[]) => Promise<unknown>) {
    this.#deal = deal
  }

  /** Begins to deal with changes, with those that came before. */
  open(): void {
    this.#open = true
    this.#next()
  }

  close(): void {
    this.#closed = true
    this.#pending.clear()
  }

  add(changes: readonly FileChange[]): void {
    if (this.#closed) return
    for (const change of changes) this.#pending.set(change.file, change)
    this.#next()
  }

  /** Runs `task` in turn with the batches. */
  between<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task)
    this.#turn = result.then(
      () => {},
      () => {},
    )
    return result
  }

  async idle(): Promise<void> {
    while (this.#pending.size > 0 && this.#open && !this.#closed) await this.#turn
    await this.#turn
  }

  #next(): void {
    if (!this.#open || this.#pending.size === 0) return
    void this.between(async () => {
      const changes = [...this.#pending.values()]
      this.#pending.clear()
      if (changes.length > 0 && !this.#closed) await this.#deal(changes)
    })
  }
}

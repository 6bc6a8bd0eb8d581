// Changes, dealt with one batch after the other; none is dropped.
import type { FileChange } from '@cf-plugins/watcher'

/**
 * Collects what changes while a batch is dealt with, and deals with it next: the last change of each file, so that
 * what ends up loaded is what was saved last.
 */
export class ChangeQueue {
  readonly #deal: (changes: readonly FileChange[], isAgain: boolean) => Promise<unknown>
  readonly #pending = new Map<string, FileChange>()
  #isOpen = false
  #isClosed = false
  #turn: Promise<void> = Promise.resolve()

  /** @param deal must not reject; it is told whether the changes were dealt with in vain before */
  constructor(deal: (changes: readonly FileChange[], isAgain: boolean) => Promise<unknown>) {
    this.#deal = deal
  }

  /** Whether changes are dealt with as they come. */
  get isOpen(): boolean {
    return this.#isOpen && !this.#isClosed
  }

  /** Begins to deal with changes, with those that came before. */
  open(): void {
    this.#isOpen = true
    this.#next()
  }

  /** Drops what has not begun; resolves when what has begun is over. */
  close(): Promise<void> {
    this.#isClosed = true
    this.#pending.clear()
    return this.#turn
  }

  add(changes: readonly FileChange[]): void {
    for (const change of changes) this.#pending.set(change.file, change)
    this.#next()
  }

  /**
   * Deals once more with changes that were dealt with in vain, but for files of which something newer has come. On
   * their own: they may be in vain again, and what is new must not go down with them.
   */
  addAgain(changes: readonly FileChange[]): void {
    const left = () => changes.filter(({ file }) => !this.#pending.has(file))
    if (!this.#isOpen) this.add(left())
    else
      void this.between(async () => {
        const again = left()
        if (again.length > 0 && !this.#isClosed) await this.#deal(again, true)
      })
  }

  /** Takes over what has come and has not begun: whoever is dealing with changes deals with these too. */
  take(): FileChange[] {
    const changes = [...this.#pending.values()]
    this.#pending.clear()
    return changes
  }

  /** Forgets what has come and is dealt with already. */
  drop(isDealt: (change: FileChange) => boolean): void {
    for (const [file, change] of this.#pending) if (isDealt(change)) this.#pending.delete(file)
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

  /** Resolves when all that was added so far is dealt with. */
  async idle(): Promise<void> {
    let turn: Promise<void>
    do {
      turn = this.#turn
      await turn
      // What was dealt with in vain may have been put behind all that there was.
    } while (turn !== this.#turn || (this.#pending.size > 0 && this.#isOpen && !this.#isClosed))
  }

  #next(): void {
    if (this.#isClosed) this.#pending.clear()
    if (!this.#isOpen || this.#pending.size === 0) return
    void this.between(async () => {
      const changes = this.take()
      if (changes.length > 0) await this.#deal(changes, false)
    })
  }
}

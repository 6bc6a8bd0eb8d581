// Lets one change at a time have a part, in the order in which they asked.

import type { LockHolder } from './lock-holder.ts'

/** A turn that has not come yet. */
export interface Turn {
  /** Resolves when it has come. */
  readonly come: Promise<void>
  /** Waits no longer; where it has come already, it goes to the next. */
  giveUp(): void
}

/** A lock that is fair: who asked first has it first. */
export class FairLock {
  #holder: LockHolder | undefined
  readonly #waiting = new Map<LockHolder, () => void>()

  /** Who has it. */
  get holder(): LockHolder | undefined {
    return this.#holder
  }

  /** Takes it; gives the turn to wait for where somebody has it. */
  take(holder: LockHolder): Turn | undefined {
    if (this.#holder === undefined) {
      this.#holder = holder
      return undefined
    }
    const come = new Promise<void>((resolve) => this.#waiting.set(holder, resolve))
    const giveUp = () => {
      if (!this.#waiting.delete(holder)) this.release()
    }
    return { come, giveUp }
  }

  /** Gives it to the next. */
  release(): void {
    const [next] = this.#waiting
    this.#holder = next?.[0]
    if (!next) return
    this.#waiting.delete(next[0])
    next[1]()
  }
}

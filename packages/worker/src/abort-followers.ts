// One listener a signal, however many calls follow it: Node warns of more than ten.
import type { Undo } from '@cf-plugins/plugin-api'

/** Who follows signals, each with all that it does when they abort. */
export class AbortFollowers {
  readonly #followers = new Map<AbortSignal, Set<() => void>>()

  /** Has `aborted` called once, unless that is undone before. The signal is not aborted yet. */
  add(signal: AbortSignal, aborted: () => void): Undo {
    const known = this.#followers.get(signal)
    if (known) known.add(aborted)
    else this.#listen(signal, new Set([aborted]))
    return () => this.#remove(signal, aborted)
  }

  #listen(signal: AbortSignal, all: Set<() => void>): void {
    this.#followers.set(signal, all)
    signal.addEventListener('abort', this.#told, { once: true })
  }

  #remove(signal: AbortSignal, aborted: () => void): void {
    const all = this.#followers.get(signal)
    if (!all?.delete(aborted) || all.size > 0) return
    this.#followers.delete(signal)
    signal.removeEventListener('abort', this.#told)
  }

  readonly #told = ({ target }: Event): void => {
    const signal = target as AbortSignal
    const all = this.#followers.get(signal) ?? []
    this.#followers.delete(signal)
    for (const aborted of all) aborted()
  }
}

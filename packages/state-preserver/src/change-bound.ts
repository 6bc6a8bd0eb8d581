// How long a change of state may take, waiting included; and what else ends it.
import type { StateUpdateOptions } from '@cf-plugins/plugin-api'
import { type PartLabel, retired, updateAborted, updateTimeout } from './part-errors.ts'

const TIMEOUT_MS = 10_000
/** Node turns a longer delay into 1 ms without a word. */
const LONGEST_MS = 2_147_483_647

/** The bound of one change: its time, its signal, and the end of the generation whose change it is. */
export class ChangeBound {
  readonly #label: PartLabel
  readonly #timeoutMs: number
  readonly #signal: AbortSignal | undefined
  /** What to call when the generation ends. */
  readonly #endings: Set<() => void>
  readonly #fromMs = performance.now()

  constructor(label: PartLabel, { timeoutMs = TIMEOUT_MS, signal }: StateUpdateOptions, endings: Set<() => void>) {
    this.#label = label
    this.#timeoutMs = timeoutMs
    this.#signal = signal
    this.#endings = endings
  }

  /** @throws `CFP_STATE_ABORTED` where its signal has aborted */
  assertGoing(): void {
    if (this.#signal?.aborted) throw updateAborted(this.#label, this.#signal.reason)
  }

  /**
   * Waits for a turn, or for the change itself.
   *
   * @throws `CFP_STATE_UPDATE_TIMEOUT`, `CFP_STATE_ABORTED`, `CFP_GENERATION_RETIRED`; what comes after that is dropped
   */
  wait<T>(promise: PromiseLike<T>, isTurn: boolean): Promise<T> {
    const signal = this.#signal
    return new Promise<T>((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#endings.delete(onEnd)
        settle()
      }
      const onAbort = () => end(() => reject(updateAborted(this.#label, signal?.reason)))
      const onEnd = () => end(() => reject(retired(this.#label)))
      const onLate = () => end(() => reject(updateTimeout(this.#label, this.#timeoutMs, isTurn)))
      const leftMs = this.#fromMs + this.#timeoutMs - performance.now()
      const timer = setTimeout(onLate, Math.min(Math.max(0, leftMs), LONGEST_MS))
      // Through a promise of our own, for a thenable may call both of its callbacks, or throw.
      Promise.resolve(promise).then(
        (value) => end(() => resolve(value)),
        (error) => end(() => reject(error)),
      )
      this.#endings.add(onEnd)
      if (signal?.aborted) onAbort()
      else signal?.addEventListener('abort', onAbort)
    })
  }
}

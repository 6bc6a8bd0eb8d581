// Who may have a connection, one after the other: a fair queue that is bounded in length and in time.
import { DatabaseError } from './errors.ts'

export interface TakeOptions {
  /** Who asks, for whoever waits in vain: a place in a file, or a statement. */
  readonly label: string
  readonly timeoutMs: number
  /** How many may wait already. */
  readonly maxWaiting: number
  readonly signal?: AbortSignal | undefined
}

/** The right to one connection, until `end`. */
export interface Turn {
  readonly label: string
  /** Of `performance.now()`. */
  readonly sinceMs: number
  /** Again does nothing. */
  end(): void
}

interface Waiting {
  readonly label: string
  grant(): void
}

/** As many turns at once as there are connections. Whoever came first is served first. */
export class Turns {
  readonly size: number
  readonly #taken = new Set<Turn>()
  readonly #waiting = new Set<Waiting>()

  constructor(size: number) {
    this.size = size
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get taken(): number {
    return this.#taken.size
  }

  /** @throws `DATABASE_BUSY`; the signal's reason */
  take(options: TakeOptions): Promise<Turn> {
    const { label, signal } = options
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#taken.size < this.size && this.#waiting.size === 0) return Promise.resolve(this.#begin(label))
    if (this.#waiting.size >= options.maxWaiting) {
      return Promise.reject(this.#busy(`${this.#waiting.size} wait for a connection already`))
    }
    return this.#wait(options)
  }

  #wait({ label, timeoutMs, signal }: TakeOptions): Promise<Turn> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiting)
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const abort = () => {
        leave()
        reject(signal?.reason)
      }
      const waiting: Waiting = {
        label,
        grant: () => {
          leave()
          resolve(this.#begin(label))
        },
      }
      const timer = setTimeout(() => {
        leave()
        reject(this.#busy(`no connection was free within ${timeoutMs} ms`))
      }, timeoutMs)
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.add(waiting)
    })
  }

  #begin(label: string): Turn {
    const turn: Turn = {
      label,
      sinceMs: performance.now(),
      end: () => {
        if (!this.#taken.delete(turn)) return
        const [next] = this.#waiting
        next?.grant()
      },
    }
    this.#taken.add(turn)
    return turn
  }

  #busy(why: string): DatabaseError {
    const nowMs = performance.now()
    const holders = [...this.#taken].map(({ label, sinceMs }) => `${label} (for ${Math.round(nowMs - sinceMs)} ms)`)
    const cause = new Error(`all ${this.size} connections are taken, by: ${holders.join('; ')}`)
    return new DatabaseError('DATABASE_BUSY', `The database is busy: ${why}.`, { cause })
  }
}

// Lifecycle operations, one after the other.
import { type Logger, PluginError, type Undo } from '@cf-plugins/plugin-api'
import { atMost, within } from '@cf-plugins/plugin-api/host'
import { aborted, assertNotAborted } from './abort.ts'
import { shownMs, whileItLasts } from './late.ts'

/** How long an operation may wait for those before it, in milliseconds. */
const WAIT_MS = 120_000

/** Whom it tells for what an operation waits. */
export interface QueueLog {
  readonly host: { readonly logger: Logger }
  readonly lateMs: number
}

/** Serialises the operations of one lifecycle, in the order in which they were asked for. */
export class OperationQueue {
  readonly #log: QueueLog
  /** What was begun last, as the end of "Could not". */
  #running = ''
  /** How many there are that have not ended. */
  #open = 0
  /** Resolves when all that was asked for is over. */
  #last: Promise<void> = Promise.resolve()
  #closed = false

  constructor(log: QueueLog) {
    this.#log = log
  }

  /**
   * Runs `operation` after all that was asked for before it.
   *
   * @throws `CFP_STOPPED` after `close`, `CFP_OPERATION_TIMEOUT` where the ones before it take too long, and
   * `CFP_OPERATION_ABORTED` where the signal aborts while it waits
   */
  async run<T>(what: string, operation: () => T | PromiseLike<T>, signal?: AbortSignal): Promise<T> {
    this.assertOpen(what)
    assertNotAborted(signal)
    const before = this.#last
    let end: () => void = () => {}
    this.#last = new Promise((resolve) => {
      end = resolve
    })
    const begun = this.#open > 0 ? this.#tellWhileItWaits(what) : undefined
    this.#open++
    try {
      const late = () =>
        new PluginError(
          'CFP_OPERATION_TIMEOUT',
          `Could not ${what}: the operations before it took over ${WAIT_MS / 1000} s.`,
        )
      await within(before, { ms: WAIT_MS, signal, late, aborted })
      begun?.()
      this.assertOpen(what)
      this.#running = what
      return await operation()
    } finally {
      this.#open--
      begun?.()
      // Whoever gave up waiting leaves, and those behind it still wait for those before it.
      before.then(end)
    }
  }

  /** Refuses all that has not begun, waits for what runs, within the bound, and then runs a last operation. */
  async close<T>(operation: () => T | PromiseLike<T>, boundMs: number): Promise<T> {
    this.#closed = true
    // What still hangs at the bound must not keep the host from stopping.
    await atMost(this.#last, boundMs)
    return operation()
  }

  #tellWhileItWaits(what: string): Undo {
    const { host, lateMs } = this.#log
    return whileItLasts(lateMs, (lastedMs) => {
      const details = { operation: what, busy: this.#running }
      host.logger.info(
        details,
        `Still waiting to ${what} after ${shownMs(lastedMs)}: what was asked for before is not over (${this.#running}).`,
      )
    })
  }

  /** @throws `CFP_STOPPED` after `close` */
  assertOpen(what: string): void {
    if (!this.#closed) return
    throw new PluginError('CFP_STOPPED', `Cannot ${what}: the lifecycle has been stopped. Make a new one.`)
  }
}

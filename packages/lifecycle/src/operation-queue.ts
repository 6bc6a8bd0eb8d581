// Lifecycle operations, one after the other.
import { PluginError } from '@cf-plugins/plugin-api'
import { assertNotAborted, within } from './deadline.ts'

/** How long an operation may wait for those before it, in milliseconds. */
const WAIT_MS = 120_000

/** Serialises the operations of one lifecycle, in the order in which they were asked for. */
export class OperationQueue {
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  /**
   * Runs `operation` after all that was asked for before it.
   *
   * @throws `CFP_STOPPED` after `close`, `CFP_OPERATION_TIMEOUT` where the ones before it take too long, and
   * `CFP_OPERATION_ABORTED` where the signal aborts while it waits
   */
  async run<T>(what: string, operation: () => T | PromiseLike<T>, signal?: AbortSignal): Promise<T> {
    if (this.#closed) {
      throw new PluginError('CFP_STOPPED', `Cannot ${what}: the lifecycle has been stopped. Make a new one.`)
    }
    return this.#enqueue(what, operation, signal)
  }

  /** Runs a last operation and refuses all that is asked for afterwards. */
  close<T>(operation: () => T | PromiseLike<T>, boundMs: number): Promise<T> {
    this.#closed = true
    const before = this.#last
    const last = (async () => {
      // What still hangs at the bound must not keep the host from stopping.
      await Promise.resolve(
        within(before, { ms: boundMs, late: () => new PluginError('CFP_OPERATION_TIMEOUT', 'It took too long.') }),
      ).catch(() => {})
      return operation()
    })()
    this.#last = last.catch(() => {})
    return last
  }

  get closed(): boolean {
    return this.#closed
  }

  async #enqueue<T>(what: string, operation: () => T | PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
    const before = this.#last
    let cancelled = false
    const turn = (async () => {
      await before
      if (!cancelled) return operation()
    })()
    this.#last = turn.catch(() => {})
    try {
      assertNotAborted(signal)
      await within(before, {
        ms: WAIT_MS,
        signal,
        late: () =>
          new PluginError(
            'CFP_OPERATION_TIMEOUT',
            `Could not ${what}: the operations before it took over ${WAIT_MS / 1000} s.`,
          ),
      })
    } catch (error) {
      cancelled = true
      throw error
    }
    return turn as Promise<T>
  }
}

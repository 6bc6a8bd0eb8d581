// One operation: what it is called in errors, how long it may take, and whether anybody still waits for it.
import { messageOf, type PluginError } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'
import type { ResourceOptions } from './resource.ts'
import { ioError, type ResourcePhase, resourceError } from './resource-error.ts'

const LONGEST_MS = 2_147_483_647

export class Work {
  readonly phase: ResourcePhase
  readonly #subject: string
  readonly #ms: number
  readonly #signal: AbortSignal | undefined
  readonly #startedAt = performance.now()
  /** Others have changed the resource in the meantime, and may have again: what takes long is that, and not the disk. */
  isContended = false

  /** @throws `CFP_RESOURCE_ARGUMENT` */
  constructor(phase: ResourcePhase, name: string | undefined, options: ResourceOptions, defaultMs: number) {
    const { timeoutMs = defaultMs, signal } = options
    this.phase = phase
    this.#subject = name === undefined ? `${phase}()` : `${phase}("${name}")`
    if (!(timeoutMs > 0 && timeoutMs <= LONGEST_MS))
      throw resourceError('CFP_RESOURCE_ARGUMENT', `timeoutMs must be over 0 and at most ${LONGEST_MS}.`, { phase })
    this.#ms = timeoutMs
    this.#signal = signal
  }

  get #leftMs(): number {
    return this.#ms - (performance.now() - this.#startedAt)
  }

  /** @throws `CFP_RESOURCE_ABORTED`, `CFP_RESOURCE_TIMEOUT` where nobody waits for it any more */
  assertAwaited(): void {
    if (this.#signal?.aborted) throw this.#aborted(this.#signal.reason)
    if (this.#leftMs <= 0) throw this.#late()
  }

  /** What `task` gives, within the bound. */
  async bound<T>(task: () => Promise<T>): Promise<T> {
    this.assertAwaited()
    return within(task(), {
      ms: this.#ms,
      signal: this.#signal,
      late: () => this.#late(),
      aborted: (reason) => this.#aborted(reason),
    })
  }

  /** What the host or a plugin does for this, within what is left. */
  async callBack<T>(result: T | PromiseLike<T>): Promise<T> {
    const ms = Math.max(1, this.#leftMs)
    return within(result, { ms, signal: this.#signal, late: () => this.#late(), aborted: (why) => this.#aborted(why) })
  }

  /** An error that says what was being done. */
  failure(thrown: unknown, folder: string): unknown {
    const { syscall, path = folder } = (thrown ?? {}) as NodeJS.ErrnoException
    return typeof syscall === 'string' ? ioError(this.#subject, this.phase, path, thrown) : thrown
  }

  busy(): PluginError {
    const message = `${this.#subject} found the resource changed by others each time, for ${this.#ms} ms. Try again, or raise timeoutMs.`
    return resourceError('CFP_RESOURCE_BUSY', message, { phase: this.phase })
  }

  #late(): PluginError {
    if (this.isContended) return this.busy()
    const message = `${this.#subject} took more than ${this.#ms} ms; a change may be made yet. Raise timeoutMs, or look at the disk.`
    return resourceError('CFP_RESOURCE_TIMEOUT', message, { phase: this.phase })
  }

  #aborted(reason: unknown): PluginError {
    const message = `${this.#subject} was given up: ${messageOf(reason)}. A change that had begun may be made yet.`
    return resourceError('CFP_RESOURCE_ABORTED', message, { phase: this.phase, cause: reason })
  }
}

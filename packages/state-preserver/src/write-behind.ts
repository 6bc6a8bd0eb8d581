// Writes snapshots to a store behind the back of whoever saves: one write a plugin at a time, of the newest.
import type { StatePreservationError } from '@cf-plugins/plugin-api'
import { type WaitBound, within } from '@cf-plugins/plugin-api/host'
import type { StateSnapshot } from './state-snapshot.ts'
import type { StateStore } from './state-store.ts'
import { severalUnwritten, storeAborted, storeFailure, storeTimeout, unwrittenInTime } from './store-errors.ts'

export interface WriteBehindOptions {
  readonly store: StateStore
  /** How long after the first save a write begins. */
  readonly delayMs: number
  /** How long a write may take. */
  readonly timeoutMs: number
  /** How long after a write that failed it is tried again. */
  readonly retryMs: number
  readonly onError: (error: StatePreservationError) => void
}

/** What is to be done for a plugin. */
interface Task {
  /** `undefined`: what is kept is to be removed. */
  readonly snapshot: StateSnapshot | undefined
  /** The number of the oldest order that this one stands for. */
  readonly since: number
  /** Why it failed, where it did. */
  readonly error?: StatePreservationError
  /** Whether it is another try of what was told to have failed. */
  readonly isRetry?: boolean
}

/** A disk is not faster for more, and the threads that wait for it are the ones that load plugins. */
const AT_ONCE = 2

export class WriteBehind {
  readonly #options: WriteBehindOptions
  readonly #waiting = new Map<string, Task>()
  readonly #running = new Map<string, Task>()
  readonly #failed = new Map<string, Task>()
  readonly #idle = new Set<() => void>()
  #orders = 0
  #slots = AT_ONCE
  #timer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined

  constructor(options: WriteBehindOptions) {
    this.#options = options
  }

  /** Orders a write, or a removal where there is no snapshot, in place of an earlier order that has not begun. */
  order(name: string, snapshot: StateSnapshot | undefined): void {
    this.#enqueue(name, { snapshot, since: ++this.#orders })
    this.#timer ??= setTimeout(() => this.#begin(), this.#options.delayMs)
  }

  /** Whether the store does not have yet what was ordered last. */
  isBehind(name: string): boolean {
    return this.#waiting.has(name) || this.#running.has(name) || this.#failed.has(name)
  }

  /** Does at once what was ordered until now, also what failed before. @throws what failed */
  async flush(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const upTo = this.#orders
    for (const [name, { snapshot, since }] of this.#failed) this.#enqueue(name, { snapshot, since })
    this.#begin()
    const late = () => unwrittenInTime(this.#behind(upTo), ms)
    const aborted = () => storeAborted({ name: this.#behind(upTo).join(', '), phase: 'writeState' }, signal?.reason)
    if (signal?.aborted) throw aborted()
    await this.#until(() => this.#behind(upTo).length === 0, { ms, signal, late, aborted })
    const failed = [...this.#failed.values()].sort((one, other) => one.since - other.since)
    const errors = failed.flatMap(({ since, error }) => (error && since <= upTo ? error : []))
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : severalUnwritten(errors)
  }

  #enqueue(name: string, { snapshot, since, isRetry = false }: Task): void {
    const before = this.#waiting.get(name) ?? this.#failed.get(name)
    this.#failed.delete(name)
    this.#waiting.set(name, { snapshot, since: Math.min(since, before?.since ?? since), isRetry })
  }

  #begin(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const [name, task] of this.#waiting) {
      if (this.#slots === 0) return
      if (this.#running.has(name)) continue
      this.#waiting.delete(name)
      void this.#run(name, task)
    }
  }

  async #run(name: string, task: Task): Promise<void> {
    const { store, timeoutMs } = this.#options
    const { snapshot } = task
    const work = { name, phase: snapshot ? 'writeState' : 'removeState' } as const
    const controller = new AbortController()
    const { signal } = controller
    let late: StatePreservationError | undefined
    // It keeps its turn, for it may yet come through, and must not come after a newer one. Others need not wait for it.
    const giveUp = () => {
      late = storeTimeout(work, timeoutMs)
      this.#slots++
      controller.abort(late)
      if (!task.isRetry) this.#tell(late)
      this.#goOn()
    }
    this.#running.set(name, task)
    this.#slots--
    const timer = setTimeout(giveUp, timeoutMs)
    try {
      await (snapshot ? store.write(snapshot, { signal }) : store.remove(name, { signal }))
      this.#running.delete(name)
    } catch (thrown) {
      this.#running.delete(name)
      const error = late ?? storeFailure(work, thrown)
      if (this.#waiting.has(name))
        this.#enqueue(name, { snapshot: this.#waiting.get(name)?.snapshot, since: task.since })
      else this.#failed.set(name, { ...task, error })
      if (late === undefined && !task.isRetry) this.#tell(error)
      this.#retryLater()
    }
    clearTimeout(timer)
    if (late === undefined) this.#slots++
    this.#goOn()
  }

  /** Tries again what failed, time after time; the process does not wait for that. */
  #retryLater(): void {
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined
      for (const [name, { snapshot, since }] of this.#failed) this.#enqueue(name, { snapshot, since, isRetry: true })
      this.#begin()
    }, this.#options.retryMs).unref()
  }

  #goOn(): void {
    if (this.#timer === undefined) this.#begin()
    for (const check of this.#idle) check()
  }

  #tell(error: StatePreservationError): void {
    try {
      this.#options.onError(error)
    } catch {
      // A listener that throws must not keep the next write from happening, and flush() tells the error too.
    }
  }

  /** Plugins whose orders up to that one are neither done nor failed. */
  #behind(upTo: number): string[] {
    const names = new Set<string>()
    for (const tasks of [this.#running, this.#waiting])
      for (const [name, { since }] of tasks) if (since <= upTo) names.add(name)
    return [...names]
  }

  async #until(isDone: () => boolean, bound: WaitBound): Promise<void> {
    if (isDone()) return
    let check = () => {}
    const done = new Promise<void>((resolve) => {
      check = () => isDone() && resolve()
    })
    this.#idle.add(check)
    try {
      await within(done, bound)
    } finally {
      this.#idle.delete(check)
    }
  }
}

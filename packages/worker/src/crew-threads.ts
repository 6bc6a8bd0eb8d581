// The threads of a crew: which of them takes a task, and which have had nothing to do for long.
import type { CrewThread } from './crew-thread.ts'

/** A thread that has less to do than this, in milliseconds, is sent more before another is woken. */
const SHARE_MS = 0.25
/** Below this, in milliseconds, looking for idle threads costs more than they do. */
const LEAST_IDLE_MS = 10

export class CrewThreads {
  readonly #threads = new Set<CrewThread>()
  readonly #idleMs: number
  #timer: NodeJS.Timeout | undefined

  /** @param idleMs for how long a thread may have nothing to do before it ends, in milliseconds */
  constructor(idleMs: number) {
    this.#idleMs = idleMs
  }

  get size(): number {
    return this.#threads.size
  }

  /** How many are about to leave. */
  get leaving(): number {
    let leaving = 0
    for (const thread of this.#threads) if (thread.isLeaving) leaving++
    return leaving
  }

  /** Whether one of them works that is not `but`. */
  works(but: CrewThread): boolean {
    for (const thread of this.#threads) if (thread !== but && thread.isReady && !thread.isLeaving) return true
    return false
  }

  add(thread: CrewThread): void {
    this.#threads.add(thread)
    this.#watch()
  }

  delete(thread: CrewThread): void {
    this.#threads.delete(thread)
    if (this.#threads.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /**
   * The thread for a task that will take so long, if any takes it now. Small tasks go to one thread until it has enough to do, for waking another
   * costs more than they do.
   */
  taking(expectedMs: number): CrewThread | undefined {
    let idle: CrewThread | undefined
    let least: CrewThread | undefined
    for (const thread of this.#threads) {
      if (!thread.takes(expectedMs)) continue
      if (thread.size === 0) idle ??= thread
      else if (thread.loadMs + expectedMs <= SHARE_MS) return thread
      else if (least === undefined || thread.loadMs < least.loadMs) least = thread
    }
    return idle ?? least
  }

  /** The one that has had nothing to do for longest. */
  idle(): CrewThread | undefined {
    let longest: CrewThread | undefined
    for (const thread of this.#threads) {
      if (thread.idleSinceMs === undefined || thread.isLeaving) continue
      if (longest === undefined || thread.idleSinceMs < (longest.idleSinceMs ?? 0)) longest = thread
    }
    return longest
  }

  /** Has those end that wait for tasks. @param sinceMs and have done so since then, in milliseconds of the process's clock */
  leaveIdle(sinceMs: number = Number.POSITIVE_INFINITY): void {
    for (const thread of [...this.#threads]) {
      if (thread.idleSinceMs !== undefined && thread.idleSinceMs <= sinceMs) thread.leave()
    }
  }

  /** Each of them, also while they go. */
  all(): readonly CrewThread[] {
    return [...this.#threads]
  }

  /** One timer for all: a thread that is used often would set one as often. It is late by as much as it measures at most. */
  #watch(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined
        this.leaveIdle(performance.now() - this.#idleMs)
        if (this.#threads.size > 0) this.#watch()
      },
      Math.max(this.#idleMs, LEAST_IDLE_MS),
    ).unref()
  }
}

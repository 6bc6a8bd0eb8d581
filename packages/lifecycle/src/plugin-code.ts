// A plugin's code that is called outside of any dispatch, and what of the event loop it takes.
import type { LoopBlock, LoopWatch, Watchable, WatchedCode } from '@cf-plugins/hooks'

/** Whose code it is. */
export interface MeasuredOwner {
  readonly name: string
  readonly record: { readonly source: { readonly generation: number } }
  readonly host: { readonly loop: LoopWatch }
}

/** A task of a timer, a listener, a hook of the plugin's own: what is called for `name`. */
export class PluginCode implements Watchable {
  readonly #of: MeasuredOwner
  readonly #kind: LoopBlock['kind']
  readonly #name: string
  suspect: boolean
  /** When it returned last, by the clock that only goes forward. */
  endedMs = 0

  /** @param suspect whether handlers that are called within are looked at from the first call on, which costs them */
  constructor(owner: MeasuredOwner, kind: LoopBlock['kind'], name: string, suspect = false) {
    this.#of = owner
    this.#kind = kind
    this.#name = name
    this.suspect = suspect
  }

  get code(): WatchedCode {
    const { name: plugin, record } = this.#of
    return { plugin, generation: record.source.generation, kind: this.#kind, name: this.#name }
  }

  /** Gives what the task does, and tells where it kept the event loop for too long until it returned. */
  run<T>(task: () => T): T {
    return this.runFrom(performance.now(), task)
  }

  /**
   * The same where the clock has just been read. What a `LoopSpan` does, without an object of its own: a start calls two
   * hooks a plugin.
   */
  runFrom<T>(sinceMs: number, task: () => T): T {
    const { loop } = this.#of.host
    const { running, accountedMs, passed } = loop
    const { suspect } = this
    loop.running = this
    if (suspect) loop.needed()
    try {
      return task()
    } finally {
      const nowMs = performance.now()
      this.endedMs = nowMs
      const tookMs = nowMs - sinceMs
      const ownMs = tookMs - (loop.accountedMs - accountedMs)
      const isSure = loop.passed === passed
      loop.accountedMs = accountedMs + tookMs
      if (tookMs > loop.longestMs && isSure) loop.longestMs = tookMs
      if (suspect) loop.unneeded()
      loop.running = running
      if (ownMs > loop.blockMs) loop.blocked({ watched: this, isSure, ownMs, waited: false })
    }
  }
}

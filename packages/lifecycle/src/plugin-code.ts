// A plugin's code that is called outside of any dispatch, and what of the event loop it takes.
import { type LoopBlock, LoopSpan, type LoopWatch, type Watchable, type WatchedCode } from '@cf-plugins/hooks'

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
    const span = new LoopSpan(this.#of.host.loop, this)
    try {
      return task()
    } finally {
      span.end()
    }
  }
}

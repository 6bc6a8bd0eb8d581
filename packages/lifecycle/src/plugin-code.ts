// A plugin's code that is called outside of any dispatch, and what of the event loop it takes.
import { type LoopBlock, LoopSpan, type LoopWatch, type Watchable } from '@cf-plugins/hooks'

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

  /** Gives what the task does, and tells where it kept the event loop for too long until it returned. */
  run<T>(task: () => T): T {
    const { name: plugin, record, host } = this.#of
    const span = new LoopSpan(host.loop, this)
    try {
      return task()
    } finally {
      if (span.end()) {
        const { generation } = record.source
        host.loop.blocked(span, this, { plugin, generation, kind: this.#kind, name: this.#name })
      }
    }
  }
}

// What a plugin in a thread has added through its context, by the number under which its host calls it.
import type { Undo } from '@cf-plugins/plugin-api'
import type { InvokedPart, RegistrationId } from './context-ops.ts'
import type { ServedCall } from './link.ts'

/** What is behind something that was added. */
export interface Registered {
  run(packed: unknown, call: ServedCall): unknown
  /** A step's. */
  undo?(packed: unknown, call: ServedCall): unknown
  /** Whether it is called once at most. @default false */
  readonly isOnce?: boolean
  /** For what does more than to be called. */
  attach?(): void
  detach?(): void
  /** It is called no more. */
  forget?(): void
}

/** Everything that a plugin has added and not taken back. */
export class Registrations {
  readonly #added = new Map<RegistrationId, Registered>()
  readonly #takeBack: (id: RegistrationId) => void
  #last = 0

  /** @param takeBack has the host take it back, too */
  constructor(takeBack: (id: RegistrationId) => void) {
    this.#takeBack = takeBack
  }

  /**
   * Adds something.
   *
   * @param ask has the host add it; where that throws, nothing was added
   */
  add(what: Registered, ask: (id: RegistrationId) => void): Undo {
    const id = ++this.#last
    // Before the host knows of it, for that may call it at once.
    this.#added.set(id, what)
    try {
      ask(id)
    } catch (error) {
      this.#added.delete(id)
      throw error
    }
    let isTakenBack = false
    return () => {
      if (isTakenBack) return
      isTakenBack = true
      if (!this.#added.delete(id)) return
      // What the step did in a run that goes on may still have to be undone.
      if (what.undo) this.#added.set(id, { run() {}, undo: what.undo })
      try {
        this.#takeBack(id)
      } finally {
        what.forget?.()
      }
    }
  }

  /** Calls what is behind it. A call that was on its way when it was taken back does nothing. */
  invoke(id: RegistrationId, part: InvokedPart, packed: unknown, call: ServedCall): unknown {
    const what = this.#added.get(id)
    if (what?.isOnce) this.#added.delete(id)
    return part === 'undo' ? what?.undo?.(packed, call) : what?.run(packed, call)
  }

  get(id: RegistrationId): Registered | undefined {
    return this.#added.get(id)
  }
}

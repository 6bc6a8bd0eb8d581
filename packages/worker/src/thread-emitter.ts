// What stands on the host for an emitter that a plugin in a thread listens to.

import type { Registration } from './registrations.ts'
import type { ThreadCaller } from './thread-caller.ts'

type Hear = (token: number) => void

/** The real context listens to it, and so says when the thread is to listen to the real emitter. */
export class ThreadEmitter {
  /** Whether the thread knows of it by now, and so must be told of changes. */
  isTold = false
  readonly #of: Registration
  readonly #caller: ThreadCaller
  readonly #hearers = new Set<Hear>()

  constructor(of: Registration, caller: ThreadCaller) {
    this.#of = of
    this.#caller = caller
  }

  get isAttached(): boolean {
    return this.#hearers.size > 0
  }

  on(_event: string, hear: (...args: unknown[]) => void): void {
    this.#hearers.add(hear)
    this.#tell('attach')
  }

  off(_event: string, hear: (...args: unknown[]) => void): void {
    this.#hearers.delete(hear)
    this.#tell('detach')
  }

  /** The real one was heard. */
  readonly hear = (token: number): void => {
    for (const hear of [...this.#hearers]) hear(token)
  }

  #tell(op: 'attach' | 'detach'): void {
    if (this.isTold && this.#of.id !== undefined) this.#caller.tell(op, this.#of.id)
  }
}

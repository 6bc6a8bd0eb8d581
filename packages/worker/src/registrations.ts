// What a plugin in a thread added through its context: it stays as it is where its thread is replaced, and only the function behind it changes.
import { isDeepStrictEqual } from 'node:util'
import type { Undo } from '@cf-plugins/plugin-api'
import type { RegistrationId } from './context-ops.ts'
import type { LastingService } from './lasting-service.ts'
import type { ThreadEmitter } from './thread-emitter.ts'

/** One thing that was added. */
export interface Registration {
  /** Under which number the thread that serves knows it; nothing where that did not add it. */
  id: RegistrationId | undefined
  /** For messages: `its handler of "mail.sent"`. */
  readonly what: string
  /** Where it is a listener. */
  emitter?: ThreadEmitter
  /** Where it is an offer. */
  service?: LastingService
}

/** How something is added to the real context. */
export interface Addition {
  readonly what: string
  /** What must be the same for it to be the same again. @default nothing but what it is called */
  readonly like?: unknown
  add(registration: Registration): Undo | undefined
  /** A new thread added the same. */
  again?(registration: Registration): void
}

interface Entry {
  readonly registration: Registration
  readonly key: string
  readonly like: unknown
  readonly undo: Undo | undefined
}

/**
 * Everything that is added, by the number that the thread gave it. What a new thread adds is matched with what the one before it had: by what it
 * is called, and which of those it is.
 */
export class Registrations {
  #entries = new Map<RegistrationId, Entry>()
  /** Of the thread before, until the new one has added it again. */
  #before = new Map<string, Entry>()
  #counts = new Map<string, number>()

  /** A new thread begins to add. */
  begin(): void {
    // One that failed in the middle leaves some of both.
    for (const entry of this.#entries.values()) {
      entry.registration.id = undefined
      this.#before.set(entry.key, entry)
    }
    this.#entries = new Map()
    this.#counts = new Map()
  }

  /** The new thread has added what it adds at its start: what it has not, is gone. */
  settle(): void {
    for (const { undo } of this.#before.values()) undo?.()
    this.#before.clear()
  }

  /** @throws what the real context throws */
  add(id: RegistrationId, addition: Addition): Registration {
    const { what, like } = addition
    const count = this.#counts.get(what) ?? 0
    this.#counts.set(what, count + 1)
    const key = `${what} ${count}`
    const before = this.#before.get(key)
    this.#before.delete(key)
    if (before && isDeepStrictEqual(before.like, like)) {
      before.registration.id = id
      this.#entries.set(id, before)
      addition.again?.(before.registration)
      return before.registration
    }
    before?.undo?.()
    const registration: Registration = { id, what }
    this.#entries.set(id, { registration, key, like, undo: addition.add(registration) })
    return registration
  }

  get(id: RegistrationId): Registration | undefined {
    return this.#entries.get(id)?.registration
  }

  /** Takes back what was added. */
  undo(id: RegistrationId): void {
    const entry = this.#entries.get(id)
    this.forget(id)
    entry?.undo?.()
  }

  /** It is over by itself, such as a timer that ran once. */
  forget(id: RegistrationId): void {
    this.#entries.delete(id)
  }
}

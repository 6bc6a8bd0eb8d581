// What plugins listen to on other people's emitters, attached over reloads, so that nothing is missed in between.
import type { Listenable, Undo } from '@cf-plugins/plugin-api'
import type { Gate } from './gate.ts'
import { runTask } from './owned-task.ts'
import type { Passage } from './passage.ts'
import type { PluginCode } from './plugin-code.ts'

/** A handler of one generation, and where its errors go. */
export interface ListenHandler {
  readonly call: (...args: unknown[]) => unknown
  readonly onError: (error: unknown) => void
  readonly passage: Passage
  readonly code: PluginCode
}

/**
 * What one plugin listens to, whichever of its generations does. What is sent while its gate is closed waits there, and
 * then reaches the handlers of whoever serves.
 */
export class PluginListeners {
  readonly #gate: Gate
  readonly #attached = new Map<Listenable, Map<string, Attached>>()

  constructor(gate: Gate) {
    this.#gate = gate
  }

  /** Adds a handler. Its undo keeps a closed gate's listener attached, for the handlers that come next. */
  add(emitter: Listenable, event: string, handler: ListenHandler): Undo {
    let byEvent = this.#attached.get(emitter)
    if (!byEvent) {
      byEvent = new Map()
      this.#attached.set(emitter, byEvent)
    }
    let attached = byEvent.get(event)
    if (!attached) {
      attached = this.#attach(emitter, event)
      byEvent.set(event, attached)
    }
    const { handlers } = attached
    handlers.add(handler)
    attached.onError = handler.onError
    return () => {
      handlers.delete(handler)
      if (handlers.size === 0 && !this.#gate.closed) this.sweep()
    }
  }

  /** Apart from `add`, whose closures would keep the first handler's generation alive for as long as this is attached. */
  #attach(emitter: Listenable, event: string): Attached {
    return new Attached(this.#gate, emitter, event, (args) => this.#deliver(emitter, event, args))
  }

  /** To the handlers there are by then: what was kept may have been heard by a listener that is detached. */
  #deliver(emitter: Listenable, event: string, args: readonly unknown[]): void {
    this.#attached.get(emitter)?.get(event)?.deliver(args)
  }

  /** Detaches what has no handler any more: for when the gate is open again. */
  sweep(): void {
    for (const [emitter, byEvent] of this.#attached) {
      for (const [event, attached] of byEvent) {
        if (attached.handlers.size > 0) continue
        byEvent.delete(event)
        try {
          attached.detach()
        } catch (error) {
          // An emitter that fails must not keep the gates behind this one closed.
          attached.onError?.(error)
        }
      }
      if (byEvent.size === 0) this.#attached.delete(emitter)
    }
  }
}

/** The one listener of a plugin for one event of one emitter. */
class Attached {
  readonly handlers = new Set<ListenHandler>()
  /** Of the handler that came last, for what is refused while there is none. */
  onError: ListenHandler['onError'] | undefined
  readonly detach: () => void
  readonly #gate: Gate
  readonly #deliverLater: (args: readonly unknown[]) => void

  constructor(gate: Gate, emitter: Listenable, event: string, deliverLater: (args: readonly unknown[]) => void) {
    this.#gate = gate
    this.#deliverLater = deliverLater
    this.detach = attach(emitter, event, (...args) => this.#hear(args))
  }

  #hear(args: readonly unknown[]): void {
    if (!this.#gate.closed) {
      this.deliver(args)
      return
    }
    const deliverLater = this.#deliverLater
    const refused = (error: unknown) => this.onError?.(error)
    try {
      this.#gate.park(() => deliverLater(args), 'publish').catch(refused)
    } catch (error) {
      refused(error)
    }
  }

  deliver(args: readonly unknown[]): void {
    for (const handler of [...this.handlers]) runTask(() => handler.call(...args), handler)
  }
}

/** Listens, whatever the emitter's way to be listened to is. */
export function attach(emitter: Listenable, event: string, hear: (...args: unknown[]) => void): Undo {
  if (emitter instanceof EventTarget) {
    emitter.addEventListener(event, hear)
    return () => emitter.removeEventListener(event, hear)
  }
  emitter.on(event, hear)
  return () => void emitter.off(event, hear)
}

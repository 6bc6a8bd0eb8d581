// What is sent to a plugin before it is active, by what it had the host open: kept in order until the commit.
import { Stream } from 'node:stream'
import { type Listenable, PluginError, type Undo } from '@cf-plugins/plugin-api'
import type { Gate } from './gate.ts'
import { attach, type ListenHandler } from './listener.ts'
import { runTask } from './owned-task.ts'

/** How many may wait. */
const EARLY_MAX = 1000

interface Early {
  readonly handler: ListenHandler
  readonly args: readonly unknown[]
}

/**
 * Listens for one generation while it starts. A server that it opened is reachable before it is active, and who sends
 * something in between waits for the commit, as everybody waits who sends something in a reload. Where there is no
 * commit, streams among what was sent are destroyed, so that nobody waits for an answer that never comes.
 */
export class EarlyEvents {
  readonly #plugin: string
  readonly #gate: Gate
  readonly #attached = new Set<Undo>()
  #kept: Early[] = []
  #isOver = false

  constructor(plugin: string, gate: Gate) {
    this.#plugin = plugin
    this.#gate = gate
  }

  /** Keeps what comes until `deliver` or `drop`; the undo only stops listening. */
  listen(emitter: Listenable, event: string, handler: ListenHandler): Undo {
    const detach = attach(emitter, event, (...args) => this.#hear({ handler, args }))
    this.#attached.add(detach)
    return () => {
      this.#attached.delete(detach)
      detach()
    }
  }

  /** After the commit: to the handlers, or behind what waits at the closed gate. */
  deliver(): void {
    for (const { handler, args } of this.#kept.splice(0)) passOrPark(this.#gate, handler, args)
  }

  /** Cuts what was kept for a handler that was taken back. */
  forget(handler: ListenHandler): void {
    const isIts = (early: Early) => early.handler === handler
    for (const { args } of this.#kept.filter(isIts)) cut(args)
    this.#kept = this.#kept.filter((early) => !isIts(early))
  }

  /** Where the generation does not become active. What still comes is cut as well, until `detach`. */
  drop(): void {
    this.#isOver = true
    const dropped = this.#kept.splice(0)
    for (const { args } of dropped) cut(args)
    const [first] = dropped
    first?.handler.onError(undelivered(this.#plugin, dropped.length))
  }

  detach(): void {
    for (const detach of this.#attached) detach()
    this.#attached.clear()
  }

  #hear(early: Early): void {
    if (!this.#isOver && this.#kept.length < EARLY_MAX) {
      this.#kept.push(early)
      return
    }
    cut(early.args)
    if (!this.#isOver) early.handler.onError(busy(this.#plugin))
  }
}

/** Calls a handler, or lets that wait at a closed gate. Never throws. */
function passOrPark(gate: Gate, handler: ListenHandler, args: readonly unknown[]): void {
  const pass = () => runTask(() => handler.call(...args), handler)
  try {
    if (gate.closed) gate.park(pass, 'publish').catch(handler.onError)
    else pass()
  } catch (error) {
    handler.onError(error)
  }
}

function cut(args: readonly unknown[]): void {
  for (const arg of args) {
    try {
      if (arg instanceof Stream && 'destroy' in arg) (arg as Stream & Destroyable).destroy()
    } catch {
      // It is gone, or not ours to know.
    }
  }
}

interface Destroyable {
  destroy(): unknown
}

function undelivered(plugin: string, count: number): PluginError {
  const events = count === 1 ? 'an event' : `${count} events`
  const message = `Plugin "${plugin}" did not become active while ${events} waited for it: not delivered, and connections closed.`
  return new PluginError('CFP_EVENTS_UNDELIVERED', message, { plugin })
}

function busy(plugin: string): PluginError {
  const message = `Plugin "${plugin}" is not active yet and ${EARLY_MAX} events wait for it already. Open what sends them later.`
  return new PluginError('CFP_PLUGIN_BUSY', message, { plugin })
}

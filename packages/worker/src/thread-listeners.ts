// What a plugin in a thread listens to: emitters of the thread, under the rules of the host.
import type { Listenable, Undo } from '@cf-plugins/plugin-api'
import type { RegistrationId } from './context-ops.ts'
import { argumentError, type ThreadSource } from './thread-source.ts'

/** How many events of one listener may wait for the host's word. */
const WAITING_MAX = 100_000

/**
 * `context.listen`: the host decides when it listens, and when each handler may be called, as it does inline; what was heard stays here
 * meanwhile, for arguments of events are of all kinds.
 */
export function threadListen(of: ThreadSource) {
  return (emitter: Listenable, event: string, handler: (...args: never[]) => unknown): Undo => {
    if (typeof handler !== 'function') throw argumentError(of, 'listen', 'a function as its handler')
    const listener = new Listener(of, emitter, event, handler as (...args: unknown[]) => unknown)
    const undo = of.add(listener, (id) => {
      listener.id = id
      if (of.host.ask('listen', id, event)) listener.attachOrTakeBack()
    })
    return undo
  }
}

class Listener {
  id: RegistrationId = 0
  readonly #of: ThreadSource
  readonly #emitter: Listenable
  readonly #event: string
  readonly #handler: (...args: unknown[]) => unknown
  /** What was heard, by token, until the host has its say. */
  readonly #heard = new Map<number, readonly unknown[]>()
  #last = 0
  #isAttached = false
  #hasDropped = false

  constructor(of: ThreadSource, emitter: Listenable, event: string, handler: (...args: unknown[]) => unknown) {
    this.#of = of
    this.#emitter = emitter
    this.#event = event
    this.#handler = handler
  }

  run(packed: unknown): unknown {
    const [token] = packed as readonly [number]
    const args = this.#heard.get(token)
    this.#heard.delete(token)
    return args && this.#handler(...args)
  }

  attach(): void {
    if (this.#isAttached) return
    this.#isAttached = true
    const emitter = this.#emitter
    if (emitter instanceof EventTarget) emitter.addEventListener(this.#event, this.#hear)
    else emitter.on(this.#event, this.#hear)
  }

  /** For an emitter that is none: its author hears it, and nothing was added. */
  attachOrTakeBack(): void {
    try {
      this.attach()
    } catch (error) {
      this.#of.host.ask('undo', this.id)
      throw error
    }
  }

  detach(): void {
    if (!this.#isAttached) return
    this.#isAttached = false
    const emitter = this.#emitter
    if (emitter instanceof EventTarget) emitter.removeEventListener(this.#event, this.#hear)
    else emitter.off(this.#event, this.#hear)
    // Where the host lets it listen no more, it has had its say about all that was heard.
    this.#heard.clear()
  }

  forget(): void {
    this.detach()
  }

  readonly #hear = (...args: unknown[]): void => {
    if (this.#heard.size === WAITING_MAX) this.#drop()
    const token = ++this.#last
    this.#heard.set(token, args)
    this.#of.host.tell('heard', this.id, token)
  }

  /** Those that the host refused, for its plugin is busy, it says no word of. */
  #drop(): void {
    if (!this.#hasDropped) {
      const what = `does not get to events that its listener of "${this.#event}" heard: ${WAITING_MAX} wait, and the oldest are dropped.`
      this.#of.logger.error(`Plugin "${this.#of.name}" ${what}`)
    }
    this.#hasDropped = true
    this.#heard.delete(this.#heard.keys().next().value as number)
  }
}

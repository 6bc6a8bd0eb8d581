// What plugins' code does once it has waited for something, for a short while: following it makes every await of the process slower.
import { createHook } from 'node:async_hooks'
import { LoopSpan, type LoopWatch, type Watchable, type WatchedCode } from '@cf-plugins/hooks'

/** How much may be followed at once. */
const FOLLOWED_MAX = 100_000

/** Follows code of plugins that is looked at over what it waits for, from `start` until it is disposed of. */
export class AwaitedCode implements Disposable {
  readonly #loop: LoopWatch
  /** Who began what, by its number in Node. */
  readonly #owners = new Map<number, Followed>()
  readonly #followed = new WeakMap<Watchable, Followed>()
  readonly #spans: (LoopSpan | undefined)[] = []
  readonly #hook = createHook({
    init: (id) => {
      const { running } = this.#loop
      if (running && this.#owners.size < FOLLOWED_MAX) this.#owners.set(id, this.#followedOf(running))
    },
    before: (id) => {
      const owner = this.#owners.get(id)
      this.#spans.push(owner && new LoopSpan(this.#loop, owner, true))
    },
    after: () => this.#spans.pop()?.end(),
  })

  constructor(loop: LoopWatch) {
    this.#loop = loop
  }

  start(): void {
    this.#hook.enable()
  }

  [Symbol.dispose](): void {
    this.#hook.disable()
    this.#owners.clear()
    this.#spans.length = 0
  }

  #followedOf(running: Watchable): Followed {
    if (running instanceof Followed) return running
    const known = this.#followed.get(running) ?? new Followed(running.code)
    this.#followed.set(running, known)
    return known
  }
}

/** Whose code it is, keeping none of it alive: what it has begun may never end. */
class Followed implements Watchable {
  suspect = false
  readonly #code: WatchedCode
  readonly #handler: WeakRef<object> | undefined

  constructor({ handler, ...code }: WatchedCode) {
    this.#code = code
    this.#handler = typeof handler === 'function' ? new WeakRef(handler) : undefined
  }

  get code(): WatchedCode {
    return { ...this.#code, handler: this.#handler?.deref() }
  }
}

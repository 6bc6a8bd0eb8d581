// Lets a long piece of synchronous work give way to the event loop, at a price near nothing.

/** How long the event loop may be held up at a stretch. */
const STRETCH_MS = 8

export class Pacer {
  #since = 0
  #turn: Promise<void> | undefined

  /** Resolves at once, or a turn of the event loop later if this stretch of work has lasted long enough. */
  breathe(): Promise<void> | undefined {
    const now = performance.now()
    if (this.#turn) return this.#turn
    if (this.#since === 0) this.#since = now
    if (now - this.#since < STRETCH_MS) return undefined
    this.#turn = new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined
        this.#since = performance.now()
        resolve()
      })
    })
    return this.#turn
  }
}

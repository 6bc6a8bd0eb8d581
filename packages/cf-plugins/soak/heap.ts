// How much a reload leaves in memory: the slope through what is in use after collections.
import { setImmediate as turn } from 'node:timers/promises'

/** The share of the checkpoints in which caches fill and code is optimised. */
const WARM_UP = 0.3

export class Heap {
  readonly #points: { readonly reloads: number; readonly bytes: number }[] = []

  /** Collects all that can be collected. Finalizers have run then. */
  async collect(): Promise<number> {
    if (!globalThis.gc) throw new Error('Run it with node --expose-gc.')
    let bytes = Number.POSITIVE_INFINITY
    // What a finalizer lets go of goes with the next collection.
    for (let left = 6; left > 0; left--) {
      globalThis.gc()
      await turn()
      await turn()
      bytes = Math.min(bytes, process.memoryUsage().heapUsed)
    }
    return bytes
  }

  async check(reloads: number): Promise<number> {
    const bytes = await this.collect()
    this.#points.push({ reloads, bytes })
    return bytes
  }

  /** Bytes a reload, by least squares, without the beginning. */
  get perReload(): number {
    const points = this.#points.slice(Math.floor(this.#points.length * WARM_UP))
    const mean = (of: (point: { reloads: number; bytes: number }) => number) =>
      points.reduce((sum, point) => sum + of(point), 0) / points.length
    const reloads = mean((point) => point.reloads)
    const bytes = mean((point) => point.bytes)
    const covariance = mean((point) => (point.reloads - reloads) * (point.bytes - bytes))
    const variance = mean((point) => (point.reloads - reloads) ** 2)
    return variance === 0 ? 0 : covariance / variance
  }
}

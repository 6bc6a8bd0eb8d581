// How much a reload leaves in memory: the slope through what is in use after collections.
import { setImmediate as turn } from 'node:timers/promises'
import { getHeapCodeStatistics } from 'node:v8'

/** The share of the checkpoints in which caches fill. */
const WARM_UP = 0.3

/** What was in use after so many reloads. */
interface Point {
  readonly reloads: number
  readonly bytes: number
  /** Without what the engine has compiled: for the first thousands of reloads it is still at that. */
  readonly bytesOfData: number
}

export class Heap {
  readonly #points: Point[] = []

  /** Collects all that can be collected, and takes note of the rest; gives it, in bytes. Finalizers have run then. */
  async check(reloads: number): Promise<number> {
    if (!globalThis.gc) throw new Error('Run it with node --expose-gc.')
    let bytes = Number.POSITIVE_INFINITY
    let bytesOfData = Number.POSITIVE_INFINITY
    // What a finalizer lets go of goes with the next collection.
    for (let left = 6; left > 0; left--) {
      globalThis.gc()
      await turn()
      await turn()
      const { heapUsed } = process.memoryUsage()
      bytes = Math.min(bytes, heapUsed)
      bytesOfData = Math.min(bytesOfData, heapUsed - getHeapCodeStatistics().code_and_metadata_size)
    }
    this.#points.push({ reloads, bytes, bytesOfData })
    return bytes
  }

  /** Bytes a reload. */
  get perReload(): number {
    return slope(this.#later, ({ bytes }) => bytes)
  }

  /** The same without compiled code. */
  get dataPerReload(): number {
    return slope(this.#later, ({ bytesOfData }) => bytesOfData)
  }

  get #later(): readonly Point[] {
    return this.#points.slice(Math.floor(this.#points.length * WARM_UP))
  }
}

/** By least squares. */
function slope(points: readonly Point[], bytesOf: (point: Point) => number): number {
  const mean = (of: (point: Point) => number) => points.reduce((sum, point) => sum + of(point), 0) / points.length
  const reloads = mean((point) => point.reloads)
  const bytes = mean(bytesOf)
  const covariance = mean((point) => (point.reloads - reloads) * (bytesOf(point) - bytes))
  const variance = mean((point) => (point.reloads - reloads) ** 2)
  return variance === 0 ? 0 : covariance / variance
}

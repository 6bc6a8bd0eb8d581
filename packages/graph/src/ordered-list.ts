// A list of ids that can tell which of two comes first, in constant time, and take insertions anywhere.
import { grown } from './star.ts'

const STEP = 2 ** 20

/**
 * Order maintenance by labels (Bender, Cole, Demaine, Farach-Colton and Zito, 2002): labels ascend along the list;
 * where no label is free between two, the smallest sparse enough range around is dealt out anew.
 * Item `id` is at `id + 1`; 0 is the head, which stays first.
 */
export class OrderedList {
  /** The label of `id` is `labels[id + 1]`: whole numbers, below 2^52. */
  labels: Float64Array = new Float64Array(1)
  #before: Int32Array = new Int32Array(1)
  #after: Int32Array = new Int32Array(1)
  #size = 0

  clear(): void {
    this.#size = 0
    this.#after[0] = 0
    this.#before[0] = 0
  }

  get size(): number {
    return this.#size
  }

  /** Makes `id` the last. Ids are not looked at twice: which are in the list is for the caller to know. */
  append(id: number): void {
    const item = id + 1
    if (item >= this.#after.length) {
      this.#after = grown(this.#after, item + 1)
      this.#before = grown(this.#before, item + 1)
      const labels = new Float64Array(this.#after.length)
      labels.set(this.labels)
      this.labels = labels
    }
    this.#size++
    this.#insert(item, this.#before[0]!)
  }

  /** Moves what is in ascending order in `ids` to the place right before `id`. None of them may be before it now. */
  moveBefore(ids: Int32Array, id: number): void {
    this.#move(ids, this.#before[id + 1]!)
  }

  /** Moves what is in ascending order in `ids` to the place right after `id`. None of them may be after it now. */
  moveAfter(ids: Int32Array, id: number): void {
    this.#move(ids, id + 1)
  }

  #move(ids: Int32Array, place: number): void {
    let at = place
    for (const id of ids) {
      const item = id + 1
      const [before, after] = [this.#before[item]!, this.#after[item]!]
      this.#after[before] = after
      this.#before[after] = before
      this.#insert(item, at)
      at = item
    }
  }

  #insert(item: number, at: number): void {
    const next = this.#after[at]!
    if (next !== 0 && this.labels[next]! - this.labels[at]! < 2) this.#spread(at)
    const gap = next === 0 ? 2 * STEP : this.labels[next]! - this.labels[at]!
    this.labels[item] = this.labels[at]! + Math.min(STEP, Math.floor(gap / 2))
    this.#after[item] = next
    this.#before[item] = at
    this.#after[at] = item
    this.#before[next] = item
  }

  /** Makes room behind an item: widens an aligned range around it until it is sparse enough, and deals its labels out evenly. */
  #spread(item: number): void {
    const { labels } = this
    let first = item
    let last = item
    let count = 1
    // The denser a range may be, the smaller it is: so a small one, once dealt out, has room for long.
    for (let width = 2, allowed = 1; ; width *= 2, allowed *= 1.4) {
      const low = Math.floor(labels[item]! / width) * width
      while (first !== 0 && labels[this.#before[first]!]! >= low) {
        first = this.#before[first]!
        count++
      }
      for (let next = this.#after[last]!; next !== 0 && labels[next]! < low + width; next = this.#after[last]!) {
        last = next
        count++
      }
      if (count > allowed || width < count * 4) continue
      const step = Math.floor(width / count)
      for (let label = low, at = first; ; label += step, at = this.#after[at]!) {
        labels[at] = label
        if (at === last) return
      }
    }
  }
}

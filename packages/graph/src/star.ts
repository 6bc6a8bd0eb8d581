// A forward star: each node's edges as a linked list in flat arrays, the form that every algorithm here walks.

/**
 * `head[node]` is the newest edge of a node, `next[edge]` the one before it, `target[edge]` where an edge goes.
 * Edge 0 is none. A removed edge stays in its list with a target of {@link GONE}.
 */
export interface Star {
  readonly head: Int32Array
  readonly next: Int32Array
  readonly target: Int32Array
}

/** The target of an edge that was removed. */
export const GONE = -1

/** A copy with room for at least `size`, and for as much again so that growing stays cheap on average. */
export function grown(array: Int32Array, size: number): Int32Array {
  const larger = new Int32Array(Math.max(size, array.length * 2))
  larger.set(array)
  return larger
}

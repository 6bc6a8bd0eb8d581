// Runs tasks as soon as those that they wait for are done.
import { isThenable } from '@cf-plugins/plugin-api'

/** What a task gives that tells its end through the callback that it got: no promise, and no closure a task. */
export const LATER: unique symbol = Symbol('later')

/** To be called once, with its number, by a task that gave `LATER`; not before it has given that. */
export type Ended = (task: number) => void

/** A list of numbers for each task, in rows of one array: an array a task would cost more than all the rest. */
export interface Rows {
  /** The row of task `i` begins at `starts[i]` and ends before `starts[i + 1]`. */
  readonly starts: Int32Array
  readonly rows: ArrayLike<number>
}

/** The same lists as rows. */
export function rowsOf(lists: readonly (readonly number[])[]): Rows {
  const starts = new Int32Array(lists.length + 1)
  const rows: number[] = []
  for (const [task, list] of lists.entries()) {
    rows.push(...list)
    starts[task + 1] = rows.length
  }
  return { starts, rows }
}

/**
 * Runs task `i` when every task in row `i` of `dependencies` has ended, in the very turn in which the last of them does; returns
 * at once where every task was sync.
 *
 * `dependencies` is in topological order: a task's dependencies have smaller numbers. With a limit, the ready task
 * with the longest path of tasks behind it goes first, which keeps the makespan close to its bound.
 *
 * @param run must not throw: a task's failure is the caller's to record. It gives a promise, or `LATER`, where the task is not over at once
 */
export function schedule(
  dependencies: Rows,
  run: (task: number, ended: Ended) => unknown,
  concurrency: number = Number.POSITIVE_INFINITY,
): void | Promise<void> {
  const size = dependencies.starts.length - 1
  const waiting = new Int32Array(size)
  for (let task = 0; task < size; task++) {
    waiting[task] = (dependencies.starts[task + 1] as number) - (dependencies.starts[task] as number)
  }
  const dependents = transposed(dependencies)
  const { starts, rows } = dependents
  const ready = concurrency < size ? byHeight(size, dependents) : inTurn()
  for (let task = 0; task < size; task++) if (waiting[task] === 0) ready.add(task)

  let left = size
  let running = 0
  let finished: (() => void) | undefined
  const settle = (task: number) => {
    left--
    running--
    for (let at = starts[task] as number; at < (starts[task + 1] as number); at++) {
      const dependent = rows[at] as number
      waiting[dependent] = (waiting[dependent] as number) - 1
      if (waiting[dependent] === 0) ready.add(dependent)
    }
  }
  const ended = (task: number) => {
    settle(task)
    pump()
  }
  const pump = () => {
    while (running < concurrency) {
      const task = ready.take()
      if (task === undefined) break
      running++
      const result = run(task, ended)
      if (result === LATER) continue
      if (isThenable(result)) {
        const end = () => ended(task)
        result.then(end, end)
      } else settle(task)
    }
    if (left === 0) finished?.()
  }
  pump()
  if (left > 0) {
    return new Promise((resolve) => {
      finished = resolve
    })
  }
}

/** Who waits for each task. */
function transposed(dependencies: Rows): Rows {
  const size = dependencies.starts.length - 1
  const starts = new Int32Array(size + 1)
  const edges = dependencies.starts[size] as number
  for (let edge = 0; edge < edges; edge++) starts[dependencies.rows[edge] as number]!++
  // First where each row ends; filling it from the end leaves where it starts.
  let sum = 0
  for (let task = 0; task <= size; task++) {
    sum += starts[task] as number
    starts[task] = sum
  }
  const rows = new Int32Array(edges)
  for (let task = size - 1, edge = edges - 1; task >= 0; task--) {
    for (const first = dependencies.starts[task] as number; edge >= first; edge--) {
      rows[--starts[dependencies.rows[edge] as number]!] = task
    }
  }
  return { starts, rows }
}

interface ReadyTasks {
  add(task: number): void
  take(): number | undefined
}

function inTurn(): ReadyTasks {
  const tasks: number[] = []
  let next = 0
  return { add: (task) => void tasks.push(task), take: () => (next < tasks.length ? tasks[next++] : undefined) }
}

function byHeight(size: number, { starts, rows }: Rows): ReadyTasks {
  const heights = new Int32Array(size)
  for (let task = size - 1; task >= 0; task--) {
    let height = 0
    for (let at = starts[task] as number; at < (starts[task + 1] as number); at++) {
      height = Math.max(height, (heights[rows[at] as number] as number) + 1)
    }
    heights[task] = height
  }
  const buckets: (ReadyTasks | undefined)[] = []
  let top = 0
  return {
    add: (task) => {
      const height = heights[task] as number
      buckets[height] ??= inTurn()
      buckets[height].add(task)
      top = Math.max(top, height)
    },
    take: () => {
      for (; top >= 0; top--) {
        const task = buckets[top]?.take()
        if (task !== undefined) return task
      }
      top = 0
      return undefined
    },
  }
}

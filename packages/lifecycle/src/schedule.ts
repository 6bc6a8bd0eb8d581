// Runs tasks as soon as those that they wait for are done.
import { isThenable } from '@cf-plugins/plugin-api'

/**
 * Runs task `i` when every task in `dependencies[i]` has ended; returns at once where every task was sync.
 *
 * `dependencies` is in topological order: a task's dependencies have smaller numbers. With a limit, the ready task
 * with the longest path of tasks behind it goes first, which keeps the makespan close to its bound.
 *
 * @param run must not throw: a task's failure is the caller's to record.
 */
export function schedule(
  dependencies: readonly (readonly number[])[],
  run: (task: number) => unknown,
  concurrency: number = Number.POSITIVE_INFINITY,
): void | Promise<void> {
  const size = dependencies.length
  const waiting = new Int32Array(size)
  const dependents: number[][] = Array.from({ length: size }, () => [])
  dependencies.forEach((list, task) => {
    waiting[task] = list.length
    for (const dependency of list) dependents[dependency]?.push(task)
  })
  const ready = concurrency < size ? byHeight(dependents) : inTurn()
  for (let task = 0; task < size; task++) if (waiting[task] === 0) ready.add(task)

  let left = size
  let running = 0
  let finished: (() => void) | undefined
  const settle = (task: number) => {
    left--
    for (const dependent of dependents[task] as number[]) {
      waiting[dependent] = (waiting[dependent] as number) - 1
      if (waiting[dependent] === 0) ready.add(dependent)
    }
  }
  const pump = () => {
    while (running < concurrency) {
      const task = ready.take()
      if (task === undefined) break
      const result = run(task)
      if (isThenable(result)) {
        running++
        const ended = () => {
          running--
          settle(task)
          pump()
        }
        result.then(ended, ended)
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

interface ReadyTasks {
  add(task: number): void
  take(): number | undefined
}

function inTurn(): ReadyTasks {
  const tasks: number[] = []
  let next = 0
  return { add: (task) => void tasks.push(task), take: () => (next < tasks.length ? tasks[next++] : undefined) }
}

function byHeight(dependents: readonly (readonly number[])[]): ReadyTasks {
  const heights = new Int32Array(dependents.length)
  let top = 0
  for (let task = dependents.length - 1; task >= 0; task--) {
    for (const dependent of dependents[task] as number[]) {
      heights[task] = Math.max(heights[task] as number, (heights[dependent] as number) + 1)
    }
    top = Math.max(top, heights[task] as number)
  }
  const buckets: number[][] = Array.from({ length: top + 1 }, () => [])
  return {
    add: (task) => void buckets[heights[task] as number]?.push(task),
    take: () => {
      for (let height = top; height >= 0; height--) {
        const bucket = buckets[height] as number[]
        if (bucket.length > 0) return bucket.shift()
      }
      return undefined
    },
  }
}

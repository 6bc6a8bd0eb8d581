// A call of a plugin's code that no caller waits for: counted as in flight, its errors told.
import { isThenable } from '@cf-plugins/plugin-api'
import type { Gate } from './gate.ts'

/** Around a task. */
export interface TaskRun {
  readonly gate: Gate
  readonly onError: (error: unknown) => void
  /** Called when the task is over, however it ended. */
  readonly onEnd?: () => void
}

/** Runs a task. Never throws. */
export function runTask(task: () => unknown, { gate, onError, onEnd }: TaskRun): void {
  const leave = () => {
    gate.leave()
    onEnd?.()
  }
  gate.enter()
  let result: unknown
  try {
    result = task()
  } catch (error) {
    onError(error)
  }
  if (isThenable(result)) {
    result.then(leave, (error) => {
      onError(error)
      leave()
    })
  } else leave()
}

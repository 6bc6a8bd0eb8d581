// A call of a plugin's code that no caller waits for: counted as in flight, its errors told.
import { isThenable } from '@cf-plugins/plugin-api'
import type { Passage } from './passage.ts'

/** Around a task. */
export interface TaskRun {
  readonly passage: Pick<Passage, 'enter' | 'leave'>
  readonly onError: (error: unknown) => void
  /** Called when the task is over, however it ended. */
  readonly onEnd?: () => void
}

/** Runs a task. Never throws. */
export function runTask(task: () => unknown, { passage, onError, onEnd }: TaskRun): void {
  const leave = () => {
    passage.leave()
    onEnd?.()
  }
  passage.enter()
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

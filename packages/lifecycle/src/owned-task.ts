// A call of a plugin's code that no caller waits for: counted as in flight, its errors told.
import { isThenable } from '@cf-plugins/plugin-api'
import type { Passage } from './passage.ts'
import type { PluginCode } from './plugin-code.ts'

/** Around a task. */
export interface TaskRun {
  readonly passage: Pick<Passage, 'enter' | 'leave'>
  readonly code: PluginCode
  readonly onError: (error: unknown) => void
  /** Called when the task is over, however it ended. */
  readonly onEnd?: () => void
}

/** Runs a task. Never throws. */
export function runTask(task: () => unknown, { passage, code, onError, onEnd }: TaskRun): void {
  const leave = () => {
    passage.leave()
    onEnd?.()
  }
  passage.enter()
  const fail = (error: unknown) => {
    onError(error)
    leave()
  }
  try {
    const result = code.run(task)
    // Through a promise of our own, for a thenable may call both of its callbacks, or throw.
    if (isThenable(result)) Promise.resolve(result).then(leave, fail)
    else leave()
  } catch (error) {
    fail(error)
  }
}

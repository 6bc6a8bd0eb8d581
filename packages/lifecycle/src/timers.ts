// Timers that rest while their plugin does, and wait while it is replaced.
import { runTask, type TaskRun } from './owned-task.ts'
import type { Passage } from './passage.ts'
import type { Activation } from './scope.ts'

/** Around the task of a timer. */
export interface TimerRun extends TaskRun {
  readonly passage: Passage
}

/** Runs `task` every `intervalMs`. A run that is still going, or a closed gate, skips the tick. */
export function intervalActivation(intervalMs: number, task: () => unknown, run: TimerRun): Activation {
  let timer: NodeJS.Timeout | undefined
  let running = false
  const tick = () => {
    if (running || run.passage.closed) return
    running = true
    runTask(task, {
      ...run,
      onEnd: () => {
        running = false
      },
    })
  }
  return {
    start: () => {
      timer = setInterval(tick, intervalMs)
    },
    stop: () => clearInterval(timer),
  }
}

/** Runs `task` once, `delayMs` after it was started. A closed gate lets it wait; a rest in between lets the delay begin anew. */
export function timeoutActivation(delayMs: number, task: () => unknown, run: TimerRun): Activation {
  let timer: NodeJS.Timeout | undefined
  let done = false
  const fire = () => {
    if (done) return
    done = true
    runTask(task, run)
  }
  const due = () => {
    if (!run.passage.closed) return fire()
    const refused = (error: unknown) => {
      if (!done) run.onError(error)
    }
    try {
      run.passage.park(fire, 'call').catch(refused)
    } catch (error) {
      refused(error)
    }
  }
  return {
    start: () => {
      if (!done) timer = setTimeout(due, delayMs)
    },
    stop: () => {
      clearTimeout(timer)
      // A call that waits at the gate belongs to the generation that stops here.
      if (run.passage.closed) done = true
    },
  }
}

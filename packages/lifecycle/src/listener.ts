// A listener on somebody's emitter, that lives with its plugin.
import type { Listenable } from '@cf-plugins/plugin-api'
import { runTask, type TaskRun } from './owned-task.ts'
import type { Activation } from './scope.ts'

/** Calls `handler` for what `emitter` sends while active; what it throws, now or later, goes to `run.onError`. */
export function listenerActivation(
  emitter: Listenable,
  event: string,
  handler: (...args: never[]) => unknown,
  run: TaskRun,
): Activation {
  const call = (...args: unknown[]) => runTask(() => (handler as (...args: unknown[]) => unknown)(...args), run)
  if (emitter instanceof EventTarget) {
    return {
      start: () => emitter.addEventListener(event, call),
      stop: () => emitter.removeEventListener(event, call),
    }
  }
  return {
    start: () => void emitter.on(event, call),
    stop: () => void emitter.off(event, call),
  }
}

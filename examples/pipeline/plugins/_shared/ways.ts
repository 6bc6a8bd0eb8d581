// A step that computes is a plain function of its value. How it is called is the run's to say, and changes nothing of what it gives.
import { setImmediate as turn } from 'node:timers/promises'
import type { PipelineSteps, StepContext, StepOptions, Undo } from 'cf-plugins'

/** `mixed`: as each plugin says. `sync`, `async`, `threads`: all of them so. */
export type Way = 'mixed' | 'sync' | 'async' | 'threads'

export const WAYS: readonly Way[] = ['mixed', 'sync', 'async', 'threads']

/** Options of a step; `group` is one of a group's, whose parts are merged. */
type Options<Value> = Omit<StepOptions<Value>, 'undo'>

/**
 * Adds a step that computes.
 *
 * @param step exported by the plugin's entry file, for a thread to have it
 */
export function addStep<Value>(
  pipeline: PipelineSteps<Value>,
  way: Way,
  name: string,
  step: (value: Value, context: StepContext) => Partial<Value>,
  options: Options<Value>,
): Undo {
  const { group, ...rest } = options
  const add = (run: typeof step | ((...args: Parameters<typeof step>) => Promise<Partial<Value>>), offload: boolean) =>
    pipeline.step(name, run as never, { ...rest, ...(group && { group }), offload } as never)
  switch (way) {
    case 'sync':
      return add(step, false)
    case 'async':
      return add(async (value, context) => {
        await turn()
        return step(value, context)
      }, false)
    case 'threads':
      return add(step, true)
    case 'mixed':
      return add(step, options.offload ?? false)
  }
}

// Who asks, for the host: what a thread asks for has the plugin's file on its stack, as if the plugin called it here.
import { isThenable, type PluginSource } from '@cf-plugins/plugin-api'

/** Runs a task as if it were called from a plugin's file. */
export type AskedFrom = (task: () => unknown) => unknown

/**
 * The host tells by the stack whether a plugin asks for an operation on itself, which must not be waited for then; and a plugin in a thread is on no stack
 * of the host. So what it asks for is run, and awaited, in functions that are called as its file is.
 */
export function askedFrom({ file }: PluginSource): AskedFrom {
  if (file === undefined) return (task) => task()
  const name = `asked from ${file}:`
  const { [name]: run } = { [name]: (task: () => unknown) => task() }
  const { [name]: wait } = {
    async [name](result: PromiseLike<unknown>) {
      return await result
    },
  }
  return (task) => {
    const result = run?.(task)
    return isThenable(result) ? wait?.(result) : result
  }
}

// Our events and hooks, with handlers as those of one plugin, and with the gate that hot reload closes where asked for.
import type { DeliveryGate, DispatchOptions, PluginEvents, PluginHooks } from '@cf-plugins/hooks'
import { type Handler, NAMES } from './handlers.ts'

interface Options extends DispatchOptions {
  readonly names?: readonly string[]
  /** Whether there is a gate before the plugin's handlers, as a host has it that reloads. */
  readonly gated?: boolean
  /** Of each handler. @default 30 s, as usual */
  readonly deadlineMs?: number
}

export async function ourEvents(lists: readonly Handler[][], options: Options = {}): Promise<PluginEvents> {
  const { PluginEvents } = await import('@cf-plugins/hooks')
  return withHandlers(new PluginEvents(options), lists, options)
}

export async function ourHooks(lists: readonly Handler[][], options: Options = {}): Promise<PluginHooks> {
  const { PluginHooks } = await import('@cf-plugins/hooks')
  return withHandlers(new PluginHooks(options), lists, options)
}

function withHandlers<Target extends PluginEvents | PluginHooks>(
  target: Target,
  lists: readonly Handler[][],
  { names = NAMES, gated = false, deadlineMs }: Options,
): Target {
  const stage = target.stage({ name: 'plugin', rank: 1, gate: gated ? openGate() : undefined })
  const options = deadlineMs === undefined ? {} : { timeoutMs: deadlineMs }
  for (const [index, list] of lists.entries()) {
    for (const handler of list) stage.on(names[index] as string, handler as () => unknown, options)
  }
  stage.commit()
  return target
}

function openGate(): DeliveryGate {
  let inFlight = 0
  return {
    closed: false,
    enter: () => {
      inFlight++
    },
    leave: () => {
      inFlight--
    },
    park: () => Promise.reject(new Error(`never closed; ${inFlight} in flight`)),
  }
}

// What stands on the host for an instance in a thread: it has the same hooks, each called there.
import {
  type EventContext,
  type HookHandler,
  hook,
  type InstanceHook,
  type PluginInstance,
  type PluginTimeouts,
} from '@cf-plugins/plugin-api'
import { carryService, type ThreadedPlugin } from '@cf-plugins/plugin-api/host'
import type { HookMethodShape, InstanceShape } from './context-ops.ts'
import { packArguments } from './handler-arguments.ts'
import { innerMs } from './inner-deadline.ts'
import type { LastingCall, ThreadCaller } from './thread-caller.ts'

/** Hooks that are called with what they are given, and nothing else. */
export type PlainHook = Exclude<InstanceHook, 'setup' | 'handleEvent'>

/** The bound of each hook, as who waits for it has it. */
const BOUNDS: Readonly<Record<PlainHook | 'setup', keyof PluginTimeouts>> = {
  setup: 'setupMs',
  teardown: 'teardownMs',
  onEnable: 'enableMs',
  onDisable: 'enableMs',
  onReload: 'reloadMs',
  onConfigChange: 'reloadMs',
  health: 'reloadMs',
  getReloadState: 'saveMs',
  setReloadState: 'restoreMs',
  migrateState: 'restoreMs',
}

/** How an instance's own functions are called. */
export interface StandInCalls {
  setup(): Promise<unknown>
  hook(name: PlainHook, args: readonly unknown[]): Promise<unknown>
  service(): unknown
}

/** @param shape what the instance in the thread has */
export function standIn(shape: InstanceShape, calls: StandInCalls, caller: ThreadCaller): PluginInstance {
  class RemotePlugin {}
  const instance: Record<string, (...args: never[]) => unknown> = new RemotePlugin() as never
  addHookMethods(RemotePlugin, shape.hookMethods, caller)
  for (const name of shape.hooks) {
    if (name === 'setup') instance[name] = () => calls.setup()
    else if (name === 'handleEvent') instance[name] = eventsTo(caller)
    else instance[name] = (...args) => calls.hook(name, args)
  }
  return carryService(instance, calls.service)
}

/** The deadline and the name of a hook's calls. */
export function hookCall(name: PlainHook | 'setup', plugin: ThreadedPlugin): LastingCall {
  const bound = BOUNDS[name]
  return { what: `${name}()`, deadlineMs: innerMs(plugin.boundOf(bound)), bound: `timeouts.${bound}` }
}

function eventsTo(caller: ThreadCaller) {
  return (event: string, context: EventContext): Promise<unknown> => {
    const packed = packArguments('event', [context.payload, context])
    const { signal } = context
    const what = `handleEvent() of "${event}"`
    const call = { what, signal, isPatient: true, deadlineMs: innerMs(caller.callMs) }
    return caller.call('hook', () => ['handleEvent', packed], call)
  }
}

/** The decorator itself, for the host finds `@hook` methods by what that leaves on a class. */
function addHookMethods(type: object, methods: readonly HookMethodShape[], caller: ThreadCaller): void {
  if (methods.length === 0) return
  const metadata = Object.create(null) as DecoratorMetadata
  Object.defineProperty(type, Symbol.metadata, { value: metadata })
  for (const [index, { hook: ref, options }] of methods.entries()) {
    const { offload: _offload, idempotent, ...others } = options
    const name = typeof ref === 'string' ? ref : ref.name
    const bound = others.timeoutMs ?? (typeof ref === 'string' ? undefined : ref.options.timeoutMs) ?? caller.callMs
    const call = { what: `its handler of the hook "${name}"`, deadlineMs: innerMs(bound), isIdempotent: idempotent }
    const method = (...args: unknown[]) => caller.call('hookMethod', () => [index, packArguments('hook', args)], call)
    const place = {
      kind: 'method',
      name: `${name} ${index}`,
      static: false,
      private: false,
      metadata,
      access: { get: () => method, has: () => true },
      addInitializer() {},
    } satisfies ClassMethodDecoratorContext
    hook(ref as string, others)(method as HookHandler as never, place)
  }
}

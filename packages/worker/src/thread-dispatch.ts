// What a plugin in a thread tells others and hears from them: the events, hooks and pipelines of its context.
import {
  type BatchHandler,
  type ContextEmitOptions,
  type ContextHooks,
  type EventHandler,
  type EventOptions,
  type EventRef,
  type GroupStep,
  type HandlerOptions,
  type HookHandler,
  type HookRef,
  isThenable,
  type PipelineRef,
  type PipelineRunOptions,
  type PipelineStep,
  type PipelineSteps,
  type PluginContext,
  type StepOptions,
  type Undo,
} from '@cf-plugins/plugin-api'
import { type HandlerKind, unpackArguments } from './handler-arguments.ts'
import type { ServedCall } from './link.ts'
import type { Registered } from './thread-registrations.ts'
import { handlerInvalid, type ThreadSource, unsupported } from './thread-source.ts'

type AnyHandler = (...args: never[]) => unknown

/** How many names of events it remembers that may be published. */
const NAMES_MAX = 1_000

/** `context.on`. */
export function threadOn(of: ThreadSource): PluginContext['on'] {
  return (
    event: EventRef<never> | string,
    handler: EventHandler<never> | BatchHandler<never>,
    options?: EventOptions,
  ): Undo => {
    const name = nameOf(event)
    checkHandler(of, name, handler)
    const crossed = crossedOptions(of, name, options)
    const what = registered(crossed?.batch === undefined ? 'event' : 'batch', handler, crossed)
    return of.add(what, (id) => of.host.ask('on', id, name, crossed))
  }
}

/** `context.emit`. */
export function threadEmit(of: ThreadSource): PluginContext['emit'] {
  return async (event: EventRef<never> | string, payload?: unknown, options?: ContextEmitOptions) =>
    of.host.call('emit', nameOf(event), payload, withParent(options))
}

/** `context.publish`. It waits for the host's word once for each event, and at the end: for that it may be refused. */
export function threadPublish(of: ThreadSource): PluginContext['publish'] {
  const passed = new Set<string>()
  return (event: EventRef<never> | string, payload?: unknown, options?: Pick<ContextEmitOptions, 'parent'>): void => {
    const name = nameOf(event)
    if (passed.has(name) && !of.signal.aborted) {
      of.host.tell('publish', name, payload, withParent(options))
      return
    }
    of.host.ask('publish', name, payload, withParent(options))
    if (passed.size === NAMES_MAX) passed.clear()
    passed.add(name)
  }
}

/** `context.hooks`. */
export function threadHooks(of: ThreadSource): ContextHooks {
  return {
    on: (hook: HookRef | string, handler: HookHandler<never>, options?: HandlerOptions): Undo => {
      const name = nameOf(hook)
      checkHandler(of, name, handler)
      const crossed = crossedOptions(of, name, options)
      return of.add(registered('hook', handler, crossed), (id) =>
        of.host.ask('hooks.on', id, hook, crossed, handler.length),
      )
    },
    call: async (hook: HookRef | string, ...args: unknown[]) => of.host.call('hooks.call', hook, args) as never,
    callSync: (hook: HookRef | string, ...args: unknown[]) => of.host.ask('hooks.callSync', hook, args) as never,
  }
}

/** `context.pipeline`. */
export function threadPipeline(of: ThreadSource): PluginContext['pipeline'] {
  return <Value>(pipeline: PipelineRef<Value> | string): PipelineSteps<Value> => {
    const name = nameOf(pipeline)
    return {
      name,
      step: (step: string, run: PipelineStep<Value> | GroupStep<Value>, options: StepOptions<Value> = {}): Undo => {
        const label = `step "${step}" of pipeline "${name}"`
        if (typeof run !== 'function') throw handlerInvalid(of, `${label} must be a function`, run)
        const { undo, ...others } = options
        if (undo !== undefined && typeof undo !== 'function') {
          throw handlerInvalid(of, `undo of ${label} must be a function`, undo)
        }
        const crossed = { ...crossedOptions(of, step, others), hasUndo: undo !== undefined }
        const added = { ...registered('step', run), ...(undo && { undo: packed('step', undo) }) }
        return of.add(added, (id) => of.host.ask('pipeline.step', id, name, step, crossed))
      },
      run: async (value: Value, options?: PipelineRunOptions) =>
        of.host.call('pipeline.run', name, value, options && { ...options, ...sharedOf(options) }) as Promise<Value>,
    }
  }
}

/** What a handler's options are without what does not cross. @throws `CFP_WORKER_UNSUPPORTED` */
export function crossedOptions<Options extends { readonly condition?: unknown; readonly offload?: boolean }>(
  of: ThreadSource,
  name: string,
  options: Options | undefined,
): Omit<Options, 'condition' | 'offload'> | undefined {
  // What is none is refused where options are.
  if (typeof options !== 'object' || options === null) return options
  const { condition, offload, ...crossed } = options
  if (typeof condition === 'function') {
    const what = `gave its handler of "${name}" a condition, which its host would have to wait for`
    throw unsupported(of, what, 'Check it at the beginning of the handler.')
  }
  return condition === undefined ? crossed : { ...crossed, condition }
}

function registered(
  kind: HandlerKind,
  handler: AnyHandler,
  options?: { readonly once?: boolean; readonly retry?: unknown },
): Registered {
  return { run: packed(kind, handler), isOnce: options?.once === true && options.retry === undefined }
}

/** A handler, as its host calls it. */
export function packed(kind: HandlerKind, handler: AnyHandler) {
  return (args: unknown, call: ServedCall): unknown => {
    const { args: given, packResult } = unpackArguments(kind, args as readonly unknown[], call)
    return callThen(() => handler(...(given as never[])), packResult)
  }
}

/** Sync stays sync. */
function callThen(call: () => unknown, pack: (result: unknown) => unknown): unknown {
  const result = call()
  return isThenable(result) ? Promise.resolve(result).then(pack) : pack(result)
}

function checkHandler(of: ThreadSource, name: string, handler: unknown): void {
  if (typeof handler !== 'function') throw handlerInvalid(of, `the handler of "${name}" must be a function`, handler)
}

/** Of the parent, which is an event's whole context mostly, only what tells which event it is. */
function withParent<Options extends Pick<ContextEmitOptions, 'parent'>>(
  options: Options | undefined,
): Options | undefined {
  const { parent } = options ?? {}
  if (typeof parent !== 'object' || parent === null) return options
  return { ...(options as Options), parent: { id: parent.id, event: parent.event } }
}

/** Whatever it can be gone through: a list crosses. */
function sharedOf({ shared }: PipelineRunOptions): Pick<PipelineRunOptions, 'shared'> {
  return shared === undefined ? {} : { shared: [...shared] }
}

/** What is no name is refused where names are. */
function nameOf(ref: { readonly name: string } | string): string {
  return typeof ref === 'string' ? ref : ref?.name
}

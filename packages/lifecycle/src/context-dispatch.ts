// What a plugin tells others and hears from them: the events, hooks and pipelines of its context.
import type { AnyStep } from '@cf-plugins/hooks'
import type {
  BatchHandler,
  ContextEmitOptions,
  ContextHooks,
  EmitReport,
  EventHandler,
  EventOptions,
  EventRef,
  GroupStep,
  HandlerOptions,
  HookHandler,
  HookRef,
  PipelineRef,
  PipelineRunOptions,
  PipelineStep,
  PipelineSteps,
  PluginContext,
  StepOptions,
  Undo,
} from '@cf-plugins/plugin-api'
import { type ContextSource, emitting, registering } from './context-source.ts'
import { known } from './known.ts'

/** `context.on`. */
export function contextOn(source: ContextSource): PluginContext['on'] {
  return (
    event: EventRef<never> | string,
    handler: EventHandler<never> | BatchHandler<never>,
    options?: EventOptions,
  ) => {
    const { access, stages, offloaded } = registering(source, 'on')
    const name = nameOf(event)
    access.allow('event', name)
    const call = { kind: options?.batch ? 'batch' : 'event', name, timeoutMs: options?.timeoutMs } as const
    return offloaded.register(call, { handler: handler as EventHandler }, options, (given, rest) =>
      stages.events.on(name, known(source, given.handler), rest),
    )
  }
}

/** `context.emit`. */
export function contextEmit(source: ContextSource): PluginContext['emit'] {
  return async (
    event: EventRef<never> | string,
    payload?: unknown,
    options?: ContextEmitOptions,
  ): Promise<EmitReport> => {
    const of = emitting(source, 'emit', true)
    of.access.allow('emit', nameOf(event))
    return of.host.events.emit(nameOf(event), payload, { ...options, source: of.name })
  }
}

/** `context.publish`. */
export function contextPublish(source: ContextSource): PluginContext['publish'] {
  return (event: EventRef<never> | string, payload?: unknown, options?: Pick<ContextEmitOptions, 'parent'>): void => {
    const of = emitting(source, 'publish', false)
    of.access.allow('emit', nameOf(event))
    const publish = () => of.host.events.publish(nameOf(event), payload, { ...options, source: of.name })
    if (of.stage === 'staged') of.untilCommit.publishLater(publish)
    else publish()
  }
}

/** `context.hooks`. */
export function contextHooks(source: ContextSource): ContextHooks {
  const { hooks } = source.host
  return {
    on: (hook: HookRef | string, handler: HookHandler<never>, options?: HandlerOptions): Undo => {
      const { access, stages, offloaded } = registering(source, 'hooks.on')
      const name = nameOf(hook)
      access.allow('hook', name)
      const timeoutMs = options?.timeoutMs ?? (typeof hook === 'string' ? undefined : hook?.options?.timeoutMs)
      return offloaded.register({ kind: 'hook', name, timeoutMs }, { handler }, options, (given, rest) =>
        stages.hooks.on(hook, known(source, given.handler as unknown as HookHandler), rest),
      )
    },
    call: async (hook: HookRef | string, ...args: unknown[]) => {
      const { name, access } = emitting(source, 'hooks.call', true)
      access.allow('hook', nameOf(hook))
      return hooks.callAs(name, hook, args) as never
    },
    callSync: (hook: HookRef | string, ...args: unknown[]) => {
      const { name, access } = emitting(source, 'hooks.callSync', true)
      access.allow('hook', nameOf(hook))
      return hooks.callSyncAs(name, hook, args) as never
    },
  }
}

/** `context.pipeline`. */
export function contextPipeline(source: ContextSource): PluginContext['pipeline'] {
  return <Value>(pipeline: PipelineRef<Value> | string): PipelineSteps<Value> => {
    const name = nameOf(pipeline)
    return {
      name,
      step: (step: string, run: PipelineStep<Value> | GroupStep<Value>, options: StepOptions<Value> = {}): Undo => {
        const { access, stages, offloaded } = registering(source, 'pipeline')
        access.allow('pipeline', name)
        const call = { kind: 'step', name, timeoutMs: options?.timeoutMs } as const
        return offloaded.register(call, { run, undo: options?.undo }, options, (given, rest) => {
          const undo = given.undo && known(source, given.undo)
          return stages.pipelines.on(name, step, known(source, given.run as AnyStep), undo ? { ...rest, undo } : rest)
        })
      },
      run: async (value: Value, options?: PipelineRunOptions) => {
        const of = emitting(source, 'pipeline().run', true)
        of.access.allow('pipeline', name)
        return of.host.pipelines.runAs(of.name, name, value, options) as Promise<Value>
      },
    }
  }
}

/** What is no name is refused where names are. */
function nameOf(ref: { readonly name: string } | string): string {
  return typeof ref === 'string' ? ref : ref?.name
}

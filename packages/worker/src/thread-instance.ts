// The instance that a plugin's code made in a thread, as its host is told of it, and asks of it.
import { type EventContext, type InstanceHook, PluginError, type PluginInstance } from '@cf-plugins/plugin-api'
import { type HookMethod, hookMethodsOf, serviceOf } from '@cf-plugins/plugin-api/host'
import type { CrossedService, InstanceShape } from './context-ops.ts'
import type { ServedCall } from './link.ts'
import { crossedOptions, packed } from './thread-dispatch.ts'
import type { ThreadSource } from './thread-source.ts'

type Hook = (...args: unknown[]) => unknown

/** All that an instance may have; a record, so that none is forgotten. */
const HOOKS: Readonly<Record<InstanceHook, true>> = {
  setup: true,
  teardown: true,
  onEnable: true,
  onDisable: true,
  onReload: true,
  onConfigChange: true,
  getReloadState: true,
  setReloadState: true,
  migrateState: true,
  handleEvent: true,
  health: true,
}

/** What `register` returned, checked. */
export class ThreadInstance {
  readonly #of: ThreadSource
  readonly #instance: PluginInstance
  readonly #methods: readonly HookMethod[]

  /** @throws `CFP_REGISTER_RESULT` */
  constructor(of: ThreadSource, registered: unknown) {
    if ((typeof registered !== 'object' && typeof registered !== 'function') || registered === null) {
      throw noInstance(of, registered)
    }
    this.#of = of
    this.#instance = registered
    this.#methods = hookMethodsOf(registered)
  }

  /** @throws `CFP_WORKER_UNSUPPORTED` */
  get shape(): InstanceShape {
    const hooks = (Object.keys(HOOKS) as InstanceHook[]).filter((name) => typeof this.#instance[name] === 'function')
    const hookMethods = this.#methods.map(({ hook, options }) => {
      const name = typeof hook === 'string' ? hook : hook.name
      return { hook, options: crossedOptions(this.#of, name, options) ?? {} }
    })
    // Before its setup its getters may not be ready to be read.
    return { hooks, hookMethods, service: hooks.includes('setup') ? undefined : this.service }
  }

  /** What it offers under its plugin's name by now. */
  get service(): CrossedService | undefined {
    const service = serviceOf(this.#instance)
    return service === undefined ? undefined : this.#of.services.cross(service)
  }

  /** Calls a hook. */
  hook(name: InstanceHook, args: readonly unknown[], call: ServedCall): unknown {
    if (name === 'handleEvent') {
      const handle = (_payload: unknown, context: EventContext) => this.#instance.handleEvent?.(context.event, context)
      return packed('event', handle as never)(args, call)
    }
    return (this.#instance as Partial<Record<InstanceHook, Hook>>)[name]?.(...args)
  }

  /** Calls a `@hook` method. */
  hookMethod(index: number, args: unknown, call: ServedCall): unknown {
    const { method } = this.#methods[index] as HookMethod
    return packed('hook', method as never)(args, call)
  }
}

function noInstance({ name, source }: ThreadSource, result: unknown): PluginError {
  const { file, generation } = source
  return new PluginError(
    'CFP_REGISTER_RESULT',
    `register() of plugin "${name}" returned ${result === null ? 'null' : typeof result}. Return the plugin's instance: an object with the hooks that it has.`,
    { plugin: name, phase: 'register', file, generation },
  )
}

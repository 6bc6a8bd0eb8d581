// A plugin as a definition: functions and values, from which every type flows.
import type { PluginContext } from './context.ts'
import type { EventContext } from './handlers.ts'
import type { PluginHealth, PluginInstance, StatePartName } from './instance.ts'
import { SERVICE, type ServiceCarrier } from './instance.ts'
import type { PluginMeta } from './meta.ts'
import { metaReaders, type ReadMeta, stateReaders } from './resolve-meta.ts'
import { valueAt } from './safe-values.ts'
import type { ServiceRef } from './service-ref.ts'
import type { InferOutput, StandardSchema } from './standard-schema.ts'
import { type Awaitable, isThenable } from './thenable.ts'
import { callable, type Readers, shape } from './value-readers.ts'

/** What a definition carries over a reload. Its types flow best where `state` stands below `setup`. */
export interface DefinitionState<Service, State, Kept = unknown> {
  /** What `context.state` is at first: anything that `structuredClone` takes. Its type is that of `context.state`. */
  readonly initial?: Kept
  /** Names of parts that the plugin shares with others, by `context.state.shared`. */
  readonly shared?: readonly string[]
  /** Version of the shape that `save` returns, a whole number from 0. @default 0 */
  readonly version?: number
  /** State to carry over: anything that `structuredClone` takes. */
  save?(service: Service): Awaitable<State>
  restore?(state: NoInfer<State>, service: Service): unknown
  /**
   * Turns state of another version, older or newer, into this version's: what `context.state` keeps before `setup`, what `save` returned before
   * `restore`; `part` tells which.
   */
  migrate?(state: unknown, fromVersion: number, part: StatePartName): unknown
}

/** A plugin's metadata, and its hooks. Each hook but `setup` is given the service: what `setup` returned. */
export interface PluginDefinition<
  Schema extends StandardSchema,
  Service,
  State,
  Kept = unknown,
  App = unknown,
  Shared = unknown,
> extends Omit<PluginMeta, 'config' | 'state' | 'stateVersion'> {
  /** Checks the plugin's configuration: any Standard Schema. Its output is the type of `context.config`. */
  readonly config?: Schema
  readonly state?: DefinitionState<Service, State, Kept>
  /** Starts the plugin. What it returns is the service offered under the plugin's name; nothing offers nothing. */
  setup?(context: PluginContext<App, InferOutput<Schema>, Shared, Kept>): Awaitable<Service>
  /** Called only once `setup` has succeeded: whatever it acquired before it failed, its context releases. */
  teardown?(service: Service): unknown
  onEnable?(service: Service): unknown
  onDisable?(service: Service): unknown
  onReload?(service: Service): unknown
  /** After the configuration was edited. Without it the plugin is made anew. */
  onConfigChange?(config: InferOutput<Schema>, previous: InferOutput<Schema>, service: Service): unknown
  handleEvent?(event: string, context: EventContext, service: Service): unknown
  health?(service: Service): Awaitable<PluginHealth>
}

const DEFINITION = Symbol.for('cf-plugins.definition')

/** A definition as `definePlugin` returns it. It is also the reference of its own service: `inject(cachePlugin)`. */
export interface DefinedPlugin<Service = unknown> extends ServiceRef<Service> {
  readonly version: string
  readonly [DEFINITION]: true
}

/**
 * Defines a plugin, for a module to export as its default. It is checked when it is loaded, not here, so that the
 * file can be named.
 *
 * @example
 * export default definePlugin({
 *   name: 'cache', version: '1.2.0',
 *   config: z.object({ ttl: z.number().default(300) }),
 *   setup: ({ config, every }) => { ...; return { get, set } },
 *   teardown: (service) => service.clear(),
 * })
 */
export function definePlugin<
  Schema extends StandardSchema = StandardSchema,
  Service = void,
  State = unknown,
  Kept = unknown,
>(definition: PluginDefinition<Schema, Service, State, Kept>): DefinedPlugin<Service> {
  return Object.freeze({ ...definition, [DEFINITION]: true as const })
}

/** `definePlugin` for the plugins of one host: `context.app` and `context.shared` are what that host hands out. */
export type DefinePlugin<App, Shared> = <
  Schema extends StandardSchema = StandardSchema,
  Service = void,
  State = unknown,
  Kept = unknown,
>(
  definition: PluginDefinition<Schema, Service, State, Kept, App, Shared>,
) => DefinedPlugin<Service>

/**
 * Gives a `definePlugin` that knows a host's app and shared object. Only types: nobody checks that a host has them.
 *
 * @example
 * // _host.ts, which the plugins of this application import
 * export const definePlugin = createDefinePlugin<Router, { pool: Pool }>()
 */
export function createDefinePlugin<App, Shared = unknown>(): DefinePlugin<App, Shared> {
  return definePlugin as DefinePlugin<App, Shared>
}

/** A definition with its types forgotten, as this package calls it. */
export type AnyDefinition = PluginDefinition<StandardSchema, unknown, unknown, unknown>

/** Whether a value is what `definePlugin`, of any copy of this package, returned. */
export function isDefinition(value: unknown): value is AnyDefinition {
  return valueAt(value, DEFINITION) === true
}

/** Hooks that an instance has under the same name, each called with its own arguments and the service. */
const HOOKS = ['onEnable', 'onDisable', 'onReload', 'onConfigChange', 'health', 'handleEvent'] as const

/** Hooks for state: the name in `state`, and that in an instance. */
const STATE_HOOKS = [
  ['save', 'getReloadState'],
  ['restore', 'setReloadState'],
  ['migrate', 'migrateState'],
] as const

type Hook = (...args: unknown[]) => unknown
type Hooks = { [name: string]: Hook | undefined }

const { stateVersion, ...otherReaders } = metaReaders
/** Reads the metadata of a definition, and checks the rest of it. */
export const definitionReader = shape<ReadMeta>({
  ...otherReaders,
  ...callables(['setup', 'teardown', ...HOOKS]),
  state: shape({ version: stateVersion, ...stateReaders, ...callables(STATE_HOOKS.map(([name]) => name)) }),
} as Readers<ReadMeta>)

/** An instance of a definition: it keeps what `setup` returned, and has only the hooks that the definition has. */
export function instanceOfDefinition(
  definition: AnyDefinition,
  context: PluginContext<never, never, never>,
): PluginInstance {
  return new DefinedInstance(definition, context)
}

/** A class, and the service behind a getter that all share: an accessor of its own would give each instance a shape of its own. */
class DefinedInstance implements ServiceCarrier {
  readonly #definition: AnyDefinition
  #service: unknown
  #isUp: boolean
  #isOver = false
  declare setup?: () => unknown
  declare teardown?: () => unknown

  constructor(definition: AnyDefinition, context: PluginContext<never, never, never>) {
    this.#definition = definition
    this.#isUp = !definition.setup
    if (definition.setup) this.setup = () => this.#setUp(context as unknown as PluginContext)
    if (definition.teardown) {
      this.teardown = () => {
        this.#isOver = true
        return this.#tearDown()
      }
    }
    for (const name of HOOKS) if (definition[name]) this.#pass(name, definition, name)
    const { state } = definition
    if (state) for (const [method, name] of STATE_HOOKS) if (state[method]) this.#pass(name, state, method)
  }

  get [SERVICE](): unknown {
    return this.#service
  }

  #pass(name: string, owner: object, method: string): void {
    const hooks = this as unknown as Hooks
    hooks[name] = (...args) => (owner as Hooks)[method]?.(...args, this.#service)
  }

  #setUp(context: PluginContext): unknown {
    const made = this.#definition.setup?.(context)
    return isThenable(made) ? made.then((service) => this.#keep(service)) : this.#keep(made)
  }

  #keep(service: unknown): unknown {
    this.#service = service
    this.#isUp = true
    return this.#tearDown()
  }

  /** A setup that wakes after its plugin was given up has nobody left but this to tear down what it made. */
  #tearDown(): unknown {
    return this.#isUp && this.#isOver ? this.#definition.teardown?.(this.#service) : undefined
  }
}

function callables(names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, callable]))
}

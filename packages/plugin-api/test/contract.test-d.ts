// The three forms of a plugin as the contract has them: what must compile, and what must not. Checked by tsc alone.
import { createServer, type Server } from 'node:net'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import { resolveMeta, toPluginRecord } from '../src/host.ts'
import {
  BasePlugin,
  createDefinePlugin,
  type DefinedPlugin,
  definePlugin,
  hook,
  type InferOutput,
  inject,
  type PluginContext,
  type PluginMeta,
  type PluginRecord,
  plugin,
  type RegisterPlugin,
  serviceRef,
} from '../src/index.ts'

interface Command {
  command(name: string): Command
}
interface DatabaseService {
  forget(id: number): void
}
interface CacheService {
  get(key: string): unknown
}
const Database = serviceRef<DatabaseService>('database')
const Cache = serviceRef<CacheService>('cache')

// Form 1: a module with PLUGIN_META and register.

export const PLUGIN_META = {
  name: 'counter',
  version: '1.0.0',
  enabled: true,
  dependencies: ['storage'],
} satisfies PluginMeta

export async function register(app: Command, context: PluginContext): Promise<CounterPlugin> {
  return new CounterPlugin(app, context)
}

class CounterPlugin extends BasePlugin<Command> {
  count = 0
  override setup() {
    expectTypeOf(this.app).toEqualTypeOf<Command>()
    expectTypeOf(this.config).toEqualTypeOf<unknown>()
  }
  override getReloadState() {
    return { count: this.count }
  }
  override setReloadState(state: { count?: number }) {
    this.count = state.count ?? 0
  }
  override migrateState(state: { total: number }, fromVersion: number) {
    return { count: state.total + fromVersion }
  }
}

expectTypeOf(register).toExtend<RegisterPlugin>()
export const syncRegister: RegisterPlugin = (app: Command, context: PluginContext) => new CounterPlugin(app, context)
// @ts-expect-error a register must make an instance
export const wrongRegister: RegisterPlugin = () => 7

// @ts-expect-error metadata must have a version
export const withoutVersion = { name: 'a' } satisfies PluginMeta
// @ts-expect-error keys that are not known are mistakes
export const withUnknownKey = { name: 'a', version: '1.0.0', dependancies: [] } satisfies PluginMeta
// @ts-expect-error a strategy is one of two
export const withWrongStrategy = { name: 'a', version: '1.0.0', reload: { strategy: 'swap' } } satisfies PluginMeta

// Form 2: a definition, with every type from a value.

const cache = definePlugin({
  name: 'cache',
  version: '1.2.0',
  dependencies: { database: '^2.0.0' },
  optionalDependencies: ['metrics'],
  config: z.object({ ttl: z.number().default(300) }),
  async setup({ config, inject, on, every, logger, signal }) {
    expectTypeOf(config).toEqualTypeOf<{ ttl: number }>()
    const database = inject(Database)
    expectTypeOf(database).toEqualTypeOf<DatabaseService>()
    expectTypeOf(inject(Database, { optional: true })).toEqualTypeOf<DatabaseService | undefined>()
    expectTypeOf(inject('database')).toEqualTypeOf<unknown>()
    on('user.logout', (user: number) => database.forget(user))
    every(config.ttl * 1000, () => logger.debug(`${signal.aborted}`))
    return { get: (key: string) => key.length, set() {} }
  },
  teardown(service) {
    expectTypeOf(service.get).returns.toEqualTypeOf<number>()
    // @ts-expect-error the service is what setup returned
    service.clear()
  },
  onEnable: (service) => expectTypeOf(service.set).toBeFunction(),
  handleEvent(event, context, service) {
    expectTypeOf(event).toEqualTypeOf<string>()
    expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>()
    expectTypeOf(service.get).toBeFunction()
  },
  health: (service) => ({ status: service.get('a') > 0 ? 'healthy' : 'degraded' }),
})
expectTypeOf<DefinedPlugin<{ get: (key: string) => number; set(): void }>>().toEqualTypeOf(cache)

/** A definition is the typed reference of its service. */
export function consume(context: PluginContext) {
  expectTypeOf(context.inject(cache).get('a')).toEqualTypeOf<number>()
}

// As in the contract, `state` above `setup`, with hooks that need no service.
definePlugin({
  name: 'cache',
  version: '1.2.0',
  config: z.object({ ttl: z.number().default(300) }),
  state: {
    version: 2,
    save: () => ({ entries: [1, 2] }),
    restore: (state) => expectTypeOf(state).toEqualTypeOf<{ entries: number[] }>(),
    migrate: (state, from) => {
      expectTypeOf(state).toEqualTypeOf<unknown>()
      expectTypeOf(from).toEqualTypeOf<number>()
      return { entries: [] }
    },
  },
  setup: ({ config }) => ({ ttl: config.ttl }),
  teardown: (service) => expectTypeOf(service).toEqualTypeOf<{ ttl: number }>(),
})

// Below `setup`, its hooks have the service too.
definePlugin({
  name: 'cache',
  version: '1.2.0',
  setup: async () => ({ entries: new Map<string, number>() }),
  state: {
    save: (service) => [...service.entries],
    restore(state, service) {
      expectTypeOf(state).toEqualTypeOf<[string, number][]>()
      for (const [key, value] of state) service.entries.set(key, value)
    },
  },
})

// Without a service, and with an application that is named.
const plain = definePlugin({
  name: 'plain',
  version: '1.0.0',
  setup(context: PluginContext<Command>) {
    context.app.command('plain')
  },
  teardown: (service) => expectTypeOf(service).toEqualTypeOf<void>(),
})
expectTypeOf(plain).toEqualTypeOf<DefinedPlugin<void>>()
definePlugin({ name: 'least', version: '1.0.0' })

// @ts-expect-error a definition has a version
definePlugin({ name: 'a', setup() {} })
// @ts-expect-error the version of a definition's state stands in `state`
definePlugin({ name: 'a', version: '1.0.0', stateVersion: 1 })
// @ts-expect-error a schema is a Standard Schema
definePlugin({ name: 'a', version: '1.0.0', config: { ttl: 'number' } })
// What the host holds keeps its type, and must have a way to be closed.

export async function holding({ hold }: PluginContext): Promise<void> {
  expectTypeOf(await hold('port:8080', async () => createServer())).toEqualTypeOf<Server>()
  expectTypeOf(await hold('pool', () => ({ close: () => {}, size: 4 }))).toExtend<{ size: number }>()
  await hold('lock', () => ({ [Symbol.dispose]: () => {} }))
  // @ts-expect-error a pool that only has end() needs something around it
  await hold('pool', () => ({ end: () => {} }))
}

// @ts-expect-error hooks that are not known are mistakes
definePlugin({ name: 'a', version: '1.0.0', teardwon() {} })

// Form 3: a class with decorators.

@plugin({ name: 'auth', version: '1.0.0', description: 'Authentication' })
export default class AuthPlugin extends BasePlugin<Command, { realm: string }> {
  @inject('database') accessor database!: DatabaseService
  @inject(Cache) accessor cache!: CacheService
  @inject(cache) accessor defined!: { get: (key: string) => number }
  @inject(Cache, { optional: true }) accessor maybe: CacheService | undefined
  @inject('metrics', { optional: true }) accessor metrics: CacheService | undefined
  @inject(Cache) accessor wider: CacheService | undefined
  // @ts-expect-error the accessor's type must hold the service
  @inject(Cache) accessor wrong!: DatabaseService
  // @ts-expect-error an optional service may be missing
  @inject(Cache, { optional: true }) accessor missing!: CacheService
  // @ts-expect-error only accessors are injected
  @inject(Cache) field!: CacheService

  override async setup() {
    expectTypeOf(this.config).toEqualTypeOf<{ realm: string }>()
  }

  @hook('http.request', { priority: 'high', timeoutMs: 500 })
  async authenticate(request: Request) {
    return request.url
  }

  @hook('admin')
  #admin(one: number, two: string) {
    return `${one}${two}`
  }

  // @ts-expect-error a priority is a word that is known, or a number
  @hook('http.request', { priority: 'highest' })
  other() {
    return this.#admin(1, 'a')
  }

  // @ts-expect-error only methods are hooks
  @hook('http.request') property = 1
}

// @ts-expect-error metadata must have a version
@plugin({ name: 'auth' })
export class WithoutVersion extends BasePlugin {}

// @ts-expect-error nobody can make an instance of an abstract class
@plugin({ name: 'auth', version: '1.0.0' })
export abstract class Abstract extends BasePlugin {}

// All of them at the host's side.

expectTypeOf(toPluginRecord).returns.toEqualTypeOf<PluginRecord>()
expectTypeOf(resolveMeta({}).dependencies).toEqualTypeOf<readonly { readonly name: string; readonly range: string }[]>()
const schema = z.object({ port: z.coerce.number() })
expectTypeOf<InferOutput<typeof schema>>().toEqualTypeOf<{ port: number }>()

interface Program {
  command(name: string): void
}
const defineCommand = createDefinePlugin<Program, { readonly folder: string }>()
const typedHost = defineCommand({
  name: 'typed-host',
  version: '1.0.0',
  config: z.object({ depth: z.number() }),
  state: { initial: { runs: 0 } },
  setup({ app, shared, config, state }) {
    expectTypeOf(app).toEqualTypeOf<Program>()
    expectTypeOf(shared).toEqualTypeOf<{ readonly folder: string }>()
    expectTypeOf(config).toEqualTypeOf<{ depth: number }>()
    expectTypeOf(state.value).toExtend<{ readonly runs: number }>()
    // @ts-expect-error the host has no such thing
    app.route('/')
    return { runs: config.depth }
  },
})
expectTypeOf(typedHost).toEqualTypeOf<DefinedPlugin<{ runs: number }>>()
definePlugin({
  name: 'any-host',
  version: '1.0.0',
  setup({ app }) {
    // @ts-expect-error of an app that nobody described nothing is known
    app.command('x')
  },
})

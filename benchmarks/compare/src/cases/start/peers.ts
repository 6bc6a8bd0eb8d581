// The peers' ways to start units, each as its own documentation has it. What a host defines once is prepared; the rest is a start.
import type { System } from './starting.ts'

/** Knows no dependencies: starts one plugin after another, in the order given. */
export const avvio: System = async (units) => {
  const { default: avvio } = await import('avvio')
  const plugins = units.map(
    ({ setup }) =>
      async () =>
        setup(),
  )
  return {
    async start() {
      const boot = avvio()
      for (const plugin of plugins) boot.use(plugin)
      await boot.ready()
      return boot
    },
  }
}

/** The same with plugins that call back instead of returning a promise. */
export const avvioCallbacks: System = async (units) => {
  const { default: avvio } = await import('avvio')
  const plugins = units.map(({ setup }) => (_instance: unknown, _options: unknown, done: () => void) => {
    setup()
    done()
  })
  return {
    async start() {
      const boot = avvio()
      for (const plugin of plugins) boot.use(plugin)
      await boot.ready()
      return boot
    },
  }
}

/** Starts a plugin once the services that it injects are there; a plugin that others need offers one. */
export const cordis: System = async (units) => {
  const { Context } = await import('cordis')
  const needed = new Set(units.flatMap(({ dependencies }) => dependencies))
  const plugins = units.map(({ name, dependencies, setup }) => ({
    name,
    inject: [...dependencies],
    async apply(context: InstanceType<typeof Context>) {
      await setup()
      if (needed.has(name)) context.set(name, plugins)
    },
  }))
  return {
    async start() {
      const context = new Context()
      for (const name of needed) context.provide(name)
      for (const plugin of plugins) context.plugin(plugin)
      await context.start()
      return context
    },
  }
}

/** No plugin system: runs functions in the order of their dependencies, and nothing else. Of those that are ready, the one of the greatest priority goes first. */
export function pGraph({ concurrency, priorities }: { concurrency?: number; priorities?: boolean } = {}): System {
  return async (units) => {
    const { PGraph } = await import('p-graph')
    const nodes = new Map(
      units.map(({ name, setup, ms }) => [
        name,
        { run: setup as () => Promise<void>, ...(priorities && { priority: ms }) },
      ]),
    )
    const edges = units.flatMap(({ name, dependencies }) =>
      dependencies.map((dependency): [string, string] => [dependency, name]),
    )
    return {
      async start() {
        const graph = new PGraph(nodes, edges)
        await graph.run(concurrency === undefined ? {} : { concurrency })
        return graph
      },
    }
  }
}

/** Effects of all units, each in a fiber of its own. Knows no dependencies. */
export function effectAll({ concurrency = 'unbounded' as number | 'unbounded' } = {}): System {
  return async (units) => {
    const { Effect } = await import('effect')
    const effects = units.map(({ setup }) => Effect.promise(async () => setup()))
    const all = Effect.all(effects, { concurrency })
    return { start: () => Effect.runPromise(all) }
  }
}

/** Effects of sync units, run in one go. */
export const effectSync: System = async (units) => {
  const { Effect } = await import('effect')
  const all = Effect.all(units.map(({ setup }) => Effect.sync(() => void setup())))
  return { start: () => Effect.runSync(all) }
}

/** A layer a unit, provided with the layers of its dependencies: built side by side, and once each. */
export const effectLayers: System = async (units) => {
  const { Context, Effect, Layer, ManagedRuntime } = await import('effect')
  const layers = new Map<string, import('effect').Layer.Layer<object>>()
  for (const { name, dependencies, setup } of units) {
    const tag = Context.GenericTag<object>(name)
    const own = Layer.effect(
      tag,
      Effect.promise(async () => {
        await setup()
        return { name }
      }),
    )
    const [first, ...others] = dependencies.flatMap((dependency) => layers.get(dependency) ?? [])
    layers.set(name, first ? Layer.provide(own, Layer.mergeAll(first, ...others)) : own)
  }
  const [first, ...others] = layers.values()
  if (!first) throw new Error('There is nothing to start.')
  const all = Layer.mergeAll(first, ...others)
  return {
    async start() {
      const runtime = ManagedRuntime.make(all)
      await runtime.runtime()
      return runtime
    },
    stop: (runtime) => (runtime as import('effect').ManagedRuntime.ManagedRuntime<object, never>).dispose(),
  }
}

/** Makes singletons, each after those that it takes from the cradle. Nothing of it is async. */
export const awilix: System = async (units) => {
  const { asFunction, createContainer } = await import('awilix')
  const names = units.map(({ name }) => name)
  const registrations = Object.fromEntries(
    units.map(({ name, dependencies, setup }) => [
      name,
      asFunction((cradle: Readonly<Record<string, object>>) => {
        const uses = dependencies.map((dependency) => cradle[dependency])
        setup()
        return { uses }
      }).singleton(),
    ]),
  )
  return {
    start() {
      const container = createContainer({ strict: true })
      container.register(registrations)
      for (const name of names) container.resolve(name)
      return container
    },
  }
}

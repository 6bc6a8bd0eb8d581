// cf-plugins' ways to start units, with the whole lifecycle of each: contexts, scopes, deadlines, diagnostics.
import type { System } from './starting.ts'
import type { Unit } from './units.ts'

/** How many may start at a time, and whether independent ones do so side by side. */
interface Options {
  readonly parallel?: boolean
  readonly concurrency?: number
}

/** By `loadAndRegisterOrdered`. */
export function cfPlugins(options: Options = {}): System {
  return async (units) => {
    const { loadAndRegisterOrdered } = await import('@cf-plugins/lifecycle')
    const { toPluginRecord } = await import('@cf-plugins/plugin-api/host')
    const plugins = await definitions(units)
    const records = plugins.map((plugin) => toPluginRecord(plugin, { generation: 1, files: [] }))
    return {
      async start() {
        const { active, lifecycle } = await loadAndRegisterOrdered(records, {}, {}, options)
        if (active.length !== units.length) throw new Error(`${active.length} of ${units.length} are active`)
        return lifecycle
      },
    }
  }
}

/** By a `PluginManager`: everything that cf-plugins has, a loader, reloads, state, threads and monitoring included. */
export const pluginManager: System = async (units) => {
  const { PluginManager } = await import('cf-plugins')
  const plugins = await definitions(units)
  return {
    async start() {
      const manager = new PluginManager({ autoLoad: false, logger: false })
      for (const plugin of plugins) await manager.add(plugin)
      const { active } = await manager.start()
      if (active.length !== units.length) throw new Error(`${active.length} of ${units.length} are active`)
      return manager
    },
    stop: (manager) => (manager as InstanceType<typeof PluginManager>).stop(),
  }
}

async function definitions(units: readonly Unit[]) {
  const { definePlugin } = await import('@cf-plugins/plugin-api')
  return units.map(({ name, dependencies, setup }) => definePlugin({ name, version: '1.0.0', dependencies, setup }))
}

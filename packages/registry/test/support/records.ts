// Records for tests: metadata as an author writes it, completed as the host reads it.
import type { PluginMeta, PluginRecord } from '@cf-plugins/plugin-api'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { PluginRegistry, type PluginRegistryOptions } from '../../src/index.ts'

type Written = Omit<PluginMeta, 'version'> & { readonly version?: string }

/** A record of metadata `meta`, whose file is its name's unless `file` says otherwise. */
export function record(meta: Written, file = `/plugins/${meta.name}.ts`, generation = 1): PluginRecord {
  return {
    meta: resolveMeta({ version: '1.0.0', ...meta }),
    register: () => {
      throw new Error(`${meta.name} was started`)
    },
    source: { file, generation, files: [file] },
  }
}

/** A registry of plugins with `metas`, in this order. */
export function registryOf(metas: readonly Written[], options?: PluginRegistryOptions): PluginRegistry {
  const registry = new PluginRegistry(options)
  for (const meta of metas) registry.add(record(meta))
  return registry
}

/** Everything that a registry answers, to compare it before and after. */
export function answersOf(registry: PluginRegistry): unknown {
  const names = registry.names()
  return {
    records: registry.records(),
    order: registry.order(),
    dependencies: names.map((name) => registry.dependenciesOf(name)),
    dependents: names.map((name) => registry.dependentsOf(name)),
    affected: names.map((name) => registry.affectedBy([name])),
    services: registry.services.names(),
    resolution: withoutStacks(registry.resolve()),
  }
}

function withoutStacks({ blocked, conflicts, ...rest }: ReturnType<PluginRegistry['resolve']>): unknown {
  return {
    ...rest,
    blocked: [...blocked].map(([name, { code, message }]) => [name, code, message]),
    conflicts: conflicts.map(String),
  }
}

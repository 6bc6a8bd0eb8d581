// Plugins and who needs whom, as plain data: what `list` and `graph` show and what a host answers.
import type { PluginManager, PluginRecord } from 'cf-plugins'

/** One plugin, as it is shown. */
export interface PluginView {
  readonly name: string
  readonly version: string
  readonly state: string
  readonly generation: number
  /** Retired generations of it whose code still runs. */
  readonly zombies: number
  /** Whether its file is gone, and it serves on because others need it. */
  readonly orphaned: boolean
  readonly description: string
  /** Whether it runs on the host's event loop, or in a thread of its own. */
  readonly execution: 'inline' | 'worker'
  readonly dependencies: readonly string[]
  readonly file: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}

/** Plugins, dependencies first. */
export type GraphView = readonly PluginView[]

/** What a registered plugin looks like. */
export function viewOf(
  { meta, source }: PluginRecord,
  status: {
    readonly state: string
    readonly generation: number
    readonly zombies?: number
    readonly orphaned?: boolean
    readonly error?: { code: string; message: string } | undefined
  },
  dependencies: readonly string[],
): PluginView {
  const { error, zombies = 0, orphaned = false } = status
  return {
    name: meta.name,
    version: meta.version,
    state: status.state,
    generation: status.generation,
    zombies,
    orphaned,
    description: meta.description,
    execution: meta.execution,
    dependencies,
    file: source.file ?? null,
    error: error ? { code: error.code, message: error.message } : null,
  }
}

/** The plugins of a running manager. */
export function graphOf(manager: Pick<PluginManager, 'ordered' | 'registry'>): GraphView {
  const { registry } = manager
  return manager.ordered().flatMap((status) => {
    const record = registry.get(status.plugin)
    return record ? [viewOf(record, status, registry.dependenciesOf(status.plugin))] : []
  })
}

/** Where a plugin stands, with what is odd about it: `active (thread, orphaned, 2 zombies)`. */
export function standOf({ state, zombies, orphaned, execution }: PluginView): string {
  const asides = execution === 'worker' ? ['thread'] : []
  if (orphaned) asides.push('orphaned')
  if (zombies > 0) asides.push(zombies === 1 ? '1 zombie' : `${zombies} zombies`)
  return asides.length === 0 ? state : `${state} (${asides.join(', ')})`
}

/** The graph in Graphviz' language; an arrow leads from a plugin to what it needs. */
export function renderDot(view: GraphView): string {
  const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  const nodes = view.map(
    ({ name, version, state }) =>
      `  ${quoted(name)} [label=${quoted(`${name} ${version}`)}${state === 'active' ? '' : ', style=dashed'}]`,
  )
  const edges = view.flatMap(({ name, dependencies }) =>
    dependencies.map((other) => `  ${quoted(name)} -> ${quoted(other)}`),
  )
  return ['digraph plugins {', ...nodes, ...edges, '}', ''].join('\n')
}

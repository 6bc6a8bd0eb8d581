// From records with metadata to batches of records, each batch startable once those before it have started.
import { DependencyGraph } from './dependency-graph.ts'
import { CYCLES_IN_ERROR, cycleError, GraphError } from './errors.ts'

/** Names; names with ranges; or objects with a name. Only the names are read. */
export type RecordDependencies = readonly (string | { readonly name: string })[] | Readonly<Record<string, string>>

/** What is read of a record; a plugin record fits. */
export interface SortableRecord {
  readonly meta: {
    readonly name: string
    /** Names that must be among the records. */
    readonly dependencies?: RecordDependencies | undefined
    /** Names that come first where they are among the records. */
    readonly optionalDependencies?: RecordDependencies | undefined
  }
}

/**
 * The records in as few batches as can be: each depends only on batches before its own. Within a batch they are in
 * the order they were given in.
 *
 * @throws GraphError `CFP_GRAPH_DUPLICATE`, `CFP_GRAPH_MISSING` or `CFP_GRAPH_CYCLE`
 *
 * @example
 * topologicalSortBatches([{ meta: { name: 'auth', dependencies: ['db'] } }, { meta: { name: 'db' } }])
 * // [[db's record], [auth's record]]
 */
export function topologicalSortBatches<R extends SortableRecord>(records: Iterable<R>): R[][] {
  const byName = new Map<string, R>()
  const graph = new DependencyGraph()
  for (const record of records) {
    const { name } = record.meta
    if (byName.has(name)) {
      throw new GraphError(
        'CFP_GRAPH_DUPLICATE',
        `There are two plugins called "${name}". Rename one, or leave it out.`,
      )
    }
    byName.set(name, record)
    graph.addNode(name)
  }
  const missing: { name: string; dependency: string }[] = []
  for (const [name, { meta }] of byName) {
    for (const dependency of namesIn(meta.dependencies)) {
      if (byName.has(dependency)) graph.addDependency(name, dependency)
      else missing.push({ name, dependency })
    }
    for (const dependency of namesIn(meta.optionalDependencies)) {
      if (byName.has(dependency)) graph.addDependency(name, dependency)
    }
  }
  if (missing.length > 0) {
    const needs = missing.map(({ name, dependency }) => `"${name}" needs "${dependency}"`).join(', ')
    throw new GraphError(
      'CFP_GRAPH_MISSING',
      `Plugins need others that are not there: ${needs}. Add what is missing, or make it an optional dependency.`,
      { missing },
    )
  }
  if (!graph.isAcyclic()) {
    throw cycleError('Plugins', graph.cycles({ limit: CYCLES_IN_ERROR }), 'Move what they share into a third plugin.')
  }
  return graph.batches().map((batch) => batch.map((name) => byName.get(name)!))
}

function namesIn(dependencies: RecordDependencies | undefined): string[] {
  if (dependencies === undefined) return []
  if (!isList(dependencies)) return Object.keys(dependencies)
  return dependencies.map((dependency) => (typeof dependency === 'string' ? dependency : dependency.name))
}

function isList(dependencies: RecordDependencies): dependencies is readonly (string | { readonly name: string })[] {
  return Array.isArray(dependencies)
}

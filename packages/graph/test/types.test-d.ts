// What must compile, and what must not.
import { DependencyGraph, GraphError, type GraphErrorCode, topologicalSortBatches } from '@cf-plugins/graph'

interface PluginRecord {
  readonly meta: { readonly name: string; readonly dependencies: readonly { name: string; range: string }[] }
  readonly file: string
}
declare const records: PluginRecord[]

const batches: PluginRecord[][] = topologicalSortBatches(records)
topologicalSortBatches([{ meta: { name: 'a', dependencies: { b: '^1.0.0' } } }, { meta: { name: 'b' } }])
// @ts-expect-error A record has a name.
topologicalSortBatches([{ meta: { dependencies: [] } }])
// @ts-expect-error Names are strings.
new DependencyGraph([[1, []]])

const result = new DependencyGraph().tryAddDependency('a', 'b')
// @ts-expect-error Only a refused dependency has a circle.
result.cycle
const cycle: string[] = result.added ? [] : result.cycle

const code: GraphErrorCode = new GraphError('CFP_GRAPH_CYCLE', '').code
// @ts-expect-error Codes are those of the catalogue.
new GraphError('CFP_OTHER', '')

export { batches, code, cycle }

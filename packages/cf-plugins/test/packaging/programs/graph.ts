// What somebody writes who needs only the graph.
import assert from 'node:assert/strict'
import { DependencyGraph, GraphError } from '@cf-plugins/graph'

const graph = new DependencyGraph([
  ['app', ['database', 'cache']],
  ['cache', ['database']],
])
const order: string[] = graph.topologicalOrder()
assert.deepEqual(order, ['database', 'cache', 'app'])
assert.deepEqual(graph.batches(), [['database'], ['cache'], ['app']])

graph.addDependency('database', 'app')
assert.throws(
  () => graph.topologicalOrder(),
  (error: unknown) => error instanceof GraphError && error.code === 'CFP_GRAPH_CYCLE',
)

console.log('graph works')

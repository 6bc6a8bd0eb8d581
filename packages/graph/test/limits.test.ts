// Depth, names, hubs and memory: what breaks graphs that are made of recursion and plain objects.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { DependencyGraph } from '@cf-plugins/graph'
import { expect, test } from 'vitest'

test('a chain of 1,000,000 overflows nothing, open or closed', { timeout: 120_000 }, () => {
  const last = 1_000_000
  const chain = new DependencyGraph(Array.from({ length: last }, (_, at) => [`n${at}`, [`n${at + 1}`]]))
  expect(chain.topologicalOrder()[0]).toBe(`n${last}`)
  expect(chain.batches()).toHaveLength(last + 1)
  expect(chain.allDependenciesOf('n0')).toHaveLength(last)
  expect(chain.affectedBy([`n${last}`])).toHaveLength(last + 1)
  const refused = chain.tryAddDependency(`n${last}`, 'n0')
  expect(refused.added === false && refused.cycle.length).toBe(last + 1)
  chain.addDependency(`n${last}`, 'n0')
  expect(chain.cycles().map((cycle) => cycle.length)).toEqual([last + 1])
  expect(chain.affectedBy(['n5'])).toHaveLength(last + 1)
})

test('names that are properties of every object, whole numbers, or nothing at all are like any other (fault 34)', () => {
  const names = ['constructor', '__proto__', '10', '2', '1', '', 'hasOwnProperty', 'toString']
  const graph = new DependencyGraph(names.map((name) => [name, []]))
  expect(graph.nodes()).toEqual(names)
  expect(graph.topologicalOrder()).toEqual(names)
  for (const name of names) graph.addDependency('top', name)
  expect(graph.dependenciesOf('top')).toEqual(names)
  expect(graph.tryAddDependency('__proto__', 'top')).toEqual({ added: false, cycle: ['__proto__', 'top'] })
  expect(graph.removeNode('constructor')).toBe(true)
  expect(graph.has('constructor')).toBe(false)
  expect(graph.has('valueOf')).toBe(false)
  expect(Object.keys(Object.prototype)).toEqual([])
})

test('a node with many dependencies is as right as any: looked up, removed from, and cleared', () => {
  const hub = new DependencyGraph()
  const names = Array.from({ length: 5000 }, (_, at) => `n${at}`)
  for (const name of names) hub.addDependency('hub', name).addDependency('hub', name).addDependency(name, 'core')
  expect(hub.edgeCount).toBe(10_000)
  expect(hub.dependentsOf('core')).toEqual(names)
  for (const name of names.slice(0, 4990)) expect(hub.removeDependency('hub', name)).toBe(true)
  expect(hub.dependenciesOf('hub')).toEqual(names.slice(4990))
  for (const name of names.slice(0, 4990)) expect(hub.hasDependency('hub', name)).toBe(false)
  for (const name of names.slice(0, 4000)) hub.removeNode(name)
  expect(hub.dependentsOf('core')).toEqual(names.slice(4000))
  expect(hub.nodes()).toEqual(['hub', 'core', ...names.slice(4000)].sort((a, b) => place(a) - place(b)))
  expect(hub.edgeCount).toBe(1010)

  function place(name: string): number {
    return ['hub', 'n0', 'core'].includes(name) ? ['hub', 'n0', 'core'].indexOf(name) - 3 : names.indexOf(name)
  }
})

test('100,000 nodes with 400,000 dependencies, ordered, take at most 15 MB', { timeout: 120_000 }, () => {
  const script = join(import.meta.dirname, 'fixtures', 'memory.ts')
  const args = ['--expose-gc', '--conditions=@cf-plugins/source', '--import', 'tsx', script]
  const { nodes, edges, bytes } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
  expect({ nodes, edges }).toEqual({ nodes: 100_000, edges: 399_990 })
  expect(bytes).toBeLessThan(15 * 1024 * 1024)
})

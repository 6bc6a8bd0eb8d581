// The hot paths: resolving at start-up, staging one changed plugin at each reload, and explain() for whoever waits for an
// answer, among 1,000 plugins.
import { compare } from '@cf-plugins/bench-harness'
import type { PluginRecord } from '@cf-plugins/plugin-api'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { PluginRegistry } from '@cf-plugins/registry'
import { alg, Graph } from '@dagrejs/graphlib'

const SIZE = 1_000

const record = (index: number, version = '1.2.0'): PluginRecord => {
  const on = [index - 1, index - 2, index - 7, index >> 1].filter((other) => other >= 0 && other < index)
  const meta = resolveMeta({
    name: `plugin-${index}`,
    version,
    dependencies: Object.fromEntries(on.map((other) => [`plugin-${other}`, '^1.0.0'])),
    engines: { api: '^1.0.0', node: '>=20' },
  })
  return { meta, register: () => ({}), source: { file: `/plugins/${index}.ts`, generation: 1, files: [] } }
}

const records = Array.from({ length: SIZE }, (_, index) => record(index))

const filled = (): PluginRegistry => {
  const registry = new PluginRegistry()
  for (const each of records) registry.add(each)
  return registry
}

await compare(
  'from 1,000 records to a checked order',
  {
    // Names, ranges, engines, circles and order.
    'add + resolve': () => filled().resolve().order.length,
    // The order alone, by the peer that people use for it.
    'graphlib build + topsort': () => {
      const graph = new Graph()
      for (const { meta } of records) {
        graph.setNode(meta.name)
        for (const { name } of meta.dependencies) graph.setEdge(name, meta.name)
      }
      return alg.topsort(graph).length
    },
  },
  {
    goals: [
      {
        of: 'add + resolve',
        against: 'graphlib build + topsort',
        atMost: 0.5,
        why: 'all checks for half of what an order costs elsewhere',
      },
    ],
  },
)

const registry = filled()
const changed = { set: [record(500, '1.3.0')] }
const status = (name: string) => ({ state: name === 'plugin-0' ? 'failed' : 'blocked' })

await compare(
  '1,000 plugins: a reload, and a question',
  {
    'add + resolve': () => filled().resolve().order.length,
    'stage + affectedBy + commit': () => {
      const staged = registry.stage(changed)
      const affected = staged.affectedBy(['plugin-500'])
      staged.commit()
      return affected.length
    },
    'order of all': () => registry.order().length,
    'explain, down to the first of 1,000': () => registry.explain('plugin-999', status).chain.length,
  },
  {
    goals: [
      {
        of: 'stage + affectedBy + commit',
        against: 'add + resolve',
        atMost: 2.2,
        why: 'before and after are resolved once each',
      },
    ],
  },
)

// The circles of a graph that can't be ordered: what a host tells whoever made one.
import assert from 'node:assert/strict'
import type { Case, Contender } from '../../case.ts'
import { typedGraph } from './by-hand.ts'
import { debianPackages } from './debian.ts'
import type { Entries } from './graphs.ts'
import { knotsByHand } from './knots-by-hand.ts'
import { npmLockfile } from './npm-lockfile.ts'
import { graphlibOf } from './peers.ts'

const debian = debianPackages()
const BY_HAND = 'Tarjan over typed arrays by hand'

export const cycleCases: readonly Case[] = [
  cycleCase('graph/cycles-debian', debian.of, debian.entries, [
    {
      of: 'cf-plugins',
      against: 'graphlib findCycles',
      atMost: 1 / 25,
      why: 'a circle is told at once, whatever the graph',
    },
  ]),
  cycleCase('graph/cycles-npm', "the npm packages in this repository's lockfile", npmLockfile),
]

function cycleCase(id: string, of: string, entriesOf: () => Entries, goals: Case['goals'] = []): Case {
  return {
    id,
    title: `all circles of ${of}`,
    unit: 'ms',
    ours: 'cf-plugins',
    floor: BY_HAND,
    contenders: {
      'cf-plugins': oursOn(entriesOf),
      [BY_HAND]: byHandOn(entriesOf),
      'graphlib findCycles': graphlibOn(entriesOf),
    },
    goals,
    note: 'Ours are paths, and every one of them up to its limit; graphlib and the floor tell only which nodes belong together.',
    timeoutMs: 120_000,
  }
}

function oursOn(entriesOf: () => Entries): Contender {
  return {
    async prepare() {
      const { DependencyGraph } = await import('@cf-plugins/graph')
      const entries = entriesOf()
      const graph = new DependencyGraph(entries)
      return { run: () => graph.cycles(), check: (cycles) => checkPaths(entries, cycles as readonly string[][]) }
    },
  }
}

function byHandOn(entriesOf: () => Entries): Contender {
  return {
    prepare() {
      const graph = typedGraph(entriesOf())
      return { run: () => knotsByHand(graph), check: checkGroups }
    },
  }
}

function graphlibOn(entriesOf: () => Entries): Contender {
  return {
    async prepare() {
      const { alg } = await import('@dagrejs/graphlib')
      const graph = (await graphlibOf())(entriesOf())
      return { run: () => alg.findCycles(graph), check: checkGroups }
    },
  }
}

function checkPaths(entries: Entries, cycles: readonly (readonly string[])[]): void {
  const dependencies = new Map(entries)
  assert.ok(cycles.length > 0)
  for (const path of cycles) {
    for (const [index, name] of path.entries()) {
      const next = path[(index + 1) % path.length] ?? ''
      assert.ok(dependencies.get(name)?.includes(next), `${name} depends on ${next}`)
    }
  }
}

function checkGroups(groups: unknown): void {
  assert.ok((groups as unknown[]).length > 0)
}

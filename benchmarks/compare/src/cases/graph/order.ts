// Build, order and batches, from names: what a host does at every start, and when a plugin comes or goes.
import type { Goal } from '@cf-plugins/bench-harness'
import type { Case, Contender } from '../../case.ts'
import { checkOrdered } from './check.ts'
import { debianPackages } from './debian.ts'
import { orderAndBatchesByHand } from './floor.ts'
import { chain, type Entries, scaleFree } from './graphs.ts'
import { npmLockfile } from './npm-lockfile.ts'
import * as peers from './peers.ts'
import { withoutCircles } from './without-circles.ts'

const debian = debianPackages()

/** A recursive search ends where the stack does; graph-data-structure's spreads a list into arguments. */
const OVERFLOWS = { matching: /Maximum call stack size exceeded/, as: 'overflows' }

const OURS = 'cf-plugins'
const FLOOR = 'typed arrays by hand'

/** performance.md; against each of the two that are the fastest at every size, so that the gate need not wait for the others. */
const GOALS: readonly Goal[] = [
  { of: OURS, against: 'graph-data-structure', atMost: 1 / 3, why: 'a third of the fastest peer' },
  { of: OURS, against: 'toposort', atMost: 1 / 3 },
  { of: OURS, against: 'graphlib', atMost: 1 / 30 },
  { of: OURS, against: FLOOR, atMost: 2.2 },
]

/**
 * graphlib is quicker a name where there are few edges, as in a lockfile, and beyond 10,000 names it is memory that takes the time of both. Reached: 1/15 to
 * 1/20.
 */
const EASIER_GOALS: readonly Goal[] = GOALS.map((goal) =>
  goal.against === 'graphlib' ? { ...goal, atMost: 1 / 14, aim: 1 / 30 } : goal,
)

/** Of a chain: peers are searches without end, or end. */
const CHAIN_GOALS: readonly Goal[] = [{ of: OURS, against: FLOOR, atMost: 2.2, why: 'no depth is too deep' }]

export const orderCases: readonly Case[] = [
  orderCase('graph/order-1k', 'of 1,000 nodes', () => scaleFree(1_000)),
  orderCase('graph/order-10k', 'of 10,000 nodes', () => scaleFree(10_000)),
  orderCase('graph/order-100k', 'of 100,000 nodes', () => scaleFree(100_000), {
    goals: EASIER_GOALS,
    rounds: 5,
    isLong: true,
  }),
  orderCase('graph/order-debian', `of ${debian.of}`, () => withoutCircles(debian.entries()), { rounds: 5 }),
  orderCase(
    'graph/order-npm',
    "of the npm packages in this repository's lockfile",
    () => withoutCircles(npmLockfile()),
    { goals: EASIER_GOALS },
  ),
  orderCase('graph/chain-1k', 'of a chain of 1,000 nodes', () => chain(1_000), { goals: CHAIN_GOALS }),
  orderCase('graph/chain-100k', 'of a chain of 100,000 nodes', () => chain(100_000), { goals: CHAIN_GOALS, rounds: 5 }),
  longestChain(),
]

/** Without those that would be waited for, and not for an outcome. */
function longestChain(): Case {
  const how = { goals: CHAIN_GOALS, rounds: 5, isLong: true, timeoutMs: 180_000 }
  const all = orderCase('graph/chain-1m', 'of a chain of 1,000,000 nodes', () => chain(1_000_000), how)
  const { 'dependency-graph': _, graphology: __, ...contenders } = all.contenders
  return {
    ...all,
    contenders,
    note: 'dependency-graph and graphology are left out for the time that they take.',
  }
}

function orderCase(
  id: string,
  what: string,
  entriesOf: () => Entries | Promise<Entries>,
  how: Pick<Case, 'goals' | 'rounds' | 'isLong' | 'timeoutMs'> = {},
): Case {
  const contender = (sortOf: () => Promise<peers.Sort> | peers.Sort): Contender => ({
    async prepare() {
      const [sort, entries] = [await sortOf(), await entriesOf()]
      return { run: () => sort(entries), check: (result) => checkOrdered(entries, result as peers.Ordered) }
    },
    fails: OVERFLOWS,
  })
  return {
    id,
    title: `build, order and batches ${what}, from names`,
    unit: 'ms',
    ours: OURS,
    floor: FLOOR,
    contenders: {
      [OURS]: contender(peers.ours),
      [FLOOR]: contender(() => orderAndBatchesByHand),
      toposort: contender(peers.toposort),
      'graph-data-structure': contender(peers.graphDataStructure),
      'dependency-graph': contender(peers.dependencyGraph),
      graphology: contender(peers.graphology),
      graphlib: contender(peers.graphlib),
    },
    goals: GOALS,
    note: 'toposort and graph-data-structure order only and know no batches.',
    ...how,
  }
}

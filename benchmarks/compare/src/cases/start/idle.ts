// Starts of plugins that do nothing: all that they take is overhead, which a host pays for each of its plugins.
import type { Case } from '../../case.ts'
import { awaitLoop, callLoop } from './floors.ts'
import { cfPlugins, pluginManager } from './ours.ts'
import { avvio, avvioCallbacks, awilix, cordis, effectAll, effectLayers, effectSync, pGraph } from './peers.ts'
import { starting } from './starting.ts'
import { idlers, syncIdlers, tree } from './units.ts'

const ours = 'cf-plugins'
const manager = 'cf-plugins, the whole manager'
const loop = 'bare await loop'

/** With all of the lifecycle. Reached: 1.0 to 1.6 and 0.65 to 0.85. */
const warmGoals = (count: number) => [
  {
    of: ours,
    against: 'p-graph',
    atMost: 1.8,
    aim: count === 1_000 ? 0.3 : 0.1,
    why: 'the overhead of a start',
  },
  { of: ours, against: 'avvio', atMost: 1, aim: 1 / 6 },
]
/** Reached: 2.5 to 2.8 and 0.95 to 1.3. Nearly all of it is code that no one has run before. */
const coldGoals = [
  { of: ours, against: 'p-graph', atMost: 3, aim: 0.3, why: 'a host starts once' },
  { of: ours, against: 'avvio', atMost: 1.4, aim: 0.2 },
]

const shown = (count: number) => count.toLocaleString('en')

function independent(count: number): Case {
  const units = () => idlers(count)
  const isSmall = count === 1_000
  return {
    id: `start/idle-${count / 1000}k`,
    title: `start ${shown(count)} independent async plugins that do nothing, a plugin`,
    unit: 'us',
    ours,
    alsoOurs: [manager],
    floor: loop,
    contenders: {
      [ours]: starting(cfPlugins(), units),
      [manager]: starting(pluginManager, units),
      'p-graph': starting(pGraph(), units),
      avvio: starting(avvio, units),
      'Effect.all': starting(effectAll(), units),
      ...(isSmall && { cordis: starting(cordis, units) }),
      [loop]: starting(awaitLoop, units),
    },
    goals: warmGoals(count),
    rounds: isSmall ? 20 : 8,
    note: `p-graph and Effect run functions, and have no contexts, deadlines or states of plugins; avvio starts one after another.${isSmall ? '' : ' cordis takes 15 s and more for one start, and is left out.'}`,
  }
}

function dependent(count: number): Case {
  const units = () => tree(count)
  const isSmall = count === 1_000
  return {
    id: `start/tree-${count / 1000}k`,
    title: `start ${shown(count)} async plugins that do nothing in a tree of dependencies, a plugin`,
    unit: 'us',
    ours,
    alsoOurs: [manager],
    floor: loop,
    contenders: {
      [ours]: starting(cfPlugins(), units),
      [manager]: starting(pluginManager, units),
      'p-graph': starting(pGraph(), units),
      avvio: starting(avvio, units),
      ...(isSmall && { 'Effect layers': starting(effectLayers, units), cordis: starting(cordis, units) }),
      [loop]: starting(awaitLoop, units),
    },
    goals: warmGoals(count),
    rounds: isSmall ? 20 : 8,
    note: `avvio knows no dependencies, and starts in the order given.${isSmall ? '' : ' cordis and Effect layers take 15 s and more for one start, and are left out.'}`,
  }
}

function cold(count: number): Case {
  const units = () => tree(count)
  const first = { cold: true }
  return {
    id: `start/tree-${count / 1000}k-cold`,
    title: `first start of a process, ${shown(count)} async plugins that do nothing in a tree, a plugin`,
    unit: 'us',
    ours,
    alsoOurs: [manager],
    floor: loop,
    contenders: {
      [ours]: starting(cfPlugins(), units, first),
      [manager]: starting(pluginManager, units, first),
      'p-graph': starting(pGraph(), units, first),
      avvio: starting(avvio, units, first),
      [loop]: starting(awaitLoop, units, first),
    },
    ...(count === 1_000 && { goals: coldGoals }),
    rounds: 9,
    note: 'Modules are imported before the clock starts; what they compile and run is in the time.',
  }
}

const sync: Case = {
  id: 'start/sync-1k',
  title: 'start 1,000 independent sync plugins that do nothing, a plugin',
  unit: 'us',
  ours,
  floor: 'bare loop',
  contenders: {
    [ours]: starting(cfPlugins(), () => syncIdlers(1_000)),
    awilix: starting(awilix, () => syncIdlers(1_000)),
    'Effect.all of Effect.sync': starting(effectSync, () => syncIdlers(1_000)),
    avvio: starting(avvioCallbacks, () => syncIdlers(1_000)),
    cordis: starting(cordis, () => syncIdlers(1_000)),
    'bare loop': starting(callLoop, () => syncIdlers(1_000)),
  },
  rounds: 20,
  note: 'awilix makes singletons and knows no start, no end and no deadlines; Effect runs functions.',
}

export const idleCases: readonly Case[] = [
  independent(1_000),
  independent(10_000),
  dependent(1_000),
  dependent(10_000),
  cold(1_000),
  cold(10_000),
  sync,
]

// Starts of plugins that take time, with real timers: how close a start comes to what no schedule can beat.
import type { Case, Contender } from '../../case.ts'
import { barePromises, inBatches, leastMakespan } from './floors.ts'
import { cfPlugins } from './ours.ts'
import { avvio, cordis, effectAll, effectLayers, pGraph } from './peers.ts'
import { starting } from './starting.ts'
import { randomGraph, sleepers } from './units.ts'

const ours = 'cf-plugins'
const floor = 'bare timers'

const five: Case = {
  id: 'start/five-50ms',
  title: 'start 5 independent plugins of 50 ms each',
  unit: 'ms',
  ours,
  alsoOurs: ['cf-plugins, one after another'],
  floor,
  contenders: {
    [ours]: starting(cfPlugins(), fiveOf),
    'cf-plugins, one after another': starting(cfPlugins({ parallel: false }), fiveOf),
    avvio: starting(avvio, fiveOf),
    cordis: starting(cordis, fiveOf),
    'p-graph': starting(pGraph(), fiveOf),
    'Effect.all': starting(effectAll(), fiveOf),
    [floor]: starting(barePromises, fiveOf),
  },
  goals: [
    { of: ours, against: floor, atMost: 1.02, why: 'independent plugins start side by side' },
    { of: ours, against: 'avvio', atMost: 0.21 },
  ],
  rounds: 9,
  note: 'avvio starts one plugin after another.',
}

function fiveOf() {
  return sleepers(5, 50)
}

/** 60 plugins of 20 to 60 ms. */
function unlimited(seed: number): Case {
  const units = () => randomGraph(60, seed, 20, 60)
  const path = 'the critical path, bare promises'
  return {
    id: `start/random-${seed}`,
    title: `start 60 plugins of 20 to 60 ms, random graph ${seed}`,
    unit: 'ms',
    ours,
    floor: path,
    contenders: {
      [ours]: starting(cfPlugins(), units),
      'p-graph': starting(pGraph(), units),
      'Effect layers': starting(effectLayers, units),
      cordis: starting(cordis, units),
      'batch by batch, by hand': starting(inBatches, units),
      [path]: starting(barePromises, units),
    },
    goals: [{ of: ours, against: path, atMost: 1.02, why: 'a plugin starts as soon as its own dependencies are up' }],
    rounds: 7,
    note: 'avvio, which starts one after another, takes the sum: 2.4 s.',
  }
}

/** 200 plugins of 10 to 30 ms: what the last ones leave idle does not hide behind what all of them take. */
function limited(seed: number, concurrency: number): Case {
  const units = () => randomGraph(200, seed, 10, 30)
  const told = 'p-graph, told what each takes'
  const least = 'max(critical path, sum / k), bare timers'
  return {
    id: `start/random-${seed}-limit-${concurrency}`,
    title: `start 200 plugins of 10 to 30 ms, at most ${concurrency} at a time, random graph ${seed}`,
    unit: 'ms',
    ours,
    floor: least,
    // What it is told, no host knows before.
    doLess: [told],
    contenders: {
      [ours]: starting(cfPlugins({ concurrency }), units),
      'p-graph': starting(pGraph({ concurrency }), units),
      [told]: starting(pGraph({ concurrency, priorities: true }), units),
      [least]: timers(() => leastMakespan(units(), concurrency)),
    },
    goals: [{ of: ours, against: least, atMost: 1.03, why: 'the longest path behind a plugin decides who goes first' }],
    rounds: 7,
    note: 'What each plugin takes, no host knows before; told as priorities, p-graph shows what knowing it is worth.',
  }
}

function timers(least: () => () => Promise<void>): Contender {
  return { prepare: () => ({ run: least() }) }
}

export const workingCases: readonly Case[] = [
  five,
  unlimited(1),
  unlimited(2),
  unlimited(3),
  limited(1, 8),
  limited(2, 8),
  limited(3, 8),
  limited(1, 16),
]

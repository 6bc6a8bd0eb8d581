// What a plugin that is up costs in memory, whatever it does itself.
import type { Case, Contender } from '../../case.ts'
import { cfPlugins, pluginManager } from '../start/ours.ts'
import { avvio, awilix, cordis, effectLayers } from '../start/peers.ts'
import { checkStarts, type System } from '../start/starting.ts'
import { idlers, syncIdlers, type Unit } from '../start/units.ts'
import { bytesInUse } from './heap.ts'

const ours = 'cf-plugins'
const floor = 'a map of plain objects'
/** Of so many it is checked that all are started, in order. */
const CHECKED = 100
/** So many are started before it is measured: by then all code is there that starts need. */
const WARM = 1_000

/** The floor: what any host knows of a plugin, and what a plugin has of its own. */
const plainObjects: System = (units) => ({
  async start() {
    const plugins = new Map<string, object>()
    for (const { name, dependencies, setup } of units) {
      const instance = { setup, teardown: () => plugins.delete(name) }
      await instance.setup()
      plugins.set(name, { name, version: '1.0.0', dependencies, state: 'active', instance })
    }
    return plugins
  },
})

/** A contender that starts units, and tells what all that it made for them and keeps takes, a unit. */
function keeping(system: System, unitsOf: () => readonly Unit[]): Contender {
  const sample = async (units: readonly Unit[]) => {
    const before = await bytesInUse()
    const starter = await system(units)
    const started = await starter.start()
    const bytes = (await bytesInUse()) - before
    await starter.stop?.(started)
    // Named here, so that neither is collected before.
    return { units, starter, bytes: bytes / units.length }
  }
  return {
    nodeOptions: ['--expose-gc'],
    async prepare() {
      await checkStarts(system, unitsOf().slice(0, CHECKED))
      // What is compiled and grown once is no plugin's.
      await sample(unitsOf().slice(0, WARM))
      return { sample: async () => (await sample(unitsOf())).bytes }
    },
  }
}

function plugins(count: number, peers: Readonly<Record<string, Contender>>, note: string): Case {
  const units = () => idlers(count)
  return {
    id: `memory/plugins-${count / 1000}k`,
    title: `memory a plugin, ${count.toLocaleString('en')} async plugins that do nothing, started`,
    unit: 'bytes',
    ours,
    alsoOurs: ['cf-plugins, the whole manager'],
    floor,
    contenders: {
      [ours]: keeping(cfPlugins(), units),
      'cf-plugins, the whole manager': keeping(pluginManager, units),
      avvio: keeping(avvio, units),
      awilix: keeping(awilix, () => syncIdlers(count)),
      ...peers,
      [floor]: keeping(plainObjects, units),
    },
    rounds: 3,
    timeoutMs: 300_000,
    note: `What each system makes of a name and a function is in it, names and functions are not. ${note}`,
  }
}

const thousand = () => idlers(1_000)

export const pluginCases: readonly Case[] = [
  plugins(
    1_000,
    { cordis: keeping(cordis, thousand), 'Effect layers': keeping(effectLayers, thousand) },
    'awilix makes singletons, without any life of their own; avvio keeps little of a plugin once it is up.',
  ),
  plugins(
    10_000,
    { cordis: keeping(cordis, () => idlers(10_000)) },
    'Effect layers take 15 s and more for one start, and are left out.',
  ),
]

// Each contender's way to start the same units. What a contender lets a host prepare once (definitions) is not timed.
import { loadAndRegisterOrdered } from '@cf-plugins/lifecycle'
import { definePlugin } from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import avvio from 'avvio'
import { Context } from 'cordis'
import { type DependencyList, PGraph, type PGraphNodeMap } from 'p-graph'
import type { Unit } from './workload.ts'

/** Starts everything, and has ended when all of it is up. */
export type Start = () => Promise<void>

/** cf-plugins with its whole lifecycle: contexts, scopes, deadlines. */
export function withCfPlugins(units: readonly Unit[], parallel: boolean): Start {
  const records = units.map(({ name, dependencies, setup }) =>
    toPluginRecord(definePlugin({ name, version: '1.0.0', dependencies, setup }), { generation: 1, files: [] }),
  )
  return async () => {
    const { active } = await loadAndRegisterOrdered(records, {}, {}, { parallel })
    expectAll(units, active.length)
  }
}

/** avvio knows no dependencies: it starts one plugin after another, in the order given. */
export function withAvvio(units: readonly Unit[]): Start {
  return async () => {
    let started = 0
    const boot = avvio()
    for (const { setup } of units) {
      boot.use(async () => {
        await setup()
        started++
      })
    }
    await boot.ready()
    expectAll(units, started)
  }
}

/** cordis starts every plugin at once. */
export function withCordis(units: readonly Unit[]): Start {
  return async () => {
    let started = 0
    const context = new Context()
    for (const { name, setup } of units) {
      const apply = async () => {
        await setup()
        started++
      }
      context.plugin({ name, apply })
    }
    await context.start()
    expectAll(units, started)
  }
}

/** p-graph is no plugin system: it runs functions in the order of their dependencies, and nothing else. */
export function withPGraph(units: readonly Unit[]): Start {
  const nodes: PGraphNodeMap = new Map(units.map(({ name, setup }) => [name, { run: setup }]))
  const dependencies: DependencyList = units.flatMap((unit) =>
    unit.dependencies.map((dependency): [string, string] => [dependency, unit.name]),
  )
  return () => new PGraph(nodes, dependencies).run()
}

/** The floor: the work by itself, all at once. */
export function bare(units: readonly Unit[]): Start {
  return async () => {
    await Promise.all(units.map(({ setup }) => setup()))
  }
}

/** A contender that did not do the work has no time to be compared. */
function expectAll(units: readonly Unit[], started: number): void {
  if (started !== units.length) throw new Error(`${started} of ${units.length} were started`)
}

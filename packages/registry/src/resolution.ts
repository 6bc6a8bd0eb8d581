// Which plugins can start, in which order, and why the others cannot: before any plugin code runs.
import type { PluginError, PluginRecord } from '@cf-plugins/plugin-api'
import { combined, conflict } from './conflict.ts'
import { dependencyConflicts, passedOverNotes, type ResolutionNote } from './dependency-conflicts.ts'
import { environmentConflicts } from './host-environment.ts'
import { graphOf, type LinkInput, type PluginLinks } from './plugin-links.ts'

/** Which plugins can start, and why the others cannot. */
export interface Resolution {
  /** Those that can start, dependencies first; of two that are independent, the one registered first. */
  readonly order: string[]
  /** Those that are known and switched off. */
  readonly disabled: string[]
  /** Those that are switched on and cannot start, each with the reason nearest to it. */
  readonly blocked: ReadonlyMap<string, PluginError>
  /** Everything to correct, each with its `plugin` and the metadata's path in `issues`. Mere consequences are not among them. */
  readonly conflicts: PluginError[]
  /** Optional dependencies that are there and yet count as absent. */
  readonly notes: ResolutionNote[]
  /** The conflicts as text, a line each, sorted; empty where there is none. */
  readonly report: string
}

/** Resolves the plugins of `input`, which it does not change. */
export function resolvePlugins(input: LinkInput, links: PluginLinks): Resolution {
  const { records, enabled, environment } = input
  const candidates: PluginRecord[] = []
  const disabled: string[] = []
  for (const record of records.values()) {
    if (enabled(record.meta.name)) candidates.push(record)
    else disabled.push(record.meta.name)
  }
  const reasons = new Map<string, PluginError[]>()
  for (const record of candidates) {
    const own = environmentConflicts(record, environment)
    const others = dependencyConflicts(record, input, links)
    if (own.length + others.length > 0) reasons.set(record.meta.name, [...own, ...others])
  }
  const conflicts = [...reasons.values()].flat()
  const circling = new Set<string>()
  const { order, blockedBy } = orderStartable(candidates, links, reasons, circling, (cycle) => {
    conflicts.push(cycleError(records.get(cycle[0]!)!, cycle))
    for (const name of cycle) {
      // One circle is reason enough for a plugin that is in many.
      if (!circling.has(name)) reasons.set(name, [...(reasons.get(name) ?? []), cycleError(records.get(name)!, cycle)])
      circling.add(name)
    }
  })

  const blocked = new Map<string, PluginError>()
  for (const record of candidates) {
    const own = reasons.get(record.meta.name)
    if (own !== undefined) blocked.set(record.meta.name, combined(record, own))
  }
  for (const name of blockedBy.keys()) {
    if (!reasons.has(name)) blocked.set(name, blockedError(records.get(name)!, blockedBy, blocked))
  }
  return {
    order,
    disabled,
    blocked,
    conflicts,
    notes: candidates
      .filter(({ meta }) => meta.optionalDependencies.length + meta.collects.length > 0)
      .flatMap((record) => [
        ...passedOverNotes(record, input, links),
        ...failingNotes(record, links, (name) => blocked.has(name)),
      ]),
    report: conflicts.map(reportLine).sort().join('\n'),
  }
}

// Far more circles than anybody reads; a tangle of n plugins can have n! of them.
const CYCLE_LIMIT = 100

/**
 * Orders what can start. Circles are looked for among all plugins that are switched on, those with other problems
 * too, so that one report has everything; but through an optional dependency only where that one could start.
 * `onCycle` adds a circle's members to `reasons` and `circling`, and the rest is looked at again.
 */
function orderStartable(
  candidates: readonly PluginRecord[],
  links: PluginLinks,
  reasons: ReadonlyMap<string, unknown>,
  circling: ReadonlySet<string>,
  onCycle: (cycle: string[]) => void,
): { order: string[]; blockedBy: ReadonlyMap<string, string> } {
  // Where nobody is off and nothing is wrong, the graph of all is the one to order.
  if (reasons.size === 0 && candidates.length === links.graph.size && links.graph.isAcyclic()) {
    return { order: links.graph.topologicalOrder(), blockedBy: new Map() }
  }
  for (;;) {
    const blockedBy = spread(reasons.keys(), links, candidates)
    const down = (name: string) => reasons.has(name) || blockedBy.has(name)
    const left = candidates.map(({ meta }) => meta.name).filter((name) => !circling.has(name))
    const inPlay = new Set(left)
    const needs = new Map(left.map((name) => [name, links.needs.get(name)!]))
    const graph = graphOf(needs, (on, need) => inPlay.has(on) && (need === 'required' || !down(on)))
    if (graph.isAcyclic()) return { order: graph.topologicalOrder().filter((name) => !down(name)), blockedBy }
    for (const cycle of graph.cycles({ limit: CYCLE_LIMIT })) onCycle(cycle)
  }
}

/** Whom each plugin that must wait in vain waits for, over the shortest way to what is really wrong. */
function spread(
  roots: Iterable<string>,
  links: PluginLinks,
  candidates: readonly PluginRecord[],
): ReadonlyMap<string, string> {
  const on = new Set(candidates.map(({ meta }) => meta.name))
  const blockedBy = new Map<string, string>()
  const reached = new Set(roots)
  for (const name of reached) {
    for (const dependent of links.graph.dependentsOf(name)) {
      if (reached.has(dependent) || !on.has(dependent) || links.needs.get(dependent)!.of(name) !== 'required') continue
      reached.add(dependent)
      blockedBy.set(dependent, name)
    }
  }
  return blockedBy
}

function cycleError(record: PluginRecord, cycle: readonly string[]): PluginError {
  const path = [...cycle, cycle[0]].join(' -> ')
  const message = `Plugins depend on each other in a circle: ${path}. Move what they share into a third plugin.`
  return conflict(record, 'CFP_DEPENDENCY_CYCLE', 'dependencies', message)
}

function blockedError(
  record: PluginRecord,
  blockedBy: ReadonlyMap<string, string>,
  blocked: ReadonlyMap<string, PluginError>,
): PluginError {
  const nearest = blockedBy.get(record.meta.name)!
  let root = nearest
  for (let next = blockedBy.get(root); next !== undefined; next = blockedBy.get(root)) root = next
  const cause = blocked.get(root)!
  const because = root === nearest ? '' : ` because of "${root}"`
  const message = `Plugin "${record.meta.name}" was not started: it needs "${nearest}", which cannot start${because}: ${cause.message}`
  return conflict(record, 'CFP_DEPENDENCY_BLOCKED', `dependencies.${nearest}`, message, cause)
}

function failingNotes(
  { meta }: PluginRecord,
  links: PluginLinks,
  blocked: (name: string) => boolean,
): ResolutionNote[] {
  const own = links.needs.get(meta.name)!
  return own.names
    .filter((on) => own.of(on) === 'optional' && blocked(on))
    .map((dependency) => {
      const message = `Plugin "${meta.name}" goes without its optional dependency "${dependency}", which cannot start.`
      return { plugin: meta.name, dependency, message }
    })
}

function reportLine({ code, plugin, message }: PluginError): string {
  return `${plugin}: ${message} [${code}]`
}

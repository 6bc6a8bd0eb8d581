// Real graphs have circles, and nobody can order those.
import type { Entries } from './graphs.ts'

/** The same graph without the dependencies that close a circle. */
export async function withoutCircles(entries: Entries): Promise<Entries> {
  const { DependencyGraph } = await import('@cf-plugins/graph')
  const graph = new DependencyGraph()
  return entries.map(([name, dependencies]) => [
    name,
    dependencies.filter((dependency) => graph.tryAddDependency(name, dependency).added),
  ])
}

// Plugins by name, in the order that the registry knows, as the scheduler's numbers.
import type { PluginCatalog } from '@cf-plugins/registry'
import { rowsOf, schedule } from './schedule.ts'

/** Who depends on whom. */
export type PluginOrder = Pick<PluginCatalog, 'dependenciesOf' | 'order'>

const NONE: readonly number[] = []

/** What `order` says now of some plugins, whatever becomes of it. */
export function orderNow(order: PluginOrder, names: readonly string[]): PluginOrder {
  const sorted = order.order(names)
  const needs = new Map(sorted.map((name) => [name, order.dependenciesOf(name)]))
  return {
    order: (chosen = sorted) => {
      const wanted = new Set(chosen)
      return sorted.filter((name) => wanted.has(name))
    },
    dependenciesOf: (name) => needs.get(name) ?? [],
  }
}

/** For each plugin of `names`, which come dependencies first, the positions of those of `needs` that are among them. */
export function positionsOf(
  names: readonly string[],
  needs: readonly (readonly string[])[],
): readonly (readonly number[])[] {
  if (needs.every((list) => list.length === 0)) return names.map(() => NONE)
  const position = new Map<string, number>()
  for (const [at, name] of names.entries()) position.set(name, at)
  return needs.map((list, own) => {
    if (list.length === 0) return NONE
    const positions = list.map((name) => position.get(name) ?? own)
    // A later one is there only in a circle, whose members are never started.
    return positions.every((at) => at < own) ? positions : positions.filter((at) => at < own)
  })
}

/**
 * Runs for each plugin once the run of its dependencies is over, independent ones side by side; after a failure none begins.
 *
 * @throws what the first run that failed threw, when none is under way any more
 */
export async function inOrder(
  order: PluginOrder,
  names: readonly string[],
  run: (name: string) => unknown,
): Promise<void> {
  const { sorted, needs } = arranged(order, names)
  let failure: { readonly error: unknown } | undefined
  await schedule(rowsOf(needs), async (position) => {
    if (failure) return
    try {
      await run(sorted[position] as string)
    } catch (error) {
      failure ??= { error }
    }
  })
  if (failure) throw (failure as { readonly error: unknown }).error
}

/**
 * Runs for each plugin once the run of those that depend on it is over, independent ones side by side.
 *
 * @throws what the first run that failed threw, when all are over
 */
export async function inReverse(
  order: PluginOrder,
  names: readonly string[],
  run: (name: string) => unknown,
): Promise<void> {
  const { sorted, needs } = arranged(order, names)
  const last = sorted.length - 1
  const after: number[][] = sorted.map(() => [])
  needs.forEach((list, own) => {
    for (const dependency of list) after[last - dependency]?.push(last - own)
  })
  let failure: { readonly error: unknown } | undefined
  await schedule(rowsOf(after), async (position) => {
    try {
      await run(sorted[last - position] as string)
    } catch (error) {
      failure ??= { error }
    }
  })
  if (failure) throw failure.error
}

function arranged(order: PluginOrder, names: readonly string[]) {
  const sorted = order.order(names)
  const lists = sorted.map((name) => order.dependenciesOf(name))
  return { sorted, needs: positionsOf(sorted, lists) }
}

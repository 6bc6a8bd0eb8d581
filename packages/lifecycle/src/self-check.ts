// What new generations must pass before they are committed.
import { HotReloadError } from '@cf-plugins/plugin-api'
import type { Generation } from './generation.ts'
import { readHealth } from './health.ts'
import { inOrder, type PluginOrder } from './ordered.ts'

/**
 * `onReload` of each generation, after those of its dependencies, then `health` of all.
 *
 * @param limit what is left of the reload's time, in milliseconds
 * @throws the first failure, once nothing runs any more
 */
export async function checkGenerations(
  generations: readonly Generation[],
  order: PluginOrder,
  limit: () => number,
): Promise<void> {
  const byName = new Map(generations.map((generation) => [generation.name, generation]))
  await inOrder(order, [...byName.keys()], (name) => byName.get(name)?.call('onReload', limit()))
  const checks = await Promise.allSettled(generations.map((generation) => checkHealth(generation, limit())))
  for (const check of checks) if (check.status === 'rejected') throw check.reason
}

async function checkHealth(generation: Generation, limitMs: number): Promise<void> {
  const { name, record } = generation
  const { status, message } = readHealth(generation, await generation.call('health', limitMs))
  if (status !== 'unhealthy') return
  const { file, generation: load } = record.source
  const why = message === undefined ? '' : `: ${message}`
  throw new HotReloadError('CFP_UNHEALTHY', `Plugin "${name}" says after its reload that it is unhealthy${why}.`, {
    plugin: name,
    phase: 'health',
    file,
    generation: load,
  })
}

// What new generations must pass before they are committed.
import { HotReloadError } from '@cf-plugins/plugin-api'
import type { LifecycleCore } from './core.ts'
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

/**
 * Makes sure that a commit, which publishes the services of `generations`, cannot fail.
 *
 * @throws `CFP_SERVICE_TAKEN`
 */
export function assertServicesFree(core: LifecycleCore, generations: readonly Generation[]): void {
  const members = new Set(generations.map(({ name }) => name))
  const owners = new Map<string, string>()
  for (const { name, record, services } of generations.map((each) => ({
    name: each.name,
    record: each.record,
    services: each.services(),
  }))) {
    for (const service of services.keys()) {
      const committed = core.services.lookup(service)?.owner
      const outsider = committed !== undefined && !members.has(committed) ? committed : undefined
      const owner = owners.get(service) ?? outsider
      owners.set(service, name)
      if (owner === undefined) continue
      throw new HotReloadError(
        'CFP_SERVICE_TAKEN',
        `Plugin "${name}" offers the service "${service}", which plugin "${owner}" offers already. Rename one of them.`,
        { plugin: name, phase: 'validate', file: record.source.file, generation: record.source.generation },
      )
    }
  }
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

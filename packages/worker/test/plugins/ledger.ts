// A plugin in a thread that keeps account of the events that it has handled.
import { setTimeout as sleep } from 'node:timers/promises'
import type { PluginContext, PluginInstance, PluginMeta } from '@cf-plugins/plugin-api'

export const PLUGIN_META: PluginMeta = { name: 'ledger', version: '1.0.0', execution: 'worker' }

export function register(_app: unknown, { on, config, generation }: PluginContext): PluginInstance {
  const entries: number[] = []
  const { fails, takesMs = 0 } = (config ?? {}) as { readonly fails?: string; readonly takesMs?: number }
  on<number>('booked', async (entry) => {
    await sleep(takesMs)
    entries.push(entry)
  })
  const service = {
    entries: () => entries,
    generation: () => generation,
    setup: async () => {
      await sleep(20)
      if (fails === 'setup') throw new Error('it cannot be set up')
    },
    health: () => ({ status: fails === 'health' ? 'unhealthy' : 'healthy' }) as const,
    getReloadState: () => entries,
    setReloadState: (state: readonly number[]) => void entries.push(...state),
  }
  return service
}

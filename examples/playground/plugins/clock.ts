// Shows the plainest form: PLUGIN_META and a register that is not async. It publishes an event every second.
import type { PluginContext, PluginMeta } from 'cf-plugins'
import type { StatusLine } from './_shared/status-line.ts'

export interface ClockService {
  now(): Date
  /** Seconds since the clock started. */
  uptime(): number
}

export const PLUGIN_META = {
  name: 'clock',
  version: '1.0.0',
  description: 'Tells the time, and publishes clock.second',
} satisfies PluginMeta

export function register(_app: unknown, { every, publish, hooks }: PluginContext) {
  let startedAt = Date.now()
  const uptime = () => Math.floor((Date.now() - startedAt) / 1000)
  return {
    setup() {
      every(1000, () => publish('clock.second', { uptime: uptime() }))
      hooks.on('status', (): StatusLine => ({ plugin: 'clock', line: `runs for ${uptime()} s` }))
    },
    getReloadState: () => ({ startedAt }),
    setReloadState(state: { startedAt: number }) {
      startedAt = state.startedAt
    },
    now: () => new Date(),
    uptime,
  }
}

// How well plugins are, as they say themselves.
import { messageOf, PluginError, type PluginHealth } from '@cf-plugins/plugin-api'
import type { Generation } from './generation.ts'
import type { PluginSlot } from './plugin-slot.ts'

/** What an active plugin's `health` answered. One that throws, hangs or answers something else is unhealthy; one without the hook is healthy. */
export interface PluginHealthReport extends PluginHealth {
  readonly plugin: string
  /** Which load of its code answered, from 1. */
  readonly generation: number
  readonly durationMs: number
}

/** Asks plugins side by side, each within its `timeouts.reloadMs`. Without those that ceased to be active meanwhile. */
export async function askHealth(slots: readonly PluginSlot[]): Promise<PluginHealthReport[]> {
  const reports = await Promise.all(slots.map(askOne))
  return reports.filter((report) => report !== undefined)
}

/** @throws `CFP_HEALTH_INVALID` */
export function readHealth({ name, record }: Generation, answer: unknown): PluginHealth {
  if (answer === undefined) return HEALTHY
  const { status, message } = (answer ?? {}) as Partial<PluginHealth>
  if (status === 'healthy' || status === 'degraded' || status === 'unhealthy') {
    return message === undefined ? { status } : { status, message: String(message) }
  }
  const { file, generation } = record.source
  throw new PluginError(
    'CFP_HEALTH_INVALID',
    `health() of plugin "${name}" did not return { status: 'healthy' | 'degraded' | 'unhealthy', message? }.`,
    { plugin: name, phase: 'health', file, generation },
  )
}

const HEALTHY: PluginHealth = { status: 'healthy' }

async function askOne(slot: PluginSlot): Promise<PluginHealthReport | undefined> {
  const { serving } = slot
  if (!serving || slot.state !== 'active') return undefined
  const from = performance.now()
  const health = await answerOf(serving)
  // What it says while it is torn down is nobody's health any more.
  if (slot.serving !== serving || slot.state !== 'active') return undefined
  const { generation } = serving.record.source
  return { plugin: slot.name, generation, ...health, durationMs: performance.now() - from }
}

async function answerOf(generation: Generation): Promise<PluginHealth> {
  try {
    return readHealth(generation, await generation.hooks.ask('health'))
  } catch (error) {
    const { cause } = error as PluginError
    return { status: 'unhealthy', message: messageOf(cause ?? error) }
  }
}

import type { PluginInstance } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { never, plugin, sleep, started } from './support.ts'

const GATE_MS = 200
/** What a loaded machine may add, far less than any single bound of a plugin. */
const SLACK_MS = 1500

/** A plugin with default bounds, 5 to 10 s each, that does as it is told. */
function record(generation: number, instance: PluginInstance = {}, own: (() => unknown) | undefined = undefined) {
  return plugin(
    { name: 'a' },
    (_app, context) => {
      if (own) context.own(own)
      return { getReloadState: () => ({}), setReloadState: () => {}, ...instance }
    },
    { generation },
  )
}

/** How long a reload keeps the plugin's events waiting, in milliseconds, and how it ends. */
async function reload(from: ReturnType<typeof record>, to: ReturnType<typeof record>) {
  const lifecycle = await started([from], { reloadBounds: { gateMs: GATE_MS, drainMs: 50 } })
  const begin = performance.now()
  const report = await lifecycle.reload({ set: [to] })
  return { report, tookMs: performance.now() - begin, status: lifecycle.status('a') }
}

describe('the gate of a reload', () => {
  it('is closed no longer than its bound, whatever the old code takes to end', async () => {
    const { report, tookMs } = await reload(record(1, { setup: () => {}, teardown: never }, never), record(2))
    expect(report).toMatchObject({ outcome: 'committed' })
    expect(report.problems.map(({ code }) => code)).toEqual(['CFP_TEARDOWN_TIMEOUT', 'CFP_RELEASE_FAILED'])
    expect(tookMs).toBeLessThan(GATE_MS + SLACK_MS)
  })

  it('is closed once more as long for a rollback, whatever the new code takes to start and to end', async () => {
    const slow = record(2, { setup: never, teardown: never }, never)
    const { report, tookMs, status } = await reload(record(1), slow)
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_SETUP_TIMEOUT' } })
    expect(status).toMatchObject({ state: 'active', generation: 1 })
    expect(tookMs).toBeLessThan(2 * GATE_MS + SLACK_MS)
  })

  it('leaves the old code time to come back, where the new one fails at the very end and does not end', async () => {
    const old = record(1, { setup: () => sleep(20) })
    const bad = record(2, { onReload: never, teardown: never }, never)
    const { report, tookMs, status } = await reload(old, bad)
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_RELOAD_HOOK_TIMEOUT' } })
    expect(status).toMatchObject({ state: 'active', generation: 1 })
    expect(tookMs).toBeLessThan(2 * GATE_MS + SLACK_MS)
  })
})

// Reloads of plugins in threads, as of any: gates, drains, rollbacks, units with plugins that run inline, old beside new.
import type { InThread, PluginContext, PluginMeta } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { inlineRecord, pluginRecord, started, until } from './plugin-support.ts'

interface Ledger {
  entries(): number[]
  generation(): number
}

interface LedgerConfig {
  readonly fails?: 'setup' | 'health'
  readonly takesMs?: number
}

/** A host with the ledger, whose next code is started with the configuration that was set last. */
async function ledger(first: LedgerConfig = {}, meta: Partial<PluginMeta> = {}, bounds: { drainMs?: number } = {}) {
  const known = { config: first, generation: 1 }
  const user = inlineRecord({ name: 'user', dependencies: ['ledger'] }, (_app: unknown, { inject }: PluginContext) => {
    const service = inject('ledger') as InThread<Ledger>
    return { ledgerOf: () => service.generation() }
  })
  const host = await started([await pluginRecord('ledger', meta), user], {
    configOf: (plugin) => (plugin === 'ledger' ? known.config : undefined),
    reloadBounds: { gateMs: 20_000, ...bounds },
  })
  expect(host.report.failed).toEqual([])
  const { lifecycle, threads } = host
  return {
    ...host,
    service: () => lifecycle.service('ledger') as InThread<Ledger>,
    /** Which ledger the plugin that needs it has. */
    used: () => (lifecycle.service('user') as { ledgerOf(): Promise<number> }).ledgerOf(),
    running: () => threads.status().find(({ plugin }) => plugin === 'ledger')?.threads ?? 0,
    reload: async (config: LedgerConfig = {}) => {
      known.config = config
      const report = await lifecycle.reload({ set: [await pluginRecord('ledger', meta, ++known.generation)] })
      if (report.outcome !== 'committed') known.config = {}
      return report
    },
  }
}

describe.each(['exclusive', 'overlap'] as const)('a reload of a plugin in a thread, %s', (strategy) => {
  const meta = { reload: { strategy } }

  it('has each event handled once and in order, over good and bad versions, and ends every old thread', async () => {
    const { lifecycle, service, used, running, reload } = await ledger({}, meta)
    let booked = 0
    let isOver = false
    const failures: unknown[] = []
    const booking = (async () => {
      while (!isOver) {
        const report = await lifecycle.events.emit('booked', ++booked)
        failures.push(...report.failures)
      }
    })()
    const outcomes: string[] = []
    for (const config of [{}, { fails: 'setup' }, {}, { fails: 'health' }, {}] as const) {
      const { outcome } = await reload(config)
      outcomes.push(outcome)
      const from = booked
      await until(() => booked > from + 3)
    }
    isOver = true
    await booking
    expect(outcomes).toEqual(['committed', 'rolled-back', 'committed', 'rolled-back', 'committed'])
    expect(failures).toEqual([])
    expect(await service().entries()).toEqual(Array.from({ length: booked }, (_, at) => at + 1))
    expect([await service().generation(), await used()]).toEqual([6, 6])
    await until(() => running() === 1)
  })

  it('waits for what is in flight there', async () => {
    const { lifecycle, service, reload } = await ledger({ takesMs: 300 }, meta)
    const emitted = [1, 2, 3].map((entry) => lifecycle.events.emit('booked', entry))
    expect(lifecycle.inFlight('ledger')).toBe(3)
    expect((await reload()).outcome).toBe('committed')
    const reports = await Promise.all(emitted)
    expect(reports.flatMap(({ failures }) => failures)).toEqual([])
    expect((await service().entries()).sort()).toEqual([1, 2, 3])
  })

  it('keeps the old version where what is in flight there does not end in time, and leaves no thread behind', async () => {
    const { lifecycle, service, used, running, reload } = await ledger({ takesMs: 2000 }, meta, { drainMs: 100 })
    const emitted = lifecycle.events.emit('booked', 1)
    const { outcome, error } = await reload()
    expect(outcome).not.toBe('committed')
    expect(error).toMatchObject({ code: 'CFP_DRAIN_TIMEOUT', plugin: 'ledger' })
    expect([await service().generation(), await used()]).toEqual([1, 1])
    expect((await emitted).failures).toEqual([])
    expect(await service().entries()).toEqual([1])
    await until(() => running() === 1)
  })
})

it('a plugin in a thread is switched off and on, unloaded and added again, and whoever needs it with it', async () => {
  const { lifecycle, used, running } = await ledger()
  await lifecycle.disable('ledger')
  expect(lifecycle.status('user').state).toBe('blocked')
  await lifecycle.enable('ledger')
  expect(await used()).toBe(1)
  await lifecycle.unload('ledger')
  await until(() => running() === 0)
  await lifecycle.add([await pluginRecord('ledger', {}, 2)])
  expect([lifecycle.status('user').state, await used()]).toEqual(['active', 2])
})

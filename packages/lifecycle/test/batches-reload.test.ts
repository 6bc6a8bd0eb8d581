// Batches through every way in which a plugin can be replaced, or lost.
import type { PluginInstance } from '@cf-plugins/plugin-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deferred, logTo, plugin, started, until } from './support.ts'

/** Longer than any test. */
const LONG = { size: 1000, waitMs: 60_000 }

/** A plugin that notes what it gets in batches, by its generation. */
function collector(seen: string[], generation = 1, batch = LONG, more: PluginInstance = {}) {
  return plugin(
    { name: 'a' },
    (_app, { on }) => {
      on('tick', (ticks: readonly number[]) => void seen.push(`${generation}: ${ticks.join(' ')}`), { batch })
      return more
    },
    { generation },
  )
}

/** Brings `a` to `failed` while a batch waits for it: the new code fails, and so does the old when it is brought back. */
async function failed(seen: string[], log: string[] = []) {
  let starts = 0
  const setup = () => {
    if (++starts > 1) throw new Error('no')
  }
  const lifecycle = await started([collector(seen, 1, LONG, { setup })], { logger: logTo(log) })
  const emitted = lifecycle.events.emit('tick', 1)
  lifecycle.events.publish('tick', 2)
  const gap = deferred()
  const broken = collector(seen, 2, LONG, { setup: () => gap.promise })
  const reload = lifecycle.reload({ set: [broken] })
  await until(() => lifecycle.status('a').state === 'swapping')
  lifecycle.events.publish('tick', 3)
  gap.reject(new Error('no'))
  expect(await reload).toMatchObject({ outcome: 'failed' })
  return { lifecycle, emitted }
}

describe('a batch that waits for a plugin whose rollback fails', () => {
  it('is kept, its emitters told, and goes to the next good code, before what came later (faults 42, 55)', async () => {
    const seen: string[] = []
    const { lifecycle, emitted } = await failed(seen)
    expect((await emitted).failures).toMatchObject([{ plugin: 'a', error: { code: 'CFP_EVENT_KEPT' } }])
    expect(await lifecycle.reload({ set: [collector(seen, 3)] })).toMatchObject({ outcome: 'committed' })
    lifecycle.events.publish('tick', 4)
    await lifecycle.disable('a')
    expect(seen.every((line) => line.startsWith('3: '))).toBe(true)
    expect(seen.flatMap((line) => line.slice(3).split(' '))).toEqual(['1', '2', '3', '4'])
  })

  it('is told as not delivered where the plugin is unloaded instead (fault 81)', async () => {
    const seen: string[] = []
    const log: string[] = []
    const { lifecycle, emitted } = await failed(seen, log)
    await emitted
    log.length = 0
    await lifecycle.unload('a')
    expect(seen).toEqual([])
    // The two of the batch as one, and the one that came later.
    expect(log.join('\n')).toMatch(/"a" .*2 events waited.*not delivered/)
    expect(log.filter((line) => /^error: .*"a" failed in "tick"/.test(line))).not.toEqual([])
  })
})

it('a plugin that waits for the batch of another that is reloaded with it does not keep both from it (fault 58)', async () => {
  const seen: string[] = []
  const lifecycle = await started([
    collector(seen, 1, { size: 1000, waitMs: 50 }),
    plugin({ name: 'b', dependencies: ['a'] }, (_app, { on, emit }) => {
      on('go', async () => {
        seen.push(`b was told, ${(await emit('tick', 1)).failures.length} failed`)
      })
      return {}
    }),
  ])
  const going = lifecycle.events.emit('go')
  const report = await lifecycle.reload({ set: [collector(seen, 2)] })
  expect(report.outcome).toBe('committed')
  await going
  expect(seen).toEqual(['1: 1', 'b was told, 0 failed'])
})

it('whatever happens to its plugin, each event reaches it once and in order (fault 55) (invariant 7)', async () => {
  const steps = fc.constantFrom('emit', 'publish', 'reload', 'roll back', 'rest', 'overlap')
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { minLength: 5, maxLength: 25 }),
      fc.integer({ min: 1, max: 4 }),
      async (commands, size) => {
        const seen: number[] = []
        let generation = 1
        const version = (reload: 'exclusive' | 'overlap', setup?: () => Promise<void>) =>
          plugin(
            { name: 'a', reload: { strategy: reload, state: 'keep' } },
            (_app, { on }) => {
              on('tick', (ticks: readonly number[]) => void seen.push(...ticks), { batch: { size, waitMs: 1 } })
              return setup ? { setup } : {}
            },
            { generation: generation++ },
          )
        const lifecycle = await started([version('exclusive')])
        const emits: Promise<unknown>[] = []
        let sent = 0
        const send = (isAwaited: boolean) => {
          if (isAwaited) emits.push(lifecycle.events.emit('tick', sent++))
          else lifecycle.events.publish('tick', sent++)
        }
        for (const command of commands) {
          if (command === 'emit' || command === 'publish') send(command === 'emit')
          else if (command === 'rest') {
            await lifecycle.disable('a')
            await lifecycle.enable('a')
          } else {
            // Some while it is replaced.
            const setup = async () => {
              send(false)
              await new Promise(setImmediate)
              send(true)
              if (command === 'roll back') throw new Error('no')
            }
            const strategy = command === 'overlap' ? 'overlap' : 'exclusive'
            const { outcome } = await lifecycle.reload({ set: [version(strategy, setup)] })
            expect(outcome).toBe(command === 'roll back' ? 'rolled-back' : 'committed')
          }
        }
        await lifecycle.disable('a')
        await Promise.all(emits)
        expect(seen).toEqual(Array.from({ length: sent }, (_, n) => n))
        await lifecycle.stop()
      },
    ),
    { numRuns: 40 },
  )
})

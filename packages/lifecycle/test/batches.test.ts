// Events that wait in a batch while the life of their plugin goes on: none is lost, doubled or out of order.
import { eventRef, type PluginContext } from '@cf-plugins/plugin-api'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { deferred, plugin, started, until } from './support.ts'

const Tick = eventRef<number>('tick')
const HOUR_MS = 3_600_000
const batch = { size: 10, waitMs: HOUR_MS }

/** Handles ticks ten at a time, and notes what happens. */
function collector(log: string[], generation = 1, hooks: object = {}) {
  return plugin(
    { name: 'a' },
    (_app, context) => {
      context.on(Tick, (ticks) => void log.push(`${generation}: ${ticks.join(' ')}`), { batch })
      return {
        onDisable: () => void log.push('onDisable'),
        teardown: () => void log.push(`teardown ${generation}`),
        ...hooks,
      }
    },
    { generation },
  )
}

describe('a batch that waits', () => {
  it('is delivered before onDisable, and before the teardown of an unload', async () => {
    const log: string[] = []
    const lifecycle = await started([collector(log)])
    lifecycle.events.publish('tick', 1)
    lifecycle.events.publish('tick', 2)
    await lifecycle.disable('a')
    expect(log).toEqual(['1: 1 2', 'onDisable'])
    await lifecycle.enable('a')
    lifecycle.events.publish('tick', 3)
    await lifecycle.unload('a')
    expect(log.slice(2)).toEqual(['1: 3', 'teardown 1'])
  })

  it('is delivered before the teardown of a stop, which waits for its handler', async () => {
    const log: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, context) => {
        const handle = async (ticks: readonly number[]) => {
          await new Promise(setImmediate)
          log.push(ticks.join(' '))
        }
        context.on(Tick, handle, { batch })
        return { teardown: () => void log.push('teardown') }
      }),
    ])
    lifecycle.events.publish('tick', 1)
    lifecycle.events.publish('tick', 2)
    const { undelivered } = await lifecycle.stop()
    expect(log).toEqual(['1 2', 'teardown'])
    expect([...undelivered]).toEqual([])
  })

  it('while its plugin is replaced is for the new code, with what comes meanwhile and after, in order', async () => {
    const log: string[] = []
    const lifecycle = await started([collector(log)])
    for (const tick of [1, 2, 3]) lifecycle.events.publish('tick', tick)
    const gate = deferred()
    const reload = lifecycle.reload({ set: [collector(log, 2, { setup: () => gate.promise })] })
    await until(() => lifecycle.status('a').state === 'swapping')
    lifecycle.events.publish('tick', 4)
    gate.resolve()
    await reload
    for (const tick of [5, 6]) lifecycle.events.publish('tick', tick)
    await lifecycle.disable('a')
    const delivered = log.filter((line) => line.startsWith('2: ')).flatMap((line) => line.slice(3).split(' '))
    expect(delivered).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(log.some((line) => line.startsWith('1: '))).toBe(false)
  })

  it('is for the old code again after a rollback', async () => {
    const log: string[] = []
    const lifecycle = await started([collector(log)])
    for (const tick of [1, 2]) lifecycle.events.publish('tick', tick)
    const broken = collector(log, 2, { setup: () => Promise.reject(new Error('no')) })
    expect(await lifecycle.reload({ set: [broken] })).toMatchObject({ outcome: 'rolled-back' })
    lifecycle.events.publish('tick', 3)
    await lifecycle.disable('a')
    const delivered = log.filter((line) => line.startsWith('1: ')).flatMap((line) => line.slice(3).split(' '))
    expect(delivered).toEqual(['1', '2', '3'])
    expect(log.some((line) => line.startsWith('2: '))).toBe(false)
  })

  it('keeps an awaited emit waiting until it is handled, also by the next generation', async () => {
    const log: string[] = []
    const lifecycle = await started([collector(log)])
    const emitted = lifecycle.events.emit('tick', 1).then(({ failures }) => log.push(`told, ${failures.length} failed`))
    await lifecycle.reload({ set: [collector(log, 2)] })
    await emitted
    expect(log).toEqual(['teardown 1', '2: 1', 'told, 0 failed'])
  })
})

it('a batch handler is given payloads and what is known of each, typed by the reference', () => {
  const types = ({ on }: PluginContext) =>
    on(
      Tick,
      (ticks, contexts) => {
        expectTypeOf(ticks).toEqualTypeOf<readonly number[]>()
        expectTypeOf(contexts[0]?.payload).toEqualTypeOf<number | undefined>()
      },
      { batch },
    )
  expect(types).toBeTypeOf('function')
})

// Pipelines in the life of plugins: whose steps are live, which code runs them, and who may send something through.
import { type PluginContext, pipelineRef } from '@cf-plugins/plugin-api'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { deferred, plugin, rejection, started, until } from './support.ts'

interface Order {
  readonly log: readonly string[]
}
const Orders = pipelineRef<Order>('orders')
const noted = (what: string) => (order: Order) => ({ log: [...order.log, what] })
const EMPTY: Order = { log: [] }

/** Adds a step that notes its name and its generation. */
function stepper(name: string, generation = 1, more: (context: PluginContext) => object = () => ({})) {
  return plugin(
    { name },
    (_app, context) => {
      context.pipeline(Orders).step(`by ${name}`, noted(`${name}${context.generation}`))
      return more(context)
    },
    { generation },
  )
}

describe('steps of plugins', () => {
  it('are live from the commit on, in order, and gone while their plugin rests and when it is unloaded', async () => {
    const lifecycle = await started([stepper('a'), stepper('b')])
    const run = async () => (await lifecycle.pipelines.get(Orders).run(EMPTY)).log
    expect(await run()).toEqual(['a1', 'b1'])
    await lifecycle.disable('a')
    expect(await run()).toEqual(['b1'])
    await lifecycle.enable('a')
    await lifecycle.unload('b')
    expect(await run()).toEqual(['a1'])
    await lifecycle.stop()
    expect(await run()).toEqual([])
  })

  it('are those of the new code after a reload, in their old place, and of the old code after a rollback', async () => {
    const lifecycle = await started([stepper('a'), stepper('b')])
    const run = async () => (await lifecycle.pipelines.get(Orders).run(EMPTY)).log
    await lifecycle.reload({ set: [stepper('a', 2)] })
    expect(await run()).toEqual(['a2', 'b1'])
    const broken = stepper('a', 3, () => ({ setup: () => Promise.reject(new Error('no')) }))
    expect(await lifecycle.reload({ set: [broken] })).toMatchObject({ outcome: 'rolled-back' })
    expect(await run()).toEqual(['a2', 'b1'])
  })

  it('that run are waited for by a reload, and a run that comes meanwhile goes on with the new code', async () => {
    const held = deferred()
    let isHeld = true
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, context) => {
        context.pipeline(Orders).step('slow', async (order) => {
          if (isHeld) await held.promise
          return noted('old')(order)
        })
        return {}
      }),
    ])
    const orders = lifecycle.pipelines.get(Orders)
    const first = orders.run(EMPTY)
    const reload = lifecycle.reload({ set: [stepper('a', 2)] })
    await until(() => lifecycle.status('a').state === 'gating')
    const second = orders.run(EMPTY)
    isHeld = false
    held.resolve()
    expect(await first).toEqual({ log: ['old'] })
    expect(await reload).toMatchObject({ outcome: 'committed' })
    expect(await second).toEqual({ log: ['a2'] })
  })

  it('are undone where a later one fails, of whichever plugin it is', async () => {
    const log: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, context) => {
        const undo = (order: Order) => void log.push(`undone, it was given ${order.log.length}`)
        context.pipeline(Orders).step('reserve', noted('reserved'), { undo })
        return {}
      }),
      plugin({ name: 'b' }, (_app, context) => {
        context.pipeline(Orders).step('charge', () => Promise.reject(new Error('no money')))
        return {}
      }),
    ])
    const error = await rejection(lifecycle.pipelines.get(Orders).run(EMPTY))
    expect(error).toMatchObject({
      code: 'CFP_PIPELINE_FAILED',
      plugin: 'b',
      message: expect.stringContaining('charge'),
    })
    expect(log).toEqual(['undone, it was given 0'])
  })
})

describe('a plugin that runs a pipeline', () => {
  it('may as long as it is active: neither before, nor in its teardown, nor after', async () => {
    const codes: (string | undefined)[] = []
    let kept: PluginContext | undefined
    const lifecycle = await started([
      stepper('b'),
      plugin({ name: 'a' }, (_app, context) => {
        kept = context
        const refused = async () => void codes.push((await rejection(context.pipeline(Orders).run(EMPTY))).code)
        context.hooks.on('order', () => context.pipeline(Orders).run(EMPTY))
        return { setup: refused, teardown: refused }
      }),
    ])
    expect(await lifecycle.hooks.call('order')).toEqual([{ log: ['b1'] }])
    await lifecycle.unload('a')
    codes.push((await rejection(kept?.pipeline(Orders).run(EMPTY) ?? Promise.resolve())).code)
    expect(codes).toEqual(['CFP_EMIT_BEFORE_COMMIT', 'CFP_EMIT_IN_TEARDOWN', 'CFP_GENERATION_RETIRED'])
    expect(() => kept?.pipeline(Orders).step('late', noted('late'))).toThrow(
      expect.objectContaining({ code: 'CFP_GENERATION_RETIRED' }),
    )
  })

  it('passes its own step while it is drained, and so does not wait for itself (fault 58)', async () => {
    const held = deferred()
    const lifecycle = await started([
      stepper('a', 1, (context) => {
        context.on('tick', async () => {
          await held.promise
          return context.pipeline(Orders).run(EMPTY)
        })
        return {}
      }),
    ])
    const tick = lifecycle.events.emit('tick')
    const reload = lifecycle.reload({ restart: ['a'] })
    await until(() => lifecycle.status('a').state === 'gating')
    held.resolve()
    expect(await tick).toMatchObject({ failures: [] })
    expect(await reload).toMatchObject({ outcome: 'committed' })
  })

  it('is held to its permissions, for steps and for runs', async () => {
    const codes: unknown[] = []
    await started([
      plugin({ name: 'a', permissions: ['pipeline:invoices'] }, (_app, { pipeline, on }) => {
        const attempt = (task: () => unknown) => {
          try {
            task()
          } catch (error) {
            codes.push((error as { code?: string }).code)
          }
        }
        pipeline('invoices').step('mine', (value) => value)
        attempt(() => pipeline(Orders).step('other', noted('other')))
        attempt(() => on('x', () => {}))
        return {}
      }),
    ])
    expect(codes).toEqual(['CFP_ACCESS_DENIED', 'CFP_ACCESS_DENIED'])
  })
})

it('a reference carries the type of what goes through', () => {
  const types = ({ pipeline }: PluginContext) => {
    expectTypeOf(pipeline(Orders).run).returns.resolves.toEqualTypeOf<Order>()
    expectTypeOf(pipeline('orders').run).returns.resolves.toBeUnknown()
    pipeline(Orders).step('right', (order) => ({ log: order.log }))
    // @ts-expect-error a step gives what the next one takes
    pipeline(Orders).step('wrong', () => 1)
    // @ts-expect-error what is sent through is an order
    pipeline(Orders).run({})
  }
  expect(types).toBeTypeOf('function')
})

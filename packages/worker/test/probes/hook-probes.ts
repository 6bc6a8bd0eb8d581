// What a plugin finds out about hooks and pipelines.
import { hookRef, type StepContext, type Undo } from '@cf-plugins/plugin-api'
import { Around, caught, First, Helper, Narrow, Orders, type Probes, Title, thrownBy } from './probing.ts'

export const HOOK_PROBES: Probes = {
  'hooks of each kind': async ({ hooks }) => {
    hooks.on('probe.list', (value) => [value, 1])
    hooks.on('probe.list', async (value) => [value, 2], { priority: 'high' })
    hooks.on(Title, (title, page) => `${title}!${page}`)
    hooks.on(Title, async (title) => `${title}?`, { priority: 'low' })
    hooks.on(First, (key) => (key === 'mine' ? 'found' : undefined))
    hooks.on(Around, async (next, value) => (await next(value + 1)) * 10)
    hooks.on(Narrow, (value) => value)
    return [
      await hooks.call('probe.list', { a: 1 }),
      await hooks.call(Title, 'title', 3),
      await hooks.call(First, 'mine'),
      await hooks.call(First, 'other'),
      await hooks.call(Around, (value) => value + 0.5, 1),
      await hooks.call(Narrow, 4),
    ]
  },

  'hooks that others call, and hooks of others': async ({ hooks, inject }) => {
    hooks.on('probe.called', (...args) => ({ args }))
    hooks.on('probe.failing', () => {
      throw Object.assign(new Error('cannot'), { code: 'E_CANNOT' })
    })
    const helper = inject(Helper)
    return [
      await helper.hook('probe.called', 1, 'two', { three: 3 }),
      await caught(() => helper.hook('probe.failing')),
      await hooks.call('helper.double', 21),
      hooks.callSync('helper.double', 21),
      await caught(() => hooks.call('helper.broken')),
      thrownBy(() => hooks.callSync('helper.broken')),
      thrownBy(() => hooks.callSync('helper.later')),
      await caught(() => hooks.call('other.x')),
      thrownBy(() => hooks.callSync('other.x')),
      await caught(() => hooks.call(hookRef.bail('probe.title'), 1 as never)),
    ]
  },

  'pipelines: steps, their maps, groups and undos': async ({ pipeline, inject }) => {
    const undone: unknown[] = []
    const orders = pipeline(Orders)
    orders.step('sum', (order, context) => {
      context.shared.set('seen', ['sum'])
      context.own.set('left', { by: 'sum' })
      return { ...order, total: order.total + 1 }
    })
    orders.step(
      'tax',
      async (order, context: StepContext) => {
        ;(context.shared.get('seen') as string[]).push('tax')
        return { ...order, total: order.total * 2 }
      },
      {
        after: 'sum',
        undo: (order, { own, shared, step, pipeline: of }) =>
          void undone.push([order, [...own], [...shared], step, of]),
      },
    )
    orders.step('one', () => ({ one: 1 }) as never, { group: 'both', after: 'tax' })
    orders.step('other', async () => ({ other: 2 }) as never, { group: 'both', after: 'tax' })
    const ran = await orders.run({ total: 1, log: [] })
    const shared = new Map<string, unknown>([['given', 'here']])
    const again = await inject(Helper).run('probe.orders', { total: 5, log: [] })
    const end = orders.step(
      'end',
      () => {
        throw new Error('no stock')
      },
      { priority: 'low', after: ['one', 'other'] },
    )
    const failed = await caught(() => orders.run({ total: 1, log: [] }, { shared }))
    const leave: Undo = orders.step('leave', () => leave(), {
      before: 'sum',
      undo: () => void undone.push('though it left'),
    })
    const left = await caught(() => orders.run({ total: 1, log: [] }, { shared }))
    end()
    const aborted = await caught(() => orders.run({ total: 1, log: [] }, { signal: AbortSignal.abort() }))
    return [ran, again, failed, left, aborted, undone, await caught(() => pipeline('other.y').run(1))]
  },
}

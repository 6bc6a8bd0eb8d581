// Two managers in one process, over the same folder, do not meet.
import { expect, it } from 'vitest'
import { PluginFolder } from './plugin-folder.ts'

const source = (step: number) => `
import { definePlugin } from 'cf-plugins'
let count = 0
const seen: unknown[] = []
export default definePlugin({
  name: 'counter', version: '1.0.0',
  state: { save: () => count, restore: (saved: number) => { count = saved } },
  setup({ on, hooks, shared }) {
    on('tick', (payload) => seen.push(payload))
    hooks.on('who', () => shared)
    return { seen, increment: () => (count += ${step}) }
  },
})`

interface Counter {
  readonly seen: unknown[]
  increment(): number
}

it('keeps events, hooks, services, states, reloads and stops of two managers apart', async () => {
  const folder = await PluginFolder.make({ 'counter.ts': source(1) })
  const one = await folder.started({ shared: 'one' })
  const two = await folder.started({ shared: 'two' })
  const of = ({ manager }: typeof one) => manager.get('counter') as Counter
  expect(of(one)).not.toBe(of(two))
  await one.manager.events.emit('tick', 1)
  await two.manager.events.emit('tick', 2)
  expect([of(one).seen, of(two).seen]).toEqual([[1], [2]])
  expect([await one.manager.hooks.call('who'), await two.manager.hooks.call('who')]).toEqual([['one'], ['two']])
  expect([of(one).increment(), of(one).increment(), of(two).increment()]).toEqual([1, 2, 1])

  await folder.save('counter.ts', source(10))
  const untouched = of(two)
  expect((await one.manager.reload('counter')).outcome).toBe('committed')
  expect(of(two)).toBe(untouched)
  expect(two.reports).toEqual([])
  expect([of(one).increment(), of(two).increment()]).toEqual([12, 2])

  await one.manager.disable('counter')
  expect(two.manager.status('counter').state).toBe('active')
  await one.manager.stop()
  await two.manager.events.emit('tick', 3)
  expect(of(two).seen).toEqual([2, 3])
  expect((await two.manager.reload('counter')).outcome).toBe('committed')
  expect(of(two).increment()).toBe(12)
})

it('lets both managers see an edit', async () => {
  const folder = await PluginFolder.make({ 'counter.ts': source(1) })
  const one = await folder.started({ hotReload: true })
  const two = await folder.started({ hotReload: true })
  const [first, second] = await Promise.all([
    one.reported(() => folder.save('counter.ts', source(10))),
    two.reported(async () => {}),
  ])
  expect([first.outcome, second.outcome]).toEqual(['committed', 'committed'])
})

// A pipeline whose steps come from several plugins in files: in order, side by side, cancelled, undone, and replaced in mid-run.
import { expect, it } from 'vitest'
import { PipelineError, pipelineRef } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

/** What the steps find and leave; the host's object. */
interface Desk {
  readonly done: string[]
  /** Steps that fail. */
  readonly broken: Set<string>
  /** Steps that wait until they are let go, with what lets them. */
  readonly held: Map<string, Promise<void>>
}

const refs = `
import { pipelineRef } from 'cf-plugins'
export interface Order { items: string[]; price?: number; tax?: number; stock?: string; sent?: string }
export const Orders = pipelineRef<Order>('orders')`

/** A plugin with steps, given as source; each of them begins with `await at(name)`. */
const stepping = (name: string, steps: string) => `
import { definePlugin } from 'cf-plugins'
import { Orders } from './_orders.ts'
interface Desk { done: string[]; broken: Set<string>; held: Map<string, Promise<void>> }
export default definePlugin({
  name: '${name}', version: '1.0.0',
  setup({ pipeline, shared }) {
    const { done, broken, held } = shared as Desk
    const at = (step: string) => {
      if (broken.has(step)) throw new Error(step + ' is broken')
      done.push(step)
      return held.get(step)
    }
    const taken = (step: string) => void done.push('undo ' + step)
    const orders = pipeline(Orders)
    ${steps}
  },
})`
const prices = (price: number) =>
  stepping(
    'prices',
    `orders.step('price', (order) => { void at('price'); return { ...order, price: order.items.length * ${price} } }, { priority: 'high', undo: (_, { own }) => taken('price ${price}' + (own.get('note') ?? '')) })
    orders.step('tax', async ({ price = 0 }) => { await at('tax'); return { tax: price / 10 } }, { group: 'parts', undo: () => taken('tax') })`,
  )
const stock = stepping(
  'stock',
  `orders.step('reserve', async ({ items }, { own, shared }) => { await at('reserve'); own.set('items', items); shared.set('shelf', 7); return { stock: 'kept' } },
      { group: 'parts', undo: (_, { own }) => taken('reserve ' + own.get('items')) })
    orders.step('gift', (order) => { void at('gift'); return { ...order, items: [...order.items, 'a gift'] } },
      { after: 'reserve', condition: ({ items }) => items.includes('book'), undo: () => { throw new Error('no return of gifts') } })`,
)
const mail = (mark: string) =>
  stepping(
    'mail',
    `orders.step('send', async (order, { signal, shared }) => { const hold = at('send'); signal.addEventListener('abort', () => done.push('told')); await hold; return { ...order, sent: '${mark} from shelf ' + shared.get('shelf') } },
      { priority: 'low', timeoutMs: 2000 })
    orders.step('log', () => void at('log'), { after: 'send', priority: -1, condition: () => '${mark}' !== 'quiet' })`,
  )

async function shop() {
  const folder = await PluginFolder.make({
    '_orders.ts': refs,
    'prices.ts': prices(10),
    'stock.ts': stock,
    'mail.ts': mail('sent'),
  })
  const desk: Desk = { done: [], broken: new Set(), held: new Map() }
  const host = await folder.started({ hotReload: true, shared: desk })
  expect(host.report.failed).toEqual([])
  const Orders = pipelineRef<{ items: string[]; [more: string]: unknown }>('orders')
  return { ...host, folder, desk, orders: host.manager.pipeline(Orders) }
}

/** A promise, and what fulfils it. */
function held(): [promise: Promise<void>, release: () => void] {
  let release = () => {}
  const promise = new Promise<void>((resolve) => {
    release = resolve
  })
  return [promise, release]
}

it('runs steps of several plugins, sync and async, in order, groups side by side, those whose condition says so', async () => {
  const { desk, orders, manager } = await shop()
  const [promise, release] = held()
  desk.held.set('tax', promise)
  const run = orders.run({ items: ['book', 'pen'] })
  // Both of the group have begun while one of them waits.
  await expect.poll(() => desk.done).toContain('reserve')
  expect(desk.done).toEqual(['price', 'tax', 'reserve'])
  release()
  expect(await run).toEqual({
    items: ['book', 'pen', 'a gift'],
    price: 20,
    tax: 2,
    stock: 'kept',
    sent: 'sent from shelf 7',
  })
  desk.done.length = 0
  expect(await orders.run({ items: ['pen'] })).toEqual({
    items: ['pen'],
    price: 10,
    tax: 1,
    stock: 'kept',
    sent: 'sent from shelf 7',
  })
  expect(desk.done).not.toContain('gift')
  // The host adds its own.
  const undo = orders.step('count', (order) => ({ ...order, count: order.items.length }), { priority: 1000 })
  expect(await orders.run({ items: ['pen'] })).toMatchObject({ count: 1 })
  undo()
  await manager.disable('stock')
  expect(await orders.run({ items: ['book'] })).toEqual({
    ...{ items: ['book'], price: 10, tax: 1 },
    sent: 'sent from shelf undefined',
  })
  expect(manager.handlers().filter(({ kind }) => kind === 'pipeline')).toHaveLength(4)
})

it('undoes what was done in reverse where a step fails, and says which steps were, and which could not be', async () => {
  const { desk, orders } = await shop()
  desk.broken.add('send')
  const error: unknown = await orders.run({ items: ['book'] }).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(PipelineError)
  expect(error).toMatchObject({
    ...{ code: 'CFP_PIPELINE_FAILED', plugin: 'mail', pipeline: 'orders', step: 'send' },
    undone: ['reserve', 'tax', 'price'],
    undoFailures: [{ step: 'gift', plugin: 'stock' }],
  })
  expect((error as Error).message).toMatch(/"send" of plugin "mail": send is broken.*Undone: .*Not undone: "gift"/)
  expect(desk.done).toEqual(['price', 'tax', 'reserve', 'gift', 'undo reserve book', 'undo tax', 'undo price 10'])
  desk.broken.clear()
  expect(await orders.run({ items: ['pen'] })).toMatchObject({ sent: 'sent from shelf 7' })
})

it('cancels a run by a signal and by its time: the step is told, and what was done is undone', async () => {
  const { desk, orders } = await shop()
  const [promise, release] = held()
  desk.held.set('send', promise)
  const abort = new AbortController()
  const run = orders.run({ items: ['pen'] }, { signal: abort.signal }).catch((thrown) => thrown)
  await expect.poll(() => desk.done).toContain('send')
  abort.abort(new Error('the customer left'))
  await expect.poll(() => desk.done).toContain('told')
  release()
  expect(await run).toMatchObject({ code: 'CFP_PIPELINE_ABORTED', step: 'send', undone: ['reserve', 'tax', 'price'] })
  expect(desk.done.slice(-4)).toEqual(['told', 'undo reserve pen', 'undo tax', 'undo price 10'])

  desk.done.length = 0
  desk.held.set('send', new Promise(() => {}))
  const late = await orders.run({ items: ['pen'] }, { timeoutMs: 300 }).catch((thrown) => thrown)
  expect(late).toMatchObject({ code: 'CFP_PIPELINE_TIMEOUT', unsettled: ['send'], undone: ['reserve', 'tax', 'price'] })
  expect(desk.done).toContain('undo price 10')
})

it('tries a step again, and gives one up that takes too long, as the step says', async () => {
  const { desk, orders, folder, reported } = await shop()
  const slow = stepping(
    'mail',
    `let tries = 0
    orders.step('send', async (order) => { if (++tries < 3) throw new Error('busy'); return { ...order, sent: 'at try ' + tries } }, { priority: 'low', retry: { attempts: 3, delayMs: 1 } })
    orders.step('file', async (_, { signal }) => { signal.addEventListener('abort', () => done.push('told')); await at('file') }, { after: 'send', priority: -1, timeoutMs: 40 })`,
  )
  expect((await reported(() => folder.save('mail.ts', slow))).outcome).toBe('committed')
  expect(await orders.run({ items: ['pen'] })).toMatchObject({ sent: 'at try 3' })
  desk.held.set('file', new Promise(() => {}))
  desk.done.length = 0
  const error = await orders.run({ items: ['pen'] }).catch((thrown) => thrown)
  expect(error).toMatchObject({
    ...{ code: 'CFP_PIPELINE_FAILED', step: 'file', plugin: 'mail', cause: { code: 'CFP_HANDLER_TIMEOUT' } },
    ...{ unsettled: ['file'], undone: ['reserve', 'tax', 'price'] },
  })
  expect(desk.done).toContain('told')
})

it("goes on with the new code where a step's plugin is replaced in mid-run, and takes back by it what the old one did", async () => {
  const { desk, orders, folder, reported } = await shop()
  const [promise, release] = held()
  desk.held.set('reserve', promise)
  const run = orders.run({ items: ['pen'] })
  await expect.poll(() => desk.done).toContain('reserve')
  expect((await reported(() => folder.save('mail.ts', mail('posted')))).outcome).toBe('committed')
  expect((await reported(() => folder.save('prices.ts', prices(20)))).outcome).toBe('committed')
  release()
  // Its price is of before, and it is sent by the code of now.
  expect(await run).toEqual({ items: ['pen'], price: 10, tax: 1, stock: 'kept', sent: 'posted from shelf 7' })

  desk.done.length = 0
  const [again, letGo] = held()
  desk.held.set('reserve', again)
  desk.broken.add('send')
  const failing = orders.run({ items: ['pen'] }).catch((thrown) => thrown)
  await expect.poll(() => desk.done).toContain('reserve')
  expect((await reported(() => folder.save('prices.ts', prices(30)))).outcome).toBe('committed')
  letGo()
  expect(await failing).toMatchObject({ step: 'send', undone: ['reserve', 'tax', 'price'] })
  expect(desk.done.at(-1)).toBe('undo price 30')
  desk.broken.clear()
  desk.held.clear()
  // Runs without a pause while one plugin after the other is replaced.
  let isOver = false
  const results: Promise<unknown>[] = []
  const feeding = (async () => {
    while (!isOver) {
      results.push(orders.run({ items: ['book'] }))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  })()
  for (const mark of ['quiet', 'loud']) {
    expect((await reported(() => folder.save('mail.ts', mail(mark)))).outcome).toBe('committed')
    const before = results.length
    await expect.poll(() => results.length).toBeGreaterThan(before)
  }
  isOver = true
  await feeding
  const sent = (await Promise.all(results)).map((order) => (order as { sent: string }).sent)
  expect(new Set(sent)).toEqual(new Set(['posted', 'quiet', 'loud'].map((mark) => `${mark} from shelf 7`)))
})

// The parts of the state that plugins share, and changes of several parts as one.
import { sharedStateRef } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { StatePreserver } from '../src/index.ts'
import { never, opened, rejection, sleep, stage, thrown } from './keeping.ts'

interface Items {
  items: string[]
}
const Cart = sharedStateRef<Items>('cart', { items: [] })
const Stock = sharedStateRef('stock', { left: 3 })
const meta = (name: string) => ({ name, state: { initial: [] as string[], shared: ['cart', 'stock'] } })

/** Two plugins of one host that share. */
function two() {
  const preserver = new StatePreserver()
  const shop = opened<string[]>(meta('shop'), {}, preserver).state
  // It names them in the other order.
  const other = { name: 'till', state: { initial: [], shared: ['stock', 'cart'] } }
  const till = opened<string[]>(other, {}, preserver).state
  return { preserver, shop, till }
}

describe('a shared part', () => {
  it('is one for all who declare it, whether they ask by its ref or its name', async () => {
    const { shop, till } = two()
    await shop.shared(Cart).update((cart) => void cart.items.push('pen'))
    expect(till.shared(Cart).value).toEqual({ items: ['pen'] })
    till.shared('cart').set({ items: ['ink'] })
    expect(shop.shared(Cart).value).toEqual({ items: ['ink'] })
    expect([shop.value, till.value]).toEqual([[], []])
  })

  it('is what the ref says until somebody sets it, and nothing by name alone', () => {
    const { shop, till } = two()
    expect(shop.shared(Cart).value).toEqual({ items: [] })
    expect(shop.shared('cart').value).toBeUndefined()
    const Other = sharedStateRef<Items>('cart', { items: ['sample'] })
    expect(till.shared(Other).value).toEqual({ items: ['sample'] })
    till.shared(Cart).set({ items: ['pen'] })
    expect(shop.shared(Other).value).toEqual({ items: ['pen'] })
  })

  it('is not another host’s', () => {
    const { shop } = two()
    shop.shared(Cart).set({ items: ['pen'] })
    expect(two().shop.shared(Cart).value).toEqual({ items: [] })
  })

  it('that the metadata does not name is refused, with the line to add', () => {
    const { state } = opened({ name: 'shop', state: { shared: ['stock'] } })
    const error = thrown(() => state.shared(Cart))
    expect(error).toMatchObject({ code: 'CFP_STATE_UNDECLARED', plugin: 'shop' })
    expect(error.message).toBe(
      'Plugin "shop" asked for the shared state "cart" without declaring it. Add state: { shared: [\'stock\', \'cart\'] } to its metadata.',
    )
    expect(thrown(() => state.shared(7 as never))).toMatchObject({ code: 'CFP_STATE_ARGUMENT' })
    expect(thrown(() => state.shared(undefined as never))).toMatchObject({ code: 'CFP_STATE_ARGUMENT' })
  })

  it('that the permissions leave out is refused as the owner refuses it', () => {
    const denied = new Error('denied')
    const assertAllowed = (part: string) => {
      if (part === 'cart') throw denied
    }
    const { state } = opened(meta('shop'), { assertAllowed })
    expect(thrown(() => state.shared(Cart))).toBe(denied)
    expect(state.shared(Stock).value).toEqual({ left: 3 })
  })

  it('is read, but not changed, by code that is not active yet; its own part is its own already', async () => {
    const { preserver, till } = two()
    const generation = stage()
    const { state } = opened<string[]>(meta('shop'), generation.owner, preserver)
    till.shared(Cart).set({ items: ['pen'] })
    expect(state.shared(Cart).value).toEqual({ items: ['pen'] })
    const set = thrown(() => state.shared(Cart).set({ items: [] }))
    expect(set).toMatchObject({ code: 'CFP_STATE_BEFORE_COMMIT', plugin: 'shop' })
    const change = (cart: Items) => void cart.items.push('ink')
    expect((await rejection(state.shared(Cart).update(change))).message).toBe(set.message)
    expect(await rejection(state.transaction(() => {}, { shared: [Cart] }))).toMatchObject({ code: set.code })
    await state.transaction((own) => own.set(['begun']))
    expect(state.value).toEqual(['begun'])
    generation.show()
    await state.shared(Cart).update(change)
    expect(till.shared(Cart).value).toEqual({ items: ['pen', 'ink'] })
  })

  it('is watched from the moment its plugin is shown: what changed before that, or while it was hidden, is told then', () => {
    const { preserver, till } = two()
    const generation = stage()
    const { state } = opened(meta('shop'), generation.owner, preserver)
    const told: string[] = []
    state.shared(Cart).watch(({ items }) => void told.push(items.join('')))
    const cart = till.shared(Cart)
    cart.set({ items: ['a'] })
    cart.set({ items: ['b'] })
    expect(told).toEqual([])
    generation.show()
    cart.set({ items: ['c'] })
    generation.hide()
    cart.set({ items: ['d'] })
    generation.show()
    generation.hide()
    generation.show()
    expect(told).toEqual(['b', 'c', 'd'])
  })
})

describe('a transaction', () => {
  it('changes its parts together, and sees what it has changed; nobody else does before the end', async () => {
    const { shop, till } = two()
    const seen: unknown[] = []
    till.shared(Stock).watch(({ left }) => seen.push([left, till.shared(Cart).value.items.length]))
    till.shared(Cart).watch(({ items }) => seen.push([till.shared(Stock).value.left, items.length]))
    const result = await shop.transaction(async (state) => {
      await state.shared(Stock).update((stock) => void stock.left--)
      await sleep(2)
      expect([shop.shared(Stock).value, till.shared(Stock).value]).toEqual([{ left: 3 }, { left: 3 }])
      state.shared(Cart).set({ items: ['pen'] })
      await state.update((log) => [...log, `sold, ${state.shared(Stock).value.left} left`])
      return state.value.length
    })
    expect(result).toBe(1)
    expect([shop.value, shop.shared(Cart).value, shop.shared(Stock).value]).toEqual([
      ['sold, 2 left'],
      { items: ['pen'] },
      { left: 2 },
    ])
    expect(seen).toEqual([
      [2, 1],
      [2, 1],
    ])
  })

  it('that throws, or makes a part what cannot be kept, changes nothing, and gives the parts back', async () => {
    const { shop, till } = two()
    const error = new Error('sold out')
    const failing = shop.transaction(async (state) => {
      state.set(['sold'])
      await state.shared(Stock).update((stock) => void stock.left--)
      throw error
    })
    expect(await rejection(failing)).toBe(error)
    const leaky = shop.transaction((state) => {
      state.set(['sold'])
      state.shared('cart').set({ items: [() => {}] })
    })
    expect(await rejection(leaky)).toMatchObject({ code: 'CFP_STATE_NOT_CLONEABLE' })
    expect([shop.value, shop.shared(Stock).value]).toEqual([[], { left: 3 }])
    till.shared(Stock).set({ left: 9 })
    expect(shop.shared(Stock).value).toEqual({ left: 9 })
  })

  it('has its parts for itself: updates of others wait, and set is refused', async () => {
    const { shop, till } = two()
    const selling = shop.transaction(async (state) => {
      await sleep(5)
      await state.shared(Stock).update(({ left }) => ({ left: 2 * left }))
    })
    expect(thrown(() => till.shared(Stock).set({ left: 0 }))).toMatchObject({ code: 'CFP_STATE_LOCKED' })
    const after = till.shared(Stock).update((stock) => void stock.left++)
    await selling
    expect(await after).toEqual({ left: 7 })
  })

  it('waits for nobody who waits for it, in whatever order two take parts', async () => {
    const { shop, till } = two()
    const change = (first: typeof Cart | typeof Stock, second: typeof Cart | typeof Stock) => async (state: never) => {
      const { shared } = state as typeof shop
      for (const ref of [first, second]) {
        await shared(ref as typeof Stock).update(async () => {
          await sleep(1)
          return undefined
        })
      }
    }
    const from = performance.now()
    const all = [shop, till].flatMap((each, turn) =>
      [0, 1, 2].map((other) =>
        each.transaction((turn + other) % 2 ? (change(Cart, Stock) as never) : (change(Stock, Cart) as never)),
      ),
    )
    await Promise.all(all)
    expect(performance.now() - from).toBeLessThan(5000)
  })

  it('that hangs changes nothing and gives all its parts back; so does one that is given up', async () => {
    const { shop, till } = two()
    const hung = shop.transaction(
      async (state) => {
        state.set(['sold'])
        await never()
      },
      { timeoutMs: 20 },
    )
    const next = till.shared(Stock).update((stock) => void stock.left--)
    expect(await rejection(hung)).toMatchObject({ code: 'CFP_STATE_UPDATE_TIMEOUT', plugin: 'shop' })
    expect([shop.value, await next]).toEqual([[], { left: 2 }])
    const controller = new AbortController()
    const given = shop.transaction(never, { signal: controller.signal })
    const waiting = till.transaction(() => {}, { signal: controller.signal })
    controller.abort(new Error('enough'))
    expect(await rejection(given)).toMatchObject({ code: 'CFP_STATE_ABORTED' })
    expect(await rejection(waiting)).toMatchObject({ code: 'CFP_STATE_ABORTED' })
    await till.transaction((state) => state.shared(Stock).set({ left: 0 }))
  })

  it('leaves parts that it is not about to others, and is refused those', async () => {
    const { shop, till } = two()
    const selling = shop.transaction(
      async (state) => {
        await sleep(5)
        return rejection(Promise.resolve().then(() => state.shared(Stock)))
      },
      { shared: [Cart] },
    )
    till.shared(Stock).set({ left: 1 })
    const error = await selling
    expect(error).toMatchObject({ code: 'CFP_STATE_UNDECLARED' })
    expect(error.message).toContain("Name it in the transaction's option shared.")
    expect(await rejection(shop.transaction(() => {}, { shared: ['other'] }))).toMatchObject({
      code: 'CFP_STATE_UNDECLARED',
    })
  })

  it('does not take from others what its plugin is not allowed', async () => {
    const preserver = new StatePreserver()
    const isAllowed = (part: string) => part !== 'stock'
    const shop = opened<string[]>(meta('shop'), { isAllowed }, preserver).state
    const till = opened(meta('till'), {}, preserver).state
    const selling = shop.transaction(() => sleep(5))
    till.shared(Stock).set({ left: 1 })
    expect(thrown(() => till.shared(Cart).set({ items: [] }))).toMatchObject({ code: 'CFP_STATE_LOCKED' })
    await selling
  })

  it('that asks for the state outside itself is told to use the one that it is given', async () => {
    const { shop } = two()
    const asks = [
      () => shop.update(() => ['outside']),
      () => shop.shared(Cart).update(() => ({ items: ['outside'] })),
      () => shop.transaction(() => {}),
    ]
    for (const ask of asks) {
      for (const ms of [0, 1]) {
        const outer = shop.transaction(async () => {
          if (ms > 0) await sleep(ms)
          await ask()
        })
        const error = await rejection(outer)
        expect(error).toMatchObject({ code: 'CFP_STATE_REENTRANT' })
        expect(error.message).toContain('use the state that the transaction is given')
      }
    }
    expect(shop.value).toEqual([])
  })

  it('runs its own updates of a part one after the other, waits for those that it did not wait for, and then is over', async () => {
    const { shop } = two()
    let late: (() => unknown) | undefined
    await shop.transaction((state) => {
      late = () => state.set(['late'])
      for (const [index, ms] of [3, 0, 1].entries()) {
        void state.update(async (log) => {
          await sleep(ms)
          log.push(String(index))
        })
      }
    })
    expect(shop.value).toEqual(['0', '1', '2'])
    expect(thrown(() => late?.())).toMatchObject({ code: 'CFP_STATE_TRANSACTION_OVER' })
    const error = new Error('no')
    const failing = shop.transaction((state) => {
      state.update(() => sleep(1).then(() => Promise.reject(error))).catch(() => {})
    })
    expect(await rejection(failing)).toBe(error)
  })

  it('begins with what a ref says where nobody has set the part', async () => {
    const { shop, till } = two()
    await shop.transaction((state) => state.shared(Stock).update((stock) => void stock.left--))
    expect(till.shared(Stock).value).toEqual({ left: 2 })
    await shop.transaction((state) => state.shared('cart').value)
    expect(till.shared(Cart).value).toEqual({ items: [] })
  })

  it('must be a function', async () => {
    expect(await rejection(two().shop.transaction(7 as never))).toMatchObject({ code: 'CFP_STATE_ARGUMENT' })
  })
})

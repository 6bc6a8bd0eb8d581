// What a plugin finds out about what it keeps.
import { Cart, caught, nothing, type Probes, thrownBy, until } from './probing.ts'

class Money {
  readonly amount = 1
}

class Later extends Date {}

export const STATE_PROBES: Probes = {
  'its state': async ({ state }) => {
    const watched: unknown[] = []
    const unwatch = state.watch((value) => void watched.push(value))
    state.set({ count: 1, list: [{ id: 7 }] })
    const { value } = state
    const frozen = [Object.isFrozen(value), Object.isFrozen(value.list), Object.isFrozen(value.list[0])]
    const changed = await state.update((draft) => {
      draft.count += 1
      draft.list.push({ id: 8 })
    })
    const replaced = await state.update(async (draft) => ({ ...draft, count: draft.count * 10 }))
    const failed = await caught(() =>
      state.update((draft) => {
        draft.count = -1
        throw new Error('not so')
      }),
    )
    await until(() => watched.length === 3)
    unwatch()
    state.set({ count: 0, list: [] })
    return [value, frozen, changed, Object.isFrozen(changed), replaced, failed, state.value, watched]
  },

  'its state, where something in it cannot be frozen': ({ state }) => {
    state.set({ count: 0, list: [], seen: new Map([['a', 1]]) } as never)
    const first = state.value as unknown as { readonly seen: Map<string, number> }
    first.seen.set('b', 2)
    const second = state.value as unknown as { readonly seen: Map<string, number> }
    return [[...first.seen], [...second.seen]]
  },

  'state that it shares': async ({ state }) => {
    const cart = state.shared(Cart)
    const watched: unknown[] = []
    const unwatch = cart.watch((value) => void watched.push(value))
    const before = cart.value
    cart.set({ items: ['book'] })
    const updated = await cart.update((draft) => void draft.items.push('pen'))
    await until(() => watched.length === 2)
    unwatch()
    return [
      before,
      updated,
      cart.value,
      state.shared('cart').value,
      state.shared('stock').value,
      watched,
      state.shared(Cart) === cart,
    ]
  },

  'a transaction': async ({ state }) => {
    state.set({ count: 1, list: [] })
    state.shared(Cart).set({ items: [] })
    const result = await state.transaction(async (each) => {
      each.set({ ...each.value, count: 5 })
      const updated = await each.update((draft) => void draft.count++)
      await each.shared(Cart).update((draft) => void draft.items.push(`of ${updated.count}`))
      return [each.value, each.shared(Cart).value, Object.isFrozen(each.value), state.value]
    })
    const failed = await caught(() =>
      state.transaction(async (each) => {
        each.set({ count: 99, list: [] })
        await each.shared(Cart).update((draft) => void draft.items.push('never'))
        throw new Error('taken back')
      }),
    )
    let late: typeof state | undefined
    await state.transaction(
      (each) => {
        late = each as never
      },
      { shared: ['stock'] },
    )
    return [
      result,
      failed,
      state.value,
      state.shared(Cart).value,
      thrownBy(() => late?.value),
      thrownBy(() => late?.set({ count: 1, list: [] })),
      await caught(() => state.transaction((each) => each.shared(Cart).value, { shared: ['stock'] })),
    ]
  },

  'changes that wait for themselves': async ({ state }) => {
    const add = () => state.update((draft) => void draft.count++)
    const cart = state.shared(Cart)
    state.set({ count: 0, list: [] })
    const outcomes = [
      await caught(() => state.update(async () => void (await add()))),
      await caught(() => state.update(async () => void (await state.transaction(nothing)))),
      await caught(() => state.transaction(async () => void (await add()))),
      await caught(() => state.transaction(async () => void (await cart.update(nothing)))),
      await caught(() => state.update(async () => void (await cart.update(async () => void (await add()))))),
      await caught(() => state.transaction((each) => each.update(async () => void (await each.update(nothing))))),
      await caught(() => state.update(async () => void (await cart.update(nothing)))),
      await caught(() => Promise.all([add(), add(), state.transaction((each) => each.update(nothing)), add()])),
    ]
    return [outcomes, state.value]
  },

  'state that is refused': async ({ state }) => [
    thrownBy(() => state.shared('other')),
    thrownBy(() => state.shared(undefined as never)),
    thrownBy(() => state.watch(5 as never)),
    await caught(() => state.update(5 as never)),
    await caught(() => state.transaction(5 as never)),
    await caught(() => state.update(nothing, { timeoutMs: -1 })),
    thrownBy(() => state.set({ run: nothing } as never)),
    thrownBy(() => state.set({ count: 0, list: [{ id: new Money() }] } as never)),
    thrownBy(() => state.set({ [Symbol('secret')]: 1 } as never)),
    thrownBy(() => state.set(new Proxy({ count: 0, list: [] }, {}))),
    thrownBy(() => state.set({ at: new Later(5) } as never)),
    thrownBy(() => state.shared(Cart).set(new Map([['a', new Money()]]) as never)),
    await caught(() => state.update((draft) => void Object.assign(draft, { money: new Money() }))),
    await caught(() => state.update(() => new Promise<never>(nothing), { timeoutMs: 20 })),
    await caught(() => state.update(nothing, { signal: AbortSignal.abort(new Error('not now')) })),
    await caught(() => state.update(async () => state.set({ count: 1, list: [] }))),
  ],
}

// The types of `context.state`: what must compile, and what must not. Checked by tsc alone.
import { expectTypeOf } from 'vitest'
import { BasePlugin, definePlugin, type PluginContext, type PluginState, sharedStateRef } from '../src/index.ts'

const base = { name: 'counter', version: '1.0.0' } as const
const Cart = sharedStateRef('cart', { items: [] as string[] })

// What a definition begins with types its state, wherever it stands.

export const below = definePlugin({
  ...base,
  async setup({ state }) {
    expectTypeOf(state).toEqualTypeOf<PluginState<{ count: number }>>()
    expectTypeOf(state.value.count).toEqualTypeOf<number>()
    expectTypeOf(await state.update((draft) => void draft.count++)).toEqualTypeOf<{ count: number }>()
    expectTypeOf(await state.transaction(async (own) => own.value.count)).toEqualTypeOf<number>()
  },
  state: { initial: { count: 0 } },
})

export const above = definePlugin({
  ...base,
  state: { initial: { names: new Map([['a', 1]]) }, shared: ['cart'] },
  setup({ state }) {
    expectTypeOf(state.value.names).toEqualTypeOf<Map<string, number>>()
    return { names: () => [...state.value.names.keys()] }
  },
})

export const withHooks = definePlugin({
  ...base,
  setup({ state }) {
    expectTypeOf(state.value).toEqualTypeOf<{ count: number }>()
    return { sessions: new Map<string, number>() }
  },
  state: {
    initial: { count: 0 },
    version: 2,
    save: (service) => [...service.sessions],
    restore(saved, service) {
      for (const [name, id] of saved) service.sessions.set(name, id)
    },
    migrate: (old, from, part) => {
      expectTypeOf(part).toEqualTypeOf<'state' | 'reload'>()
      return from === 1 ? old : { count: 0 }
    },
  },
})

export const without = definePlugin({
  ...base,
  setup({ state }) {
    expectTypeOf(state.value).toEqualTypeOf<unknown>()
  },
})

// A class says it by its third parameter.

export class Counter extends BasePlugin<unknown, { step: number }, { count: number }> {
  override async setup() {
    expectTypeOf(this.state).toEqualTypeOf<PluginState<{ count: number }>>()
    expectTypeOf(this.context.state.value).toEqualTypeOf<{ count: number }>()
    await this.state.update((draft) => {
      draft.count += this.config.step
    })
  }
  override migrateState(old: { total: number }) {
    return { count: old.total }
  }
}

// What the host shares comes after it.
export class Sharing extends BasePlugin<unknown, unknown, unknown, { folder: string }> {
  override setup() {
    expectTypeOf(this.context.shared).toEqualTypeOf<{ folder: string }>()
  }
}

export async function use(state: PluginContext<unknown, unknown, unknown, { count: number }>['state']) {
  // A change changes its draft, or returns another value; sync or async.
  await state.update((draft) => {
    draft.count++
  })
  await state.update(async (draft) => {
    await Promise.resolve()
    draft.count++
  })
  await state.update(({ count }) => ({ count: count + 1 }))
  await state.update(async ({ count }) => ({ count: count + 1 }), { timeoutMs: 100 })
  // What it returns is of the state's type: this one would put a number in its place.
  // @ts-expect-error
  await state.update((draft) => draft.count++)
  // @ts-expect-error
  await state.update(async () => ({ total: 1 }))
  // @ts-expect-error
  state.set({ total: 1 })
  // @ts-expect-error
  state.value = { count: 1 }
  state.watch(({ count }) => expectTypeOf(count).toEqualTypeOf<number>())

  // A ref types its part; a name alone types nothing.
  expectTypeOf(state.shared(Cart).value).toEqualTypeOf<{ items: string[] }>()
  expectTypeOf(state.shared('cart').value).toEqualTypeOf<unknown>()
  // @ts-expect-error
  state.shared(Cart).set({ items: [1] })
  // @ts-expect-error
  state.shared('cart').value.items

  await state.transaction(
    async (all) => {
      all.set({ count: all.value.count + 1 })
      await all.shared(Cart).update((cart) => void cart.items.push('pen'))
      // Nothing is told of what is not in place, and there is no transaction in a transaction.
      // @ts-expect-error
      all.watch(() => {})
      // @ts-expect-error
      all.transaction(() => {})
    },
    { shared: [Cart, 'stock'] },
  )
}

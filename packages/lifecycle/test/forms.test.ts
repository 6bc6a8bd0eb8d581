import { definePlugin, type PluginContext } from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { noting, plugin, started } from './support.ts'

/** A class as `tsc` compiles it: for old targets, with `#private` members as WeakMaps. */
function compiled(target: ts.ScriptTarget): new (context: PluginContext) => { tick(): number } {
  const source = `
    class Counter {
      #count = 0
      constructor(context) { this.context = context }
      setup() { this.context.on('tick', () => this.tick()) }
      tick() { return ++this.#count }
      #state() { return { count: this.#count } }
      getReloadState() { return this.#state() }
      setReloadState({ count }) { this.#count = count }
    }
    give(Counter)`
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target, module: ts.ModuleKind.ESNext },
  })
  let given: ReturnType<typeof compiled> | undefined
  new Function('give', outputText)((type: ReturnType<typeof compiled>) => {
    given = type
  })
  return given as ReturnType<typeof compiled>
}

describe('a class with #private members', () => {
  for (const target of [ts.ScriptTarget.ES2021, ts.ScriptTarget.ES2022]) {
    it(`compiled by tsc for ${ts.ScriptTarget[target]} works over a reload, a rollback and a disable`, async () => {
      const Counter = compiled(target)
      const record = (generation: number) =>
        plugin({ name: 'counter' }, (_app, context) => new Counter(context) as never, { generation })
      const lifecycle = await started([record(1)])
      const tick = () => (lifecycle.service('counter') as { tick(): number }).tick()
      await lifecycle.events.emit('tick')
      expect(tick()).toBe(2)
      await lifecycle.reload({ set: [record(2)] })
      await lifecycle.events.emit('tick')
      expect(tick()).toBe(4)
      const broken = plugin({ name: 'counter' }, () => Promise.reject(new Error('no')))
      expect((await lifecycle.reload({ set: [broken] })).outcome).toBe('rolled-back')
      expect(tick()).toBe(5)
      await lifecycle.disable('counter')
      await lifecycle.enable('counter')
      expect(tick()).toBe(6)
    })
  }
})

describe('a service that a consumer destructured', () => {
  it('is that of the provider in use, over a reload, a rollback and a disable', async () => {
    const store = (generation: number) =>
      toPluginRecord(
        definePlugin({
          name: 'store',
          version: '1.0.0',
          setup: () => ({ get: () => `from ${generation}` }),
        }),
        { generation, files: [] },
      )
    const user = plugin({ name: 'user', dependencies: ['store'] }, (_app, { inject }) => {
      const { get } = inject('store') as { get(): string }
      return { ask: () => get() } as never
    })
    const lifecycle = await started([store(1), user])
    const ask = () => (lifecycle.service('user') as { ask(): string }).ask()
    expect(ask()).toBe('from 1')
    await lifecycle.reload({ set: [store(2)] })
    expect(ask()).toBe('from 2')
    await lifecycle.reload({ set: [noting([], { name: 'store', dependencies: [] }), plugin({ name: 'user' }, never)] })
    expect(ask()).toBe('from 2')
    await lifecycle.disable('store')
    await lifecycle.reload({ set: [store(4)] })
    await lifecycle.enable('store')
    expect(ask()).toBe('from 4')
  })
})

function never(): never {
  throw new Error('no')
}

import { describe, expect, it } from 'vitest'
import { deferred, logTo, noting, plugin, rejection, started } from './support.ts'

const counter = (meta: { readonly name: string; readonly dependencies?: string[] }, generation = 1) =>
  plugin(
    meta,
    () => {
      let count = 0
      return {
        next: () => ++count,
        getReloadState: () => ({ count }),
        setReloadState: (state: { count: number }) => {
          count = state.count
        },
      } as never
    },
    { generation, file: `/plugins/${meta.name}.ts` },
  )

describe('unload', () => {
  it('ends dependents first, blocks them, and add brings all of them back with their state', async () => {
    const lifecycle = await started([
      counter({ name: 'db' }),
      counter({ name: 'api', dependencies: ['db'] }),
      plugin({ name: 'other' }),
    ])
    const next = (name: string) => (lifecycle.service(name) as { next(): number }).next()
    expect([next('db'), next('api'), next('api')]).toEqual([1, 1, 2])
    await lifecycle.unload('db')
    expect(lifecycle.registry.names()).toEqual(['api', 'other'])
    expect(lifecycle.status('api')).toMatchObject({ state: 'blocked', generation: 0 })
    expect(await rejection(Promise.resolve().then(() => lifecycle.status('db')))).toMatchObject({
      code: 'CFP_PLUGIN_UNKNOWN',
    })
    const report = await lifecycle.add([counter({ name: 'db' }, 2)])
    expect(report.active).toEqual(expect.arrayContaining(['db', 'api', 'other']))
    expect([next('db'), next('api')]).toEqual([2, 3])
  })

  it('keeps the place of its handlers, and what a person wished, for when the plugin comes back', async () => {
    const hearing = (name: string) =>
      plugin({ name }, (_app, { hooks }) => {
        hooks.on('hook', () => name)
        return {}
      })
    const lifecycle = await started([hearing('a'), hearing('b'), hearing('c')])
    await lifecycle.unload('a')
    expect(await lifecycle.hooks.call('hook')).toEqual(['b', 'c'])
    await lifecycle.add([hearing('a'), hearing('d')])
    expect(await lifecycle.hooks.call('hook')).toEqual(['a', 'b', 'c', 'd'])
    await lifecycle.disable('b')
    await lifecycle.unload('b')
    await lifecycle.add([hearing('b')])
    expect(lifecycle.status('b').state).toBe('disabled')
  })

  it('goes on where the state cannot be saved', async () => {
    const log: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, () => ({
        setup: () => {},
        teardown: () => void log.push('teardown'),
        getReloadState: () => ({ fn: () => {} }),
      })),
    ])
    await lifecycle.unload('a')
    expect(log).toEqual(['teardown'])
    expect(lifecycle.registry.has('a')).toBe(false)
  })

  it('never brings an older state back where the newer one could not be saved', async () => {
    let savable = true
    const record = plugin({ name: 'a' }, () => ({
      getReloadState: () => (savable ? 'old' : () => {}),
      setReloadState: (state: string) => void restored.push(state),
    }))
    const restored: string[] = []
    const lifecycle = await started([record])
    await lifecycle.unload('a')
    await lifecycle.add([record])
    expect(restored).toEqual(['old'])
    savable = false
    await lifecycle.unload('a')
    await lifecycle.add([record])
    expect(restored).toEqual(['old'])
  })

  it('of a plugin that does not end what it does waits five seconds, and says what is not in its state', async () => {
    const entries: string[] = []
    const gate = deferred()
    const record = plugin({ name: 'a' }, (_app, { on }) => {
      on('work', () => gate.promise)
      return {}
    })
    const lifecycle = await started([record], { logger: logTo(entries) })
    const work = lifecycle.events.emit('work')
    await lifecycle.unload('a')
    gate.resolve()
    await work
    expect(entries).toEqual([
      'warn: Plugin "a" was ended while 1 of its calls had not: what those change from now on is not in its state.',
      expect.stringMatching(/^warn: Plugin "a" took 5\d{3} ms in its handler of "work"\.$/),
    ])
  })

  it('of a resting plugin ends it too', async () => {
    const log: string[] = []
    const lifecycle = await started([noting(log, { name: 'a' })])
    await lifecycle.disable('a')
    await lifecycle.unload('a')
    expect(log.at(-1)).toBe('teardown a')
  })
})

describe('add', () => {
  it('starts new plugins and whoever waited for them', async () => {
    const log: string[] = []
    const lifecycle = await started([noting(log, { name: 'api', dependencies: ['db'] })])
    expect(lifecycle.status('api').state).toBe('blocked')
    await lifecycle.add([noting(log, { name: 'db' })])
    expect(log).toEqual(['register db', 'setup db', 'register api', 'setup api'])
  })

  it('of a name that is there is refused and changes nothing', async () => {
    const log: string[] = []
    const lifecycle = await started([noting(log, { name: 'a' })])
    const records = [noting(log, { name: 'b' }), noting(log, { name: 'a' })]
    expect(await rejection(lifecycle.add(records))).toMatchObject({ code: 'CFP_DUPLICATE_NAME' })
    expect(lifecycle.registry.names()).toEqual(['a'])
    expect(log).toEqual(['register a', 'setup a'])
  })

  it('of a plugin that cannot start is refused and changes nothing', async () => {
    const lifecycle = await started([])
    expect(await rejection(lifecycle.add([plugin({ name: 'a', dependencies: ['missing'] })]))).toMatchObject({
      plugin: 'a',
    })
    expect(lifecycle.registry.names()).toEqual([])
  })
})

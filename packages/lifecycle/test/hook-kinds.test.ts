// Typed hooks of plugins, through starts, reloads, rollbacks and switching off and on.
import { BasePlugin, hook, hookRef, plugin as pluginClass } from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { describe, expect, it } from 'vitest'
import { deferred, plugin, started, until } from './support.ts'

const Title = hookRef.waterfall<(title: string) => string>('title', { args: 1 })
const Guard = hookRef.bail<(user: string) => string>('guard')
const Loads = hookRef.parallel<() => string>('loads')
const Fetch = hookRef.wrap<(url: string) => string>('fetch')
const Ready = hookRef.series<(port: number) => unknown>('ready', { historic: true })

/** A plugin that has a handler of every kind, whose answers name it and its generation. */
function answering(name: string, generation: number, setup = async () => {}, dependencies: readonly string[] = []) {
  const by = `${name}${generation}`
  return plugin(
    { name, dependencies },
    (_app, { hooks }) => {
      hooks.on(Title, async (title) => `${title} ${by}`)
      hooks.on(Guard, (user) => (user === name ? by : undefined))
      hooks.on(Loads, () => by)
      hooks.on(Fetch, async (next, url) => `${by}(${await next(url)})`)
      return { setup }
    },
    { generation },
  )
}

const inner = async (url: string) => url

describe('hooks of every kind', () => {
  it('wait while their plugins are replaced, and are answered by the new code, each in its turn (fault 55)', async () => {
    const lifecycle = await started([answering('a', 1), answering('b', 1, undefined, ['a'])])
    const { hooks } = lifecycle
    expect(await hooks.call(Fetch, inner, 'x')).toBe('a1(b1(x))')
    const pause = deferred()
    let isPaused = false
    const reload = lifecycle.reload({
      set: [
        answering('a', 2, () => {
          isPaused = true
          return pause.promise
        }),
      ],
    })
    await until(() => isPaused)
    const calls = Promise.all([
      hooks.call(Title, 'x'),
      hooks.call(Guard, 'b'),
      hooks.call(Loads),
      hooks.call(Fetch, inner, 'x'),
    ])
    pause.resolve()
    expect((await reload).outcome).toBe('committed')
    expect(await calls).toEqual(['x a2 b1', 'b1', ['a2', 'b1'], 'a2(b1(x))'])
  })

  it('are answered by the old code after a rollback', async () => {
    const lifecycle = await started([answering('a', 1)])
    const { hooks } = lifecycle
    const pause = deferred()
    let isPaused = false
    const reload = lifecycle.reload({
      set: [
        answering('a', 2, async () => {
          isPaused = true
          await pause.promise
          throw new Error('bad')
        }),
      ],
    })
    await until(() => isPaused)
    const calls = Promise.all([hooks.call(Title, 'x'), hooks.call(Loads), hooks.call(Fetch, inner, 'x')])
    pause.resolve()
    expect((await reload).outcome).toBe('rolled-back')
    expect(await calls).toEqual(['x a1', ['a1'], 'a1(x)'])
  })

  it('that wrap end although both plugins are replaced while the call is inside them (fault 58)', async () => {
    const pause = deferred()
    let isPaused = false
    const outer = (generation: number) =>
      plugin(
        { name: 'a' },
        (_app, { hooks }) => {
          hooks.on(Fetch, async (next, url) => {
            if (generation === 1) {
              isPaused = true
              await pause.promise
            }
            return `a${generation}(${await next(url)})`
          })
          return {}
        },
        { generation },
      )
    const lifecycle = await started([outer(1), answering('b', 1, undefined, ['a'])])
    const call = lifecycle.hooks.call(Fetch, inner, 'x')
    await until(() => isPaused)
    const reload = lifecycle.reload({ set: [outer(2)] })
    await new Promise((resolve) => setImmediate(resolve))
    pause.resolve()
    // The handler that is under way is waited for, and what it wraps is still the old code.
    expect(await call).toBe('a1(b1(x))')
    expect(await reload).toMatchObject({ outcome: 'committed' })
    expect(await lifecycle.hooks.call(Fetch, inner, 'x')).toBe('a2(b1(x))')
  })

  it('are declared by methods too, and checked where they are registered', async () => {
    @pluginClass({ name: 'decorated', version: '1.0.0' })
    class Decorated extends BasePlugin {
      readonly mark = '!'
      @hook(Title)
      shout(title: string) {
        return title + this.mark
      }
    }
    const record = toPluginRecord({ default: Decorated }, { generation: 1, files: [] })
    const wrong = plugin({ name: 'wrong' }, (_app, { hooks }) => {
      hooks.on('title', (_title: string, _more: string) => 'no')
      return {}
    })
    const lifecycle = await started([record, wrong])
    expect(await lifecycle.hooks.call('title', 'hey')).toBe('hey!')
    expect(lifecycle.explain('wrong')).toMatchObject({ state: 'failed' })
  })

  it('checks the number of parameters also where stray errors are attributed', async () => {
    const wrong = plugin({ name: 'wrong' }, (_app, { hooks }) => {
      hooks.on(Title, ((_title: string, _more: string) => 'no') as never)
      return {}
    })
    const lifecycle = await started([wrong], { strayErrors: true })
    expect(lifecycle.explain('wrong')).toMatchObject({ state: 'failed' })
  })
})

describe('a historic hook', () => {
  it('tells each instance once what came before it: a late plugin and a new generation, but not one that was switched on again', async () => {
    const told: string[] = []
    const late = (generation: number) =>
      plugin(
        { name: 'late' },
        (_app, { hooks }) => {
          hooks.on(Ready, (port) => told.push(`${generation}: ${port}`))
          return {}
        },
        { generation },
      )
    const lifecycle = await started([])
    const { hooks } = lifecycle
    await hooks.call(Ready, 1)
    await lifecycle.add([late(1)])
    await until(() => told.length === 1)
    await lifecycle.disable('late')
    await hooks.call(Ready, 2)
    await lifecycle.enable('late')
    await hooks.call(Ready, 3)
    expect(told).toEqual(['1: 1', '1: 3'])
    await lifecycle.reload({ set: [late(2)] })
    await until(() => told.length === 5)
    expect(told.slice(2)).toEqual(['2: 1', '2: 2', '2: 3'])
  })
})

// What the host and its lifecycle say to plugins: that all is up, that all ends, and what becomes of each.
import { describe, expect, expectTypeOf, it } from 'vitest'
import { AppShutdown, AppStartup, PluginStateChanged, type StartReport, type StateChange } from '../src/index.ts'
import { deferred, lifecycleOf, logTo, never, plugin, rejection, started, until } from './support.ts'

describe('app.startup', () => {
  it('comes once, when all are up, with the report, and start() waits for its handlers', async () => {
    const log: string[] = []
    const lifecycle = lifecycleOf([
      plugin({ name: 'a' }, (_app, context) => {
        context.on(AppStartup, async (report) => {
          expectTypeOf(report).toEqualTypeOf<StartReport>()
          await Promise.resolve()
          log.push(`startup of ${report.active.join(' ')}`)
        })
        return {}
      }),
      plugin({ name: 'b', dependencies: ['a'] }, () => ({ setup: () => void log.push('setup b') })),
    ])
    await lifecycle.start()
    expect(log).toEqual(['setup b', 'startup of a b'])
    await lifecycle.start()
    expect(log).toHaveLength(2)
  })

  it('does not come of a start that is taken back, and comes of the next one', async () => {
    let isBroken = true
    const seen: string[] = []
    const lifecycle = lifecycleOf([
      plugin({ name: 'a', onFailure: 'abort' }, () => {
        if (isBroken) throw new Error('no')
        return {}
      }),
    ])
    lifecycle.events.on(AppStartup.name, () => void seen.push('startup'))
    lifecycle.events.on(AppShutdown.name, () => void seen.push('shutdown'))
    expect(await rejection(lifecycle.start())).toMatchObject({ code: 'CFP_START_ABORTED' })
    expect(seen).toEqual([])
    isBroken = false
    await lifecycle.start()
    expect(seen).toEqual(['startup'])
  })

  it('lets a handler ask for operations, and one that fails is told to the log', async () => {
    const entries: string[] = []
    const lifecycle = lifecycleOf([plugin({ name: 'a' }), plugin({ name: 'off', enabled: false })], {
      logger: logTo(entries),
    })
    lifecycle.events.on(AppStartup.name, () => lifecycle.enable('off'))
    lifecycle.events.on(AppStartup.name, () => Promise.reject(new Error('nobody home')))
    const from = performance.now()
    await lifecycle.start()
    expect(lifecycle.status('off').state).toBe('active')
    expect(performance.now() - from).toBeLessThan(4000)
    expect(entries).toEqual(['error: Plugin "host" failed in "app.startup": nobody home'])
  })
})

describe('app.shutdown', () => {
  it('comes once, before anything is torn down, and stop() waits for its handlers', async () => {
    const log: string[] = []
    const lifecycle = await started(
      ['a', 'b'].map((name) =>
        plugin({ name, dependencies: name === 'b' ? ['a'] : [] }, (_app, context) => {
          context.on(AppShutdown, async () => {
            await new Promise(setImmediate)
            // Everybody is still there.
            log.push(`${name} hears, ${lifecycle.statuses().map(({ state }) => state)}`)
          })
          return { teardown: () => void log.push(`teardown ${name}`) }
        }),
      ),
    )
    await Promise.all([lifecycle.stop(), lifecycle.stop()])
    expect(log).toEqual(['a hears, active,active', 'b hears, active,active', 'teardown b', 'teardown a'])
  })

  it('is waited for within a quarter of the bound', async () => {
    const entries: string[] = []
    const lifecycle = await started(
      [
        plugin({ name: 'a' }, (_app, context) => {
          context.on(AppShutdown, never)
          return {}
        }),
      ],
      { logger: logTo(entries) },
    )
    const { durationMs, stopped } = await lifecycle.stop({ boundMs: 400 })
    expect(stopped).toEqual(['a'])
    expect(durationMs).toBeLessThan(400)
    await until(() => entries.some((entry) => entry.includes('failed in "app.shutdown"')))
  })

  it('after a reload that it ends, reaches the old code, which is told before it is torn down', async () => {
    const log: string[] = []
    const held = deferred()
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, context) => {
        context.on('tick', () => held.promise)
        context.on(AppShutdown, () => void log.push('told'))
        return { teardown: () => void log.push('teardown') }
      }),
    ])
    lifecycle.events.publish('tick')
    const reload = lifecycle.reload({ restart: ['a'] })
    await until(() => lifecycle.status('a').state === 'gating')
    const stop = lifecycle.stop()
    held.resolve()
    expect(await reload).toMatchObject({ outcome: 'rolled-back' })
    await stop
    expect(log).toEqual(['told', 'teardown'])
  })
})

describe('plugin.state-changed', () => {
  it('tells each transition in order, to plugins and to the host, as the channel has it', async () => {
    const changes: string[] = []
    const seenByPlugin: string[] = []
    const lifecycle = lifecycleOf([
      plugin({ name: 'watcher' }, (_app, context) => {
        context.on(PluginStateChanged, (change) => {
          expectTypeOf(change).toEqualTypeOf<StateChange>()
          if (change.plugin === 'a') seenByPlugin.push(change.to)
        })
        return {}
      }),
      plugin({ name: 'a' }),
    ])
    lifecycle.events.on<StateChange>(PluginStateChanged.name, ({ host, plugin: name, from, to }) => {
      expect(host).toBe(lifecycle.id)
      changes.push(`${name}: ${from} -> ${to}`)
    })
    await lifecycle.start()
    await lifecycle.disable('a')
    expect(changes).toEqual([
      'watcher: resolved -> starting',
      'watcher: starting -> active',
      'a: resolved -> starting',
      'a: starting -> active',
      'a: active -> disabled',
    ])
    // What was before it was active was not its to hear.
    expect(seenByPlugin).toEqual(['starting', 'active', 'disabled'])
  })

  it('is told when a commit is done, never in the middle of it', async () => {
    const lifecycle = await started([plugin({ name: 'a' }), plugin({ name: 'b', dependencies: ['a'] })])
    const seen: string[][] = []
    lifecycle.events.on<StateChange>(PluginStateChanged.name, ({ to }) => {
      if (to === 'active') seen.push(lifecycle.statuses().map(({ state }) => state))
    })
    await lifecycle.reload({ restart: ['a'] })
    await until(() => seen.length === 2)
    expect(seen).toEqual([
      ['active', 'active'],
      ['active', 'active'],
    ])
  })
})

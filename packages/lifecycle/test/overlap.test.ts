import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PluginContext, PluginInstance } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import type { Lifecycle } from '../src/index.ts'
import { deferred, logTo, type Meta, never, noting, plugin, sleep, started, until } from './support.ts'

const OVERLAP = { reload: { strategy: 'overlap' } } as const
const DISCARD = { reload: { strategy: 'overlap', state: 'discard' } } as const

interface Counter {
  readonly generation: number
  next(): number
}

type Extra = (context: PluginContext, nth: number) => PluginInstance

/** A counter that overlaps and whose state survives, with whatever else its instance should do. */
function counter(generation: number, extra: Extra = () => ({}), meta: Partial<Meta> = {}) {
  let made = 0
  return plugin(
    {
      name: 'counter',
      timeouts: { setupMs: 30, teardownMs: 30, reloadMs: 30, restoreMs: 30, registerMs: 30, saveMs: 30 },
      ...OVERLAP,
      ...meta,
    },
    (_app, context) => {
      let count = 0
      context.on('tick', () => ++count)
      return {
        generation,
        next: () => ++count,
        getReloadState: () => ({ count }),
        setReloadState: (state: { count: number }) => {
          count = state.count
        },
        ...extra(context, ++made),
      } as never
    },
    { generation },
  )
}

const counterOf = (lifecycle: Lifecycle) => lifecycle.service('counter') as Counter
const phasesOf = ({ phases }: { readonly phases: readonly { readonly phase: string }[] }) =>
  phases.map(({ phase }) => phase)
/** A hook that says when it is called, and then does as `then`. */
function telling(then: () => unknown) {
  const called = deferred()
  const hook = () => {
    called.resolve()
    return then()
  }
  return { called: called.promise, hook }
}
const boom = () => {
  throw new Error('boom')
}
const reject = () => Promise.reject(new Error('boom'))

describe('a reload that overlaps', () => {
  it('stages the new beside the old, then cuts over, and retires the old last', async () => {
    const log: string[] = []
    const meta = { name: 'a', ...OVERLAP }
    const note = (label: string, generation: number) => {
      const to = (hook: string) => () => void log.push(`${hook} ${label}`)
      const hooks = {
        setup: to('setup'),
        getReloadState: () => {
          to('save')()
          return { label }
        },
        setReloadState: to('restore'),
        onReload: to('onReload'),
        teardown: to('teardown'),
      }
      return plugin(meta, () => hooks, { generation })
    }
    const lifecycle = await started([note('old', 1)])
    log.length = 0
    const report = await lifecycle.reload({ set: [note('new', 2)] })
    expect(report).toMatchObject({ outcome: 'committed', strategy: 'overlap', kept: ['a'], problems: [] })
    expect(phasesOf(report)).toEqual(['stage', 'gate', 'save', 'restore', 'check', 'commit', 'replay', 'retire'])
    expect(log).toEqual(['setup new', 'save old', 'restore new', 'onReload new', 'teardown old'])
  })

  it('serves on the old code while the new one is set up: nothing waits, and what is written then is kept', async () => {
    const gate = deferred()
    const { called, hook } = telling(() => gate.promise)
    const lifecycle = await started([counter(1)])
    const reload = lifecycle.reload({ set: [counter(2, () => ({ setup: hook }), { timeouts: {} })] })
    await called
    expect(lifecycle.status('counter')).toMatchObject({ state: 'active', generation: 1 })
    expect(counterOf(lifecycle).next()).toBe(1)
    expect(await lifecycle.events.emit('tick')).toMatchObject({ handled: 1, failures: [] })
    expect(await lifecycle.use('counter', (service) => (service as Counter).next())).toBe(3)
    gate.resolve()
    expect(await reload).toMatchObject({ outcome: 'committed', strategy: 'overlap' })
    expect(counterOf(lifecycle)).toMatchObject({ generation: 2 })
    expect(counterOf(lifecycle).next()).toBe(4)
  })

  it('gives the new code state in its own version, migrated', async () => {
    const lifecycle = await started([counter(1)])
    counterOf(lifecycle).next()
    const migrating = () => ({ migrateState: ({ count }: { count: number }) => ({ count: count * 10 }) })
    const report = await lifecycle.reload({ set: [counter(2, migrating as never, { stateVersion: 1 })] })
    expect(report).toMatchObject({ outcome: 'committed', kept: ['counter'] })
    expect(counterOf(lifecycle).next()).toBe(11)
  })

  it('hears each event of every phase once, in order (fault 55)', async () => {
    const heard: unknown[] = []
    let sent = 0
    let lifecycle: Lifecycle | undefined
    const send = () => {
      for (let each = 0; each < 5; each++) lifecycle?.events.publish('tick', sent++)
    }
    const record = (generation: number) =>
      plugin(
        { name: 'a', ...OVERLAP },
        (_app, { on }) => {
          on('tick', (payload) => void heard.push(payload))
          const hook = () => sleep(1).then(send)
          return {
            setup: hook,
            getReloadState: () => hook().then(() => ({})),
            setReloadState: hook,
            onReload: hook,
            teardown: hook,
          }
        },
        { generation },
      )
    lifecycle = await started([record(1)])
    for (let generation = 2; generation < 6; generation++) {
      send()
      expect((await lifecycle.reload({ set: [record(generation)] })).outcome).toBe('committed')
    }
    await until(() => heard.length >= sent)
    expect(sent).toBeGreaterThan(100)
    expect(heard).toEqual(Array.from({ length: sent }, (_, at) => at))
  })

  it('has two generations at most, and one that serves (invariant 3)', async () => {
    let alive = 0
    let most = 0
    const record = (generation: number) =>
      counter(
        generation,
        ({ own }) => {
          most = Math.max(most, ++alive)
          own(() => alive--)
          return { setup: () => sleep(1), teardown: () => sleep(2) }
        },
        { timeouts: {} },
      )
    const lifecycle = await started([record(1)])
    await Promise.all([2, 3, 4, 5].map((generation) => lifecycle.reload({ set: [record(generation)] })))
    expect(most).toBe(2)
    expect(alive).toBe(1)
    expect(counterOf(lifecycle).generation).toBe(5)
  })

  it('keeps a unit whole: dependents see the new provider, the old ones theirs until they are gone', async () => {
    const log: unknown[] = []
    const db = (generation: number) =>
      plugin(
        { name: 'db', ...OVERLAP },
        () => ({ generation, teardown: () => void log.push(`end db ${generation}`) }) as never,
        { generation },
      )
    const api = plugin({ name: 'api', dependencies: ['db'], ...OVERLAP }, (_app, { inject, reason }) => {
      const { generation } = inject('db') as Counter
      return {
        setup: () => void log.push(`${reason} on ${generation}`),
        onReload: () => void log.push(`everybody sees ${(lifecycle.service('db') as Counter).generation}`),
        teardown: () => void log.push(`end api on ${generation}`),
      }
    })
    const lifecycle: Lifecycle = await started([db(1), api])
    expect(await lifecycle.reload({ set: [db(2)] })).toMatchObject({ outcome: 'committed', strategy: 'overlap' })
    expect(log).toEqual(['start on 1', 'reload on 2', 'everybody sees 1', 'end api on 1', 'end db 1'])
  })

  it('swaps additions to the app in one step', async () => {
    const shown: string[] = []
    const seen: string[][] = []
    const lifecycle = await started([], {
      app: shown,
      scopeApp: () => {
        const view: string[] = []
        return {
          view,
          commit: () => void shown.push(...view),
          dispose: () => void shown.splice(0, shown.length, ...shown.filter((each) => !view.includes(each))),
        }
      },
    })
    const record = (generation: number) =>
      plugin(
        { name: 'a', ...OVERLAP },
        (app: string[]) => {
          app.push(`g${generation}`)
          const look = () => void seen.push([...shown])
          return { setup: look, onReload: look, teardown: look }
        },
        { generation },
      )
    await lifecycle.add([record(1)])
    await lifecycle.reload({ set: [record(2)] })
    expect(seen).toEqual([[], ['g1'], ['g1'], ['g2']])
    expect(shown).toEqual(['g2'])
  })
})

describe('a unit', () => {
  it('overlaps only if all its members ask for it', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noting(log, { name: 'a', ...OVERLAP }),
      noting(log, { name: 'b', dependencies: ['a'] }),
    ])
    log.length = 0
    expect(await lifecycle.reload({ restart: ['a'] })).toMatchObject({ outcome: 'committed', strategy: 'exclusive' })
    expect(log.slice(0, 3)).toEqual(['teardown b', 'teardown a', 'register a'])
    expect(await lifecycle.reload({ restart: ['b'] })).toMatchObject({ strategy: 'exclusive' })
    await lifecycle.unload('b')
    expect(await lifecycle.reload({ restart: ['a'] })).toMatchObject({ strategy: 'overlap' })
  })

  it('overlaps only if all its members serve', async () => {
    const lifecycle = await started([plugin({ name: 'a', ...OVERLAP }, boom)])
    const report = await lifecycle.reload({ set: [plugin({ name: 'a', ...OVERLAP }, undefined, { generation: 2 })] })
    expect(report).toMatchObject({ outcome: 'committed', strategy: 'exclusive' })
    expect(lifecycle.status('a')).toMatchObject({ state: 'active', generation: 2 })
  })

  it('goes by what the new code asks for', async () => {
    const lifecycle = await started([plugin({ name: 'a' })])
    expect(await lifecycle.reload({ set: [plugin({ name: 'a', ...OVERLAP })] })).toMatchObject({ strategy: 'overlap' })
    expect(await lifecycle.reload({ set: [plugin({ name: 'a' })] })).toMatchObject({ strategy: 'exclusive' })
  })
})

describe('a reload that overlaps, and whose new code', () => {
  type Way = [code: string, extra: Extra]
  const staged: Record<string, Way> = {
    'throws in register': ['CFP_REGISTER_FAILED', boom],
    'throws in setup': ['CFP_SETUP_FAILED', () => ({ setup: boom })],
    'rejects in setup': ['CFP_SETUP_FAILED', () => ({ setup: reject })],
    'hangs in setup': ['CFP_SETUP_TIMEOUT', () => ({ setup: never })],
  }
  const gated: Record<string, Way> = {
    'throws in setReloadState': ['CFP_STATE_RESTORE_FAILED', () => ({ setReloadState: boom })],
    'hangs in setReloadState': ['CFP_STATE_RESTORE_TIMEOUT', () => ({ setReloadState: never })],
    'throws in onReload': ['CFP_RELOAD_HOOK_FAILED', () => ({ onReload: boom })],
    'hangs in onReload': ['CFP_RELOAD_HOOK_TIMEOUT', () => ({ onReload: never })],
    'is unhealthy': ['CFP_UNHEALTHY', () => ({ health: () => ({ status: 'unhealthy' }) })],
  }
  for (const [way, [code, extra]] of [...Object.entries(staged), ...Object.entries(gated)]) {
    const isStaged = way in staged
    const paused = isStaged ? 'paused nor torn down' : 'torn down'
    it(`${way} is ended, and the old code was never ${paused}`, async () => {
      const log: string[] = []
      const states: string[] = []
      const old = counter(1, () => ({ teardown: () => void log.push('old ended') }))
      const lifecycle = await started([old])
      const instance = lifecycle.instance('counter')
      expect(counterOf(lifecycle).next()).toBe(1)
      lifecycle.watch(({ to }) => void states.push(to))
      const bad: Extra = (context, nth) => {
        context.own(() => void log.push('new ended'))
        return extra(context, nth)
      }
      const report = await lifecycle.reload({ set: [counter(2, bad)] })
      expect(report).toMatchObject({ outcome: 'rolled-back', strategy: 'overlap', error: { code, plugin: 'counter' } })
      expect(phasesOf(report).slice(-2)).toEqual([isStaged ? 'stage' : 'replay', 'rollback'])
      expect(states).toEqual(isStaged ? [] : ['gating', 'saving', 'active'])
      expect(log).toEqual(['new ended'])
      expect(lifecycle.status('counter')).toMatchObject({ state: 'active', generation: 1, error: undefined })
      expect(lifecycle.instance('counter')).toBe(instance)
      expect(await lifecycle.events.emit('tick')).toMatchObject({ handled: 1, failures: [] })
      expect(counterOf(lifecycle).next()).toBe(3)
      expect(await lifecycle.reload({ set: [counter(3)] })).toMatchObject({ outcome: 'committed', strategy: 'overlap' })
      expect(counterOf(lifecycle).next()).toBe(4)
    })
  }

  it('fails after the gate keeps nobody waiting for its end', async () => {
    const lifecycle = await started([counter(1)])
    const end = deferred()
    const { called, hook } = telling(() => end.promise)
    const bad: Extra = () => ({ onReload: boom, teardown: hook })
    const reload = lifecycle.reload({ set: [counter(2, bad, { timeouts: {} })] })
    let ended = false
    void reload.then(() => {
      ended = true
    })
    await called
    expect(lifecycle.status('counter').state).toBe('active')
    expect(await lifecycle.events.emit('tick')).toMatchObject({ handled: 1, failures: [] })
    expect(ended).toBe(false)
    end.resolve()
    expect((await reload).outcome).toBe('rolled-back')
    expect(counterOf(lifecycle).next()).toBe(2)
  })

  it('is not saved for by an old one that cannot: the old one serves on', async () => {
    const lifecycle = await started([counter(1, () => ({ getReloadState: () => ({ socket: () => {} }) }))])
    expect(await lifecycle.reload({ set: [counter(2)] })).toMatchObject({
      outcome: 'rolled-back',
      error: { code: 'CFP_STATE_NOT_CLONEABLE' },
    })
    expect(counterOf(lifecycle).generation).toBe(1)
    const states = counter(3, () => ({}), DISCARD)
    expect(await lifecycle.reload({ set: [states] })).toMatchObject({ outcome: 'committed', kept: [], problems: [] })
  })
})

describe('the old code, retired', () => {
  it('that throws in its teardown is a problem, and nothing else', async () => {
    const lifecycle = await started([counter(1, () => ({ teardown: boom }))])
    const report = await lifecycle.reload({ set: [counter(2)] })
    expect(report).toMatchObject({ outcome: 'committed', problems: [{ code: 'CFP_TEARDOWN_FAILED' }] })
    expect(report.error).toBeUndefined()
    expect(counterOf(lifecycle).generation).toBe(2)
  })

  it('that hangs is a zombie while the new one serves; a third version waits for a restart (fault 39)', async () => {
    const wakes: (() => void)[] = []
    const hanging: Extra = () => ({ teardown: () => new Promise<void>((resolve) => void wakes.push(resolve)) })
    const lifecycle = await started([counter(1, hanging)])
    for (const generation of [2, 3]) {
      const reload = lifecycle.reload({ set: [counter(generation, hanging)] })
      await until(() => wakes.length === generation - 1)
      expect(counterOf(lifecycle).generation).toBe(generation)
      expect(await lifecycle.events.emit('tick')).toMatchObject({ handled: 1, failures: [] })
      expect(await reload).toMatchObject({ outcome: 'committed', problems: [{ code: 'CFP_TEARDOWN_TIMEOUT' }] })
    }
    let registered = false
    const third = counter(4, () => {
      registered = true
      return {}
    })
    const report = await lifecycle.reload({ set: [third] })
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_RESTART_REQUIRED' } })
    expect(registered).toBe(false)
    for (const wake of wakes) wake()
    await until(() => lifecycle.status('counter').zombies === 0)
    expect((await lifecycle.reload({ set: [counter(5)] })).outcome).toBe('committed')
  })

  it('is fenced', async () => {
    let old: PluginContext | undefined
    const lifecycle = await started([
      counter(1, (context) => {
        old = context
        return {}
      }),
    ])
    await lifecycle.reload({ set: [counter(2)] })
    expect(old?.signal.aborted).toBe(true)
    expect(() => old?.on('tick', () => {})).toThrow(expect.objectContaining({ code: 'CFP_GENERATION_RETIRED' }))
  })
})

describe('what is still under way when the drain is over', () => {
  /** A plugin with one lease that lasts until `end`. */
  async function leased(meta: typeof OVERLAP | typeof DISCARD, end: Promise<unknown>, log: string[]) {
    const extra: Extra = () => ({ teardown: () => void log.push('old ended') })
    const lifecycle = await started([counter(1, extra, meta)], { reloadBounds: { drainMs: 20 } })
    const lease = lifecycle.use('counter', async (service) => {
      await end
      log.push('lease over')
      return (service as Counter).next()
    })
    return { lifecycle, lease }
  }

  it('keeps the old code serving where its state would miss it', async () => {
    const log: string[] = []
    const end = deferred()
    const { lifecycle, lease } = await leased(OVERLAP, end.promise, log)
    const report = await lifecycle.reload({ set: [counter(2)] })
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_DRAIN_TIMEOUT' } })
    expect(lifecycle.status('counter')).toMatchObject({ state: 'active', generation: 1 })
    end.resolve()
    await lease
    expect(log).toEqual(['lease over'])
  })

  it('ends on the old code where state is discarded, and that code is torn down only then', async () => {
    const log: string[] = []
    const end = deferred()
    const { lifecycle, lease } = await leased(DISCARD, end.promise, log)
    const reload = lifecycle.reload({ set: [counter(2, () => ({}), DISCARD)] })
    await until(() => lifecycle.status('counter').generation === 2)
    expect(await lifecycle.use('counter', (service) => (service as Counter).next())).toBe(1)
    expect(log).toEqual([])
    end.resolve()
    expect(await lease).toBe(1)
    expect(await reload).toMatchObject({ outcome: 'committed', strategy: 'overlap', problems: [] })
    expect(log).toEqual(['lease over', 'old ended'])
  })
})

/** A plugin that listens on a port by itself, each generation anew. */
function serving(generation: number, port: () => number, extra: () => PluginInstance = () => ({})) {
  return plugin(
    { name: 'web', ...OVERLAP },
    (_app, { own }) => ({
      setup: async () => {
        const server = createServer((_request, response) => void response.end(`g${generation}`))
        own(() => new Promise((resolve) => server.close(resolve)))
        server.listen(port(), '127.0.0.1')
        await once(server, 'listening')
        listeningOn = (server.address() as AddressInfo).port
      },
      ...extra(),
    }),
    { generation },
  )
}
let listeningOn = 0

async function request(port: number): Promise<string> {
  const [response] = await once(get({ port, host: '127.0.0.1', agent: false }), 'response')
  let body = ''
  for await (const chunk of response) body += chunk
  return body
}

describe('a reload that would overlap', () => {
  it('over a port that only one can have stops the old first, and says what to do instead (fault 45)', async () => {
    const entries: string[] = []
    const lifecycle = await started([serving(1, () => 0)], { logger: logTo(entries) })
    const port = listeningOn
    const report = await lifecycle.reload({ set: [serving(2, () => port)] })
    expect(report).toMatchObject({
      outcome: 'committed',
      strategy: 'exclusive',
      problems: [{ code: 'CFP_OVERLAP_IMPOSSIBLE', plugin: 'web' }],
    })
    expect(report.problems[0]?.message).toMatch(/EADDRINUSE.*context\.hold/)
    expect(phasesOf(report)).toEqual([
      'stage',
      'rollback',
      'gate',
      'save',
      'teardown',
      'start',
      'check',
      'commit',
      'replay',
    ])
    expect(entries.some((entry) => entry.startsWith('warn') && entry.includes('cannot overlap'))).toBe(true)
    expect(await request(port)).toBe('g2')
  })

  it('over a folder that only one can make does the same (fault 45)', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'cf-overlap-'))
    const record = (generation: number) =>
      plugin(
        { name: 'a', ...OVERLAP },
        (_app, { own }) => ({
          setup: async () => {
            const folder = join(parent, 'lock')
            await mkdir(folder)
            own(() => rm(folder, { recursive: true }))
          },
        }),
        { generation },
      )
    const lifecycle = await started([record(1)])
    const report = await lifecycle.reload({ set: [record(2)] })
    expect(report).toMatchObject({ outcome: 'committed', strategy: 'exclusive' })
    expect(report.problems.map(({ code }) => code)).toEqual(['CFP_OVERLAP_IMPOSSIBLE'])
    await lifecycle.stop()
    await rm(parent, { recursive: true })
  })

  it('tries once: where a stranger has the port, the old code comes back (fault 45)', async () => {
    const stranger: Server = createSocketServer().listen(0, '127.0.0.1')
    await once(stranger, 'listening')
    const taken = (stranger.address() as AddressInfo).port
    const lifecycle = await started([serving(1, () => 0)])
    const report = await lifecycle.reload({ set: [serving(2, () => taken)] })
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      strategy: 'exclusive',
      error: { code: 'CFP_SETUP_FAILED' },
      problems: [{ code: 'CFP_OVERLAP_IMPOSSIBLE' }],
    })
    expect(await request(listeningOn)).toBe('g1')
    stranger.close()
  })

  it('finds out after the gate, too (fault 45)', async () => {
    const late = (generation: number) =>
      plugin(
        { name: 'a', ...OVERLAP },
        (_app, { own }) => {
          const listen = async () => {
            const server = createSocketServer().listen(port, '127.0.0.1')
            own(() => void server.close())
            await once(server, 'listening')
            port = (server.address() as AddressInfo).port
          }
          return generation === 1 ? { setup: listen } : { onReload: listen }
        },
        { generation },
      )
    let port = 0
    const lifecycle = await started([late(1)])
    const report = await lifecycle.reload({ set: [late(2)] })
    expect(report).toMatchObject({ outcome: 'committed', strategy: 'exclusive' })
    expect(report.problems.map(({ code }) => code)).toEqual(['CFP_OVERLAP_IMPOSSIBLE'])
    expect(lifecycle.status('a')).toMatchObject({ state: 'active', generation: 2 })
  })
})

describe('a reload that a newer change makes pointless', () => {
  for (const meta of [OVERLAP, {}]) {
    it(`touches nothing where it has not begun (${'reload' in meta ? 'overlap' : 'exclusive'})`, async () => {
      const log: string[] = []
      const lifecycle = await started([
        noting(log, { name: 'a', ...meta }),
        plugin({ name: 'broken' }, boom),
        noting(log, { name: 'resting', optionalDependencies: ['a'] }),
      ])
      await lifecycle.disable('resting')
      log.length = 0
      const broken = lifecycle.status('broken')
      const states: string[] = []
      lifecycle.watch(({ to }) => void states.push(to))
      const set = [noting(log, { name: 'a', ...meta }, { generation: 2 }), plugin({ name: 'broken' })]
      const report = await lifecycle.reload({ set, superseded: AbortSignal.abort() })
      expect(report).toMatchObject({ outcome: 'superseded', error: { code: 'CFP_RELOAD_SUPERSEDED', plugin: 'a' } })
      expect(log).toEqual([])
      expect(states).toEqual([])
      expect(lifecycle.status('broken')).toEqual(broken)
      expect(lifecycle.status('a')).toMatchObject({ state: 'active', generation: 1 })
      expect(lifecycle.registry.get('a')?.source.generation).toBe(1)
    })
  }

  it('gives up what it stages, also a setup that hangs, and the old code never noticed', async () => {
    const superseded = new AbortController()
    const log: string[] = []
    const { called, hook } = telling(never)
    const lifecycle = await started([counter(1)])
    const states: string[] = []
    lifecycle.watch(({ to }) => void states.push(to))
    const hanging: Extra = ({ own }) => {
      own(() => void log.push('new ended'))
      return { setup: hook }
    }
    const record = counter(2, hanging, { timeouts: {} })
    const reload = lifecycle.reload({ set: [record], superseded: superseded.signal })
    await called
    const from = performance.now()
    superseded.abort(new Error('saved again'))
    expect(await reload).toMatchObject({
      outcome: 'superseded',
      error: { code: 'CFP_RELOAD_SUPERSEDED' },
      problems: [],
    })
    // Far less than the time that a setup has.
    expect(performance.now() - from).toBeLessThan(5000)
    expect(log).toEqual(['new ended'])
    expect(states).toEqual([])
    expect((await lifecycle.reload({ set: [counter(3)] })).outcome).toBe('committed')
  })

  for (const meta of [OVERLAP, { reload: {} }]) {
    it(`goes through where a gate is closed (${'strategy' in meta.reload ? 'overlap' : 'exclusive'})`, async () => {
      const superseded = new AbortController()
      const saving: Extra = () => ({
        getReloadState: () => {
          superseded.abort()
          return { count: 7 }
        },
      })
      const lifecycle = await started([counter(1, saving)])
      const slow: Extra = () => ({ onReload: () => sleep(1) })
      const report = await lifecycle.reload({ set: [counter(2, slow, meta)], superseded: superseded.signal })
      expect(superseded.signal.aborted).toBe(true)
      expect(report).toMatchObject({ outcome: 'committed', error: undefined })
      expect(counterOf(lifecycle).next()).toBe(8)
    })
  }

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }
    const lifecycle = await started([counter(1)])
    await lifecycle.reload({ restart: ['counter'], superseded: signal })
    expect(listeners).toBeLessThanOrEqual(0)
  })
})

describe('a reload that overlaps and is cancelled', () => {
  it('ends what it stages, and the old code serves (fault 78)', async () => {
    const lifecycle = await started([counter(1)])
    const { called, hook } = telling(never)
    const hung = counter(2, () => ({ setup: hook }), { timeouts: {} })
    const controller = new AbortController()
    const reload = lifecycle.reload({ set: [hung], signal: controller.signal, superseded: AbortSignal.timeout(60_000) })
    await called
    controller.abort()
    expect(await reload).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_OPERATION_ABORTED' } })
    expect(counterOf(lifecycle).next()).toBe(1)
  })

  it('by a stop leaves no generation behind, before the commit or after it (fault 78)', async () => {
    for (const phase of ['setup', 'onReload', 'teardown'] as const) {
      const log: string[] = []
      const { called, hook } = telling(() => sleep(50))
      const record = (generation: number, hangsIn: string) =>
        counter(
          generation,
          ({ own }) => {
            own(() => void log.push(`ended ${generation}`))
            return hangsIn === phase ? { [phase]: hook } : {}
          },
          { timeouts: {} },
        )
      const isLate = phase === 'teardown'
      const lifecycle = await started([record(1, isLate ? 'teardown' : 'none')])
      const reload = lifecycle.reload({ set: [record(2, isLate ? 'none' : phase)] })
      await called
      const [stopped, report] = await Promise.all([lifecycle.stop(), reload])
      expect(stopped).toMatchObject({ stopped: ['counter'], hung: [] })
      expect(report.outcome).toBe(isLate ? 'committed' : 'rolled-back')
      expect(log.sort()).toEqual(['ended 1', 'ended 2'])
    }
  })
})

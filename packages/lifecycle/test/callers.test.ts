// What callers of a plugin see while it is replaced: events, hooks, services, leases.
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { Lifecycle } from '../src/index.ts'
import { type Deferred, deferred, logTo, plugin, rejection, sleep, started, until } from './support.ts'

/** A plugin whose reload stays in its gap, old code torn down and new code not up, until `gap` is resolved. */
function slow(generation: number, { gap, log = [] }: { gap?: Deferred | undefined; log?: unknown[] } = {}) {
  return plugin(
    { name: 'slow' },
    (_app, { on, hooks }) => {
      on('tick', (payload) => void log.push(payload))
      hooks.on('ask', () => `g${generation}`)
      return { generation, setup: () => gap?.promise } as never
    },
    { generation },
  )
}

const generationOf = (service: unknown) => (service as { generation: number }).generation
const inGap = (lifecycle: Lifecycle) => until(() => lifecycle.status('slow').state === 'swapping')

describe('a full queue', () => {
  it('lets awaited emits wait for room and delivers them in order, behind those that waited before them (fault 56)', async () => {
    const log: unknown[] = []
    const gap = deferred()
    const lifecycle = await started([slow(1)])
    const reload = lifecycle.reload({ set: [slow(2, { gap, log })] })
    await inGap(lifecycle)
    const emits = Array.from({ length: 1500 }, (_, index) => lifecycle.events.emit('tick', index))
    gap.resolve()
    expect((await reload).outcome).toBe('committed')
    for (const report of await Promise.all(emits)) expect(report).toMatchObject({ handled: 1, failures: [] })
    expect(log).toEqual(Array.from({ length: 1500 }, (_, index) => index))
  })

  it('refuses by code whatever nobody waits with: publishes, listened events, hook calls, leases (fault 56)', async () => {
    const entries: string[] = []
    const log: unknown[] = []
    const emitter = new EventEmitter()
    const gap = deferred()
    const hearing = (generation: number, gap?: Deferred) =>
      plugin(
        { name: 'slow' },
        (_app, { on, hooks, listen }) => {
          on('tick', (payload) => void log.push(payload))
          hooks.on('ask', () => 'answer')
          listen(emitter, 'heard', (payload) => void log.push(payload))
          return { setup: () => gap?.promise }
        },
        { generation },
      )
    const lifecycle = await started([hearing(1)], { logger: logTo(entries) })
    const reload = lifecycle.reload({ set: [hearing(2, gap)] })
    await inGap(lifecycle)
    for (let index = 0; index < 1000; index++) lifecycle.events.publish('tick', index)
    const waiting = lifecycle.events.emit('tick', 1000)
    lifecycle.events.publish('tick', 'too much')
    emitter.emit('heard', 'too much')
    const busy = { code: 'CFP_PLUGIN_BUSY', plugin: 'slow', phase: 'gate', generation: 1 }
    expect(await rejection(lifecycle.use('slow', () => 1))).toMatchObject(busy)
    expect(await rejection(lifecycle.hooks.call('ask'))).toMatchObject({ cause: { code: 'CFP_PLUGIN_BUSY' } })
    gap.resolve()
    await Promise.all([reload, waiting])
    expect(log).toEqual(Array.from({ length: 1001 }, (_, index) => index))
    expect(entries.filter((entry) => entry.includes('1000 calls wait for it already'))).toHaveLength(2)
  })
})

describe('what cannot wait', () => {
  it('is answered by the old code until its teardown begins, by a code in the gap, and then by the new code', async () => {
    const saving = deferred()
    const seen: unknown[] = []
    const gap = deferred()
    const ask = (when: string) => {
      const answers = [() => lifecycle.hooks.callSync('ask')[0], () => generationOf(lifecycle.service('db'))]
      for (const answer of answers) {
        try {
          seen.push([when, answer()])
        } catch (error) {
          seen.push([when, (error as { code: string }).code])
        }
      }
    }
    const db = (generation: number) =>
      plugin(
        { name: 'db' },
        (_app, { hooks }) => {
          hooks.on('ask', () => generation)
          return {
            generation,
            setup: () => (generation > 1 ? gap.promise : undefined),
            getReloadState: () => saving.promise,
            setReloadState: () => {},
            teardown: () => ask('teardown'),
          } as never
        },
        { generation },
      )
    const lifecycle = await started([db(1)])
    lifecycle.watch(({ to }) => ask(to))
    const reload = lifecycle.reload({ set: [db(2)] })
    await until(() => lifecycle.status('db').state === 'saving')
    saving.resolve()
    await until(() => lifecycle.status('db').state === 'swapping')
    ask('gap')
    gap.resolve()
    await reload
    const both = (when: string, what: unknown) => [
      [when, what],
      [when, what],
    ]
    const reloading = 'CFP_PLUGIN_RELOADING'
    expect(seen).toEqual([
      ...both('gating', 1),
      ...both('saving', 1),
      ...both('swapping', 1),
      ...both('teardown', reloading),
      ...both('gap', reloading),
      ...both('committing', reloading),
      ...both('active', 2),
    ])
  })

  it('is answered by the old code from the rollback on, which had been torn down, and never where that had not', async () => {
    const gap = deferred()
    const lifecycle = await started([slow(1)])
    const broken = plugin({ name: 'slow' }, () => ({ setup: () => gap.promise.then(() => Promise.reject('no')) }))
    const reload = lifecycle.reload({ set: [broken] })
    await inGap(lifecycle)
    expect(() => lifecycle.hooks.callSync('ask')).toThrow(expect.objectContaining({ code: 'CFP_PLUGIN_RELOADING' }))
    gap.resolve()
    expect((await reload).outcome).toBe('rolled-back')
    expect(lifecycle.hooks.callSync('ask')).toEqual(['g1'])
    expect(generationOf(lifecycle.service('slow'))).toBe(1)
  })

  it('is answered by the old code all the time where old and new overlap', async () => {
    const staging = deferred()
    const checking = deferred()
    const answers: unknown[] = []
    const ask = () => answers.push(lifecycle.hooks.callSync('ask')[0], generationOf(lifecycle.service('db')))
    const db = (generation: number) =>
      plugin(
        { name: 'db', reload: { strategy: 'overlap' } },
        (_app, { hooks }) => {
          hooks.on('ask', () => generation)
          return {
            generation,
            setup: () => (generation > 1 ? staging.promise : undefined),
            onReload: () => checking.promise.then(ask),
            getReloadState: () => void ask(),
            setReloadState: () => {},
            teardown: () => void (generation === 1 && ask()),
          } as never
        },
        { generation },
      )
    const lifecycle = await started([db(1)])
    const reload = lifecycle.reload({ set: [db(2)] })
    await sleep(1)
    ask()
    staging.resolve()
    checking.resolve()
    expect(await reload).toMatchObject({ outcome: 'committed', strategy: 'overlap' })
    expect(answers).toEqual([1, 1, 1, 1, 1, 1, 2, 2])
  })
})

describe('a call to itself while a plugin drains', () => {
  it('by event, hook or lease is answered, and the reload goes on when it is over (fault 58)', async () => {
    const gate = deferred()
    const answers: unknown[] = []
    const lifecycle = await started([
      plugin({ name: 'self' }, (_app, { on, emit, hooks }) => {
        on('outer', async () => {
          await gate.promise
          answers.push((await emit('inner')).handled, ...(await hooks.call('ask')), ...hooks.callSync('ask'))
        })
        on('inner', () => sleep(1))
        hooks.on('ask', () => 'own')
        return {}
      }),
    ])
    const outer = lifecycle.events.emit('outer')
    const reload = lifecycle.reload({ restart: ['self'] })
    await until(() => lifecycle.status('self').state === 'gating')
    gate.resolve()
    const { outcome, phases } = await reload
    expect((await outer).failures).toEqual([])
    expect(outcome).toBe('committed')
    expect(answers).toEqual([1, 'own', 'own'])
    expect(phases.find(({ phase }) => phase === 'gate')?.durationMs).toBeLessThan(2000)
  })

  it('through an outsider ends by the bound of the drain: the old code serves on and answers it (fault 58)', async () => {
    const gate = deferred()
    const lifecycle = await started([
      plugin({ name: 'self' }, (_app, { on, hooks }) => {
        on('outer', async () => {
          await gate.promise
          await hooks.call('outsider')
        })
        on('inner', () => {})
        return {}
      }),
      plugin({ name: 'outsider' }, (_app, { hooks, emit }) => {
        hooks.on('outsider', async () => void (await emit('inner')))
        return {}
      }),
    ])
    const outer = lifecycle.events.emit('outer')
    const reload = lifecycle.reload({ restart: ['self'] })
    await until(() => lifecycle.status('self').state === 'gating')
    gate.resolve()
    expect(await reload).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_DRAIN_TIMEOUT' } })
    expect((await outer).failures).toEqual([])
  })
})

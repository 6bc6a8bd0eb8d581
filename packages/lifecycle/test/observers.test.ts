import { type Channel, channel, tracingChannel } from 'node:diagnostics_channel'
import { afterEach, describe, expect, it } from 'vitest'
import { type HookTrace, type StateChange, stateChannel } from '../src/index.ts'
import { lifecycleOf, logTo, plugin, started } from './support.ts'

const undos: (() => void)[] = []
afterEach(() => {
  for (const undo of undos.splice(0)) undo()
})

function subscribe(to: Channel, listener: (message: unknown) => void): void {
  to.subscribe(listener)
  undos.push(() => to.unsubscribe(listener))
}

describe('diagnostics channels', () => {
  it('tell each call of register, setup and teardown, with its plugin, generation and failure', async () => {
    const log: string[] = []
    for (const hook of ['register', 'setup', 'teardown']) {
      const { start, asyncEnd, error } = tracingChannel<HookTrace, HookTrace>(`cf-plugins:${hook}`)
      for (const [event, each] of Object.entries({ start, asyncEnd, error })) {
        subscribe(each, (message) => {
          const trace = message as HookTrace
          log.push(
            `${hook} ${event} ${trace.plugin} ${trace.generation} ${(trace.error as Error)?.message ?? ''}`.trim(),
          )
        })
      }
    }
    const lifecycle = await started([
      plugin({ name: 'a' }, () => ({ setup: async () => {}, teardown: () => Promise.reject(new Error('no')) }), {
        generation: 7,
      }),
    ])
    await lifecycle.stop()
    expect(log).toEqual([
      'register start a 7',
      'register asyncEnd a 7',
      'setup start a 7',
      'setup asyncEnd a 7',
      'teardown start a 7',
      'teardown error a 7 no',
      'teardown asyncEnd a 7 no',
    ])
  })

  it('tell each transition of a state', async () => {
    const changes: string[] = []
    expect(stateChannel).toBe(channel('cf-plugins:state'))
    subscribe(stateChannel, (message) => {
      const { plugin, from, to } = message as StateChange
      changes.push(`${plugin}: ${from} -> ${to}`)
    })
    const lifecycle = await started([plugin({ name: 'a' })])
    await lifecycle.reload({ restart: ['a'] })
    await lifecycle.stop()
    expect(changes).toEqual([
      'a: resolved -> starting',
      'a: starting -> active',
      'a: active -> gating',
      'a: gating -> saving',
      'a: saving -> swapping',
      'a: swapping -> committing',
      'a: committing -> active',
      'a: active -> stopped',
    ])
  })
})

describe('the host id', () => {
  it('is in every message, so that two hosts in one process are told apart', async () => {
    const told: string[] = []
    const tell = (message: unknown) => void told.push((message as { host: string }).host)
    subscribe(stateChannel, tell)
    subscribe(tracingChannel('cf-plugins:setup').start, tell)
    const hosts = [
      await started([plugin({ name: 'a' }, () => ({ setup() {} }))]),
      await started([], { hostId: 'second' }),
    ]
    await hosts[1]?.add([plugin({ name: 'b' }, () => ({ setup() {} }))])
    expect(hosts[1]?.id).toBe('second')
    expect(hosts[0]?.id).toMatch(/^[0-9a-f]{8}$/)
    expect(told).toEqual([...new Array(3).fill(hosts[0]?.id), ...new Array(3).fill('second')])
  })
})

describe('watch', () => {
  it('tells each transition at once, until it is undone', async () => {
    const lifecycle = lifecycleOf([plugin({ name: 'a' })])
    const changes: string[] = []
    const undo = lifecycle.watch(({ to }) => void changes.push(to))
    await lifecycle.start()
    undo()
    await lifecycle.disable('a')
    expect(changes).toEqual(['starting', 'active'])
  })

  it('survives a listener that throws, and tells the others and the log', async () => {
    const entries: string[] = []
    const changes: string[] = []
    const lifecycle = lifecycleOf([plugin({ name: 'a' })], { logger: logTo(entries) })
    lifecycle.watch(() => {
      throw new Error('no')
    })
    lifecycle.watch(({ to }) => void changes.push(to))
    expect((await lifecycle.start()).active).toEqual(['a'])
    expect(changes).toEqual(['starting', 'active'])
    expect(entries).toHaveLength(2)
  })

  it('sees a commit whole: at the first member that is active, all serve the new code', async () => {
    const record = (name: string, generation: number, dependencies: string[] = []) =>
      plugin({ name, dependencies }, () => ({ generation }) as never, { generation })
    const lifecycle = await started([record('a', 1), record('b', 1, ['a'])])
    const seen: unknown[] = []
    lifecycle.watch(({ to }) => {
      if (to === 'active') seen.push(['a', 'b'].map((name) => lifecycle.registry.services.lookup(name)?.service))
    })
    await lifecycle.reload({ set: [record('a', 2), record('b', 2, ['a'])] })
    expect(seen[0]).toMatchObject([{ generation: 2 }, { generation: 2 }])
  })
})

// Events of every kind, sent in every phase of a reload that ends in every way: each exactly once, in order, none of them
// missing in the state.
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { Lifecycle } from '../src/index.ts'
import { plugin, sleep, started } from './support.ts'

const HOOKS = ['register', 'setup', 'getReloadState', 'setReloadState', 'onReload', 'health', 'teardown'] as const
type Hook = (typeof HOOKS)[number]

interface Course {
  readonly strategy: 'exclusive' | 'overlap'
  /** Where the new code fails. */
  readonly fails?: Hook
  readonly outcome: 'committed' | 'rolled-back' | 'failed'
}

const STRATEGIES = ['exclusive', 'overlap'] as const
const COURSES: readonly Course[] = [
  ...STRATEGIES.map((strategy) => ({ strategy, outcome: 'committed' as const })),
  ...STRATEGIES.flatMap((strategy) =>
    (['register', 'setup', 'setReloadState', 'onReload', 'health'] as const).map((fails) => ({
      strategy,
      fails,
      outcome: 'rolled-back' as const,
    })),
  ),
  { strategy: 'exclusive', fails: 'setup', outcome: 'failed' },
]

/** A sender of numbered events, by turns emitted, published and sent to an emitter. */
function traffic(lifecycle: () => Lifecycle) {
  const emitter = new EventEmitter()
  const awaited: Promise<unknown>[] = []
  let sent = 0
  const send = () => {
    const number = ++sent
    if (number % 3 === 0) emitter.emit('tick', number)
    else if (number % 3 === 1) lifecycle().events.publish('tick', number)
    else awaited.push(lifecycle().events.emit('tick', number))
  }
  return { emitter, awaited, send, all: () => Array.from({ length: sent }, (_, index) => index + 1) }
}

describe('events sent in every phase of a reload', () => {
  for (const { strategy, fails, outcome } of COURSES) {
    const where = fails ? `, fails in ${fails}` : ''
    it(`(${strategy}${where}, ${outcome}) reach the plugin exactly once and in order (fault 55) (invariant 7)`, async () => {
      let lifecycle: Lifecycle
      const { emitter, awaited, send, all } = traffic(() => lifecycle)
      const log: number[] = []
      let isSending = false
      let starts = 0
      const version = (generation: number, isBroken = false) =>
        plugin(
          { name: 'a', reload: { strategy } },
          (_app, { on, listen }) => {
            const heard: number[] = []
            const start = ++starts
            const hear = (number: number) => {
              heard.push(number)
              log.push(number)
            }
            on<number>('tick', hear)
            listen(emitter, 'tick', hear)
            const step = async (hook: Hook, result?: unknown) => {
              if (isSending) send()
              await sleep(1)
              if (isSending) send()
              const fallsBack = generation === 1 && start > 1 && outcome === 'failed'
              if (hook === fails && (isBroken || fallsBack)) throw new Error(`${hook} failed`)
              return result
            }
            const instance = {
              heard,
              setup: () => step('setup'),
              getReloadState: () => step('getReloadState').then(() => heard),
              setReloadState: async (state: readonly number[]) => {
                await step('setReloadState')
                heard.push(...state)
              },
              onReload: () => step('onReload'),
              health: () => step('health', { status: 'healthy' }),
              teardown: () => step('teardown'),
            }
            return step('register', instance) as never
          },
          { generation },
        )
      lifecycle = await started([version(1)])
      lifecycle.watch(({ to }) => {
        if (to !== 'failed') send()
      })
      isSending = true
      const reload = lifecycle.reload({ set: [version(2, fails !== undefined)] })
      send()
      expect((await reload).outcome).toBe(outcome)
      if (outcome === 'failed') {
        // It hears nothing while it is down; what waited is delivered when it is back.
        isSending = false
        expect((await lifecycle.reload({ set: [version(3)] })).outcome).toBe('committed')
        isSending = true
      }
      send()
      await Promise.all(awaited)
      expect(log).toEqual(all())
      expect((lifecycle.service('a') as { heard: number[] }).heard).toEqual(all())
      expect(all().length).toBeGreaterThan(3)
      isSending = false
    })
  }

  it('and all the time by others, reach each of a unit exactly once and in order, whichever of it fails (fault 55) (invariant 7)', async () => {
    const heard = new Map<string, number[]>(['base', 'user'].map((name) => [name, []]))
    const member = (name: string, generation: number, fails: boolean) =>
      plugin(
        { name, dependencies: name === 'user' ? ['base'] : [] },
        (_app, { on }) => {
          on<number>('tick', (number) => void heard.get(name)?.push(number))
          return {
            setup: () => sleep(2),
            getReloadState: () => sleep(1),
            setReloadState: () => {},
            onReload: () => sleep(1).then(() => (fails ? Promise.reject(new Error('no')) : undefined)),
          }
        },
        { generation },
      )
    const lifecycle = await started([member('base', 1, false), member('user', 1, false)])
    const reports: Promise<unknown>[] = []
    let sent = 0
    let isOver = false
    const sending = (async () => {
      while (!isOver) {
        for (let burst = 0; burst < 5; burst++) reports.push(lifecycle.events.emit('tick', sent++))
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    const outcomes: string[] = []
    for (let round = 2; round < 12; round++) {
      const { outcome } = await lifecycle.reload({
        set: [member('base', round, round % 3 === 0), member('user', round, round % 4 === 0)],
      })
      outcomes.push(outcome)
    }
    isOver = true
    await sending
    for (const report of await Promise.all(reports)) expect(report).toMatchObject({ handled: 2, failures: [] })
    const all = Array.from({ length: sent }, (_, index) => index)
    expect(heard.get('base')).toEqual(all)
    expect(heard.get('user')).toEqual(all)
    expect(new Set(outcomes)).toEqual(new Set(['committed', 'rolled-back']))
  })
})

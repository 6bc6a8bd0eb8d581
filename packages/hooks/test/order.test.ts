// In which order handlers are called, whoever registered them and whenever.
import type { HandlerOptions, Undo } from '@cf-plugins/plugin-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type HandlerOwner, type HandlerStage, type ListenerView, PluginEvents, PluginHooks } from '../src/index.ts'
import { codeOf } from './support.ts'

interface Target {
  on(name: string, handler: () => unknown, options?: HandlerOptions): Undo
  stage(owner: HandlerOwner): HandlerStage<() => unknown>
  listeners(name: string): readonly ListenerView[]
}

const TARGETS: readonly (readonly [string, () => Target])[] = [
  ['PluginEvents', () => new PluginEvents()],
  ['PluginHooks', () => new PluginHooks()],
]

describe.each(TARGETS)('%s', (_, create) => {
  it('lists handlers by priority, then rank, then registration', () => {
    const target = create()
    const second = target.stage({ name: 'second', rank: 2 })
    const first = target.stage({ name: 'first', rank: 1 })
    second.on('x', () => undefined)
    second.on('x', () => undefined, { priority: 'high' })
    first.on('x', () => undefined)
    first.on('x', () => undefined, { priority: 'low' })
    first.on('x', () => undefined, { priority: 75 })
    second.commit()
    first.commit()
    target.on('x', () => undefined, { priority: Number.NEGATIVE_INFINITY })
    target.on('x', () => undefined)
    expect(target.listeners('x')).toEqual([
      { plugin: 'second', priority: 100 },
      { plugin: 'first', priority: 75 },
      { plugin: 'host', priority: 50 },
      { plugin: 'first', priority: 50 },
      { plugin: 'second', priority: 50 },
      { plugin: 'first', priority: 0 },
      { plugin: 'host', priority: Number.NEGATIVE_INFINITY },
    ])
    expect(target.listeners('y')).toEqual([])
  })

  it('takes names such as __proto__ and constructor as names like any other (fault 34)', () => {
    const target = create()
    for (const name of ['__proto__', 'constructor', 'toString', '0']) {
      expect(target.listeners(name)).toEqual([])
      target.on(name, () => undefined)
      expect(target.listeners(name)).toHaveLength(1)
    }
  })

  it.each([
    ['an empty name', () => create().on('', () => undefined)],
    ['a name that is no string', () => create().on(Symbol('x') as unknown as string, () => undefined)],
    ['a handler that is no function', () => create().on('x', 'handler' as unknown as () => void)],
    ['a priority that is not a number', () => create().on('x', () => undefined, { priority: Number.NaN })],
    ['an unknown option', () => create().on('x', () => undefined, { timeout: 5 } as object)],
    ['an unknown priority', () => create().on('x', () => undefined, { priority: 'toString' as 'high' })],
    ['a timeout of 0', () => create().on('x', () => undefined, { timeoutMs: 0 })],
    ['a timeout below 0', () => create().on('x', () => undefined, { timeoutMs: -1 })],
    ['a timeout that is not a number', () => create().on('x', () => undefined, { timeoutMs: Number.NaN })],
    ['a timeout longer than any timer', () => create().on('x', () => undefined, { timeoutMs: 2 ** 31 })],
  ])('refuses %s when it is registered', async (_name, register) => {
    expect(await codeOf(register)).toBe('CFP_HANDLER_INVALID')
  })

  it('names the plugin and the value in the refusal', () => {
    const stage = create().stage({ name: 'auth', rank: 1 })
    expect(() => stage.on('x', () => undefined, { timeoutMs: -5 })).toThrow(
      /timeoutMs of "x".*got -5 \(plugin "auth"\)/i,
    )
  })
})

it.each([
  ['PluginEvents', () => new PluginEvents({ timeoutMs: 0 })],
  ['PluginHooks', () => new PluginHooks({ timeoutMs: Number.NaN })],
])('%s refuses a default timeout that is no duration', async (_, create) => {
  expect(await codeOf(create)).toBe('CFP_HANDLER_INVALID')
})

it('calls any registrations, undos, commits and withdrawals in the order of a stable sort', async () => {
  const command = fc.oneof(
    fc.record({ kind: fc.constant('on' as const), owner: fc.nat(3), priority: fc.constantFrom(0, 50, 50, 100, 7) }),
    fc.record({ kind: fc.constant('undo' as const), which: fc.nat(30) }),
    fc.record({ kind: fc.constantFrom('commit' as const, 'withdraw' as const), owner: fc.nat(3) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
      const events = new PluginEvents()
      // Made against their ranks, so that neither creation nor commit can pass for the rank.
      const owners = [3, 2, 1, 0].map((rank) => ({
        rank,
        live: false,
        stage: events.stage({ name: `p${rank}`, rank }),
      }))
      const called: number[] = []
      const model: { id: number; owner: number; priority: number; gone: boolean; undo: () => void }[] = []
      for (const step of commands) {
        if (step.kind === 'on') {
          const id = model.length
          const { priority } = step
          const undo = (owners[step.owner] as (typeof owners)[0]).stage.on('x', () => called.push(id), { priority })
          model.push({ id, owner: step.owner, priority: step.priority, gone: false, undo })
        } else if (step.kind === 'undo') {
          const entry = model[step.which]
          if (entry === undefined) continue
          entry.gone = true
          entry.undo()
        } else {
          const owner = owners[step.owner] as (typeof owners)[0]
          owner.live = step.kind === 'commit'
          owner.stage[step.kind]()
        }
      }
      const rank = (owner: number) => (owners[owner] as (typeof owners)[0]).rank
      const expected = model
        .filter(({ owner, gone }) => !gone && owners[owner]?.live)
        .sort((a, b) => b.priority - a.priority || rank(a.owner) - rank(b.owner) || a.id - b.id)
        .map(({ id }) => id)
      const { handled } = await events.emit('x')
      expect(called).toEqual(expected)
      expect(handled).toBe(expected.length)
      expect(events.listeners('x')).toHaveLength(expected.length)
    }),
    { numRuns: 300 },
  )
})

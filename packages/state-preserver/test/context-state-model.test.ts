// Updates, sets and transactions at once, with faults, against what each of them must have come to.
import { sharedStateRef } from '@cf-plugins/plugin-api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StatePreserver } from '../src/index.ts'
import { opened } from './keeping.ts'

/** Each part is the list of those who changed it. */
type Log = readonly number[]
const PARTS = ['own', 'left', 'right'] as const
type Part = (typeof PARTS)[number]
const REFS = { left: sharedStateRef<Log>('left', []), right: sharedStateRef<Log>('right', []) }

const FAULTS = ['none', 'none', 'none', 'throw', 'unclonable', 'hang', 'abort'] as const

interface Operation {
  readonly plugin: 0 | 1
  readonly kind: 'update' | 'set' | 'transaction'
  /** In the order in which they are changed. */
  readonly parts: readonly Part[]
  readonly fault: (typeof FAULTS)[number]
  /** How many turns of the event loop its code takes. */
  readonly turns: number
  /** How many come before it. */
  readonly pause: number
}

const operation: fc.Arbitrary<Operation> = fc.record({
  plugin: fc.constantFrom(0, 1),
  kind: fc.constantFrom('update', 'set', 'transaction', 'transaction'),
  parts: fc.shuffledSubarray([...PARTS], { minLength: 1 }),
  fault: fc.constantFrom(...FAULTS),
  turns: fc.integer({ min: 0, max: 3 }),
  pause: fc.integer({ min: 0, max: 2 }),
})

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
async function turns(count: number): Promise<void> {
  for (let each = 0; each < count; each++) await turn()
}

interface Outcome {
  readonly id: number
  readonly operation: Operation
  readonly parts: readonly Part[]
  readonly succeeded: boolean
  readonly code?: string | undefined
}

test('whatever runs at once: what succeeded is in all of its parts, once, in one order for all; what failed is in none', async () => {
  const seen = new Map<string, number>()
  const count = (what: string) => void seen.set(what, (seen.get(what) ?? 0) + 1)
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 2, maxLength: 14 }), async (operations) => {
      const preserver = new StatePreserver()
      const shared = ['left', 'right']
      const plugins = ['one', 'two'].map((name) => opened<Log>({ name, state: { initial: [], shared } }, {}, preserver))
      const told: Record<string, Log[]> = {}
      const nameOf = (part: Part, plugin: number) => (part === 'own' ? `own ${plugin}` : part)
      for (const [index, { state }] of plugins.entries()) {
        const listen = (name: string) => {
          const values: Log[] = []
          told[name] = values
          return (value: Log) => void values.push(value)
        }
        state.watch(listen(nameOf('own', index)))
        if (index === 0) for (const part of ['left', 'right'] as const) state.shared(REFS[part]).watch(listen(part))
      }
      const run = async (id: number, each: Operation): Promise<Outcome> => {
        const { state } = plugins[each.plugin] as (typeof plugins)[number]
        const parts = each.kind === 'transaction' ? each.parts : each.parts.slice(0, 1)
        const controller = new AbortController()
        const options = { timeoutMs: each.fault === 'hang' ? 5 : 5000, signal: controller.signal }
        const change = async (log: Log): Promise<Log> => {
          await turns(each.turns)
          return step(log)
        }
        const step = (log: Log): Log => {
          if (each.fault === 'throw') throw new Error('fault')
          return each.fault === 'unclonable' ? ([() => {}] as never) : [...log, id]
        }
        const fault = async () => {
          if (each.fault === 'abort') controller.abort(new Error('fault'))
          if (each.fault === 'hang' || each.fault === 'abort') await new Promise(() => {})
        }
        try {
          if (each.kind === 'transaction') {
            await state.transaction(async (own) => {
              for (const part of parts) {
                const target = part === 'own' ? own : own.shared(REFS[part])
                await target.update(each.turns === 0 ? step : change)
              }
              await fault()
            }, options)
          } else {
            const [part] = parts as [Part]
            const target = part === 'own' ? state : state.shared(REFS[part])
            if (each.kind === 'set') target.set(step(target.value))
            else {
              await target.update(async (log) => {
                const next = each.turns === 0 ? step(log) : await change(log)
                await fault()
                return next
              }, options)
            }
          }
          return { id, operation: each, parts, succeeded: true }
        } catch (error) {
          return { id, operation: each, parts, succeeded: false, code: (error as { code?: string }).code }
        }
      }
      const running: Promise<Outcome>[] = []
      for (const [id, each] of operations.entries()) {
        await turns(each.pause)
        running.push(run(id, each))
      }
      const outcomes = await Promise.all(running)
      const logOf = (name: string): Log =>
        name.startsWith('own')
          ? (plugins[Number(name.slice(4))]?.state.value as Log)
          : (plugins[0]?.state.shared(REFS[name as 'left']).value as Log)
      const names = Object.keys(told)
      const logs = new Map(names.map((name) => [name, logOf(name)]))
      for (const { id, parts, succeeded, operation: each, code } of outcomes) {
        for (const name of names) {
          const isIn = succeeded && parts.some((part) => nameOf(part, each.plugin) === name)
          expect(logs.get(name)?.filter((other) => other === id)).toHaveLength(isIn ? 1 : 0)
        }
        // A fault is what it was, and nothing else fails.
        const mayBeLocked = each.kind === 'set'
        if (!succeeded && each.fault === 'none') expect(mayBeLocked && code).toBe('CFP_STATE_LOCKED')
        const isFaulty = each.fault !== 'none' && !(each.kind === 'set' && /hang|abort/.test(each.fault))
        if (isFaulty) expect(succeeded).toBe(false)
        count(`${each.kind} ${succeeded ? 'done' : (code ?? each.fault)}`)
      }
      for (const [name, log] of logs) {
        const values = told[name] as Log[]
        // Each value was told once, each of them one longer than the one before: nothing that others did was lost.
        expect(values.at(-1) ?? []).toEqual(log)
        expect(values).toEqual(log.map((_, index) => log.slice(0, index + 1)))
      }
      // Of two transactions, one came first in all parts that they have in common.
      const orders = [...logs.values()]
      for (const one of outcomes) {
        for (const other of outcomes) {
          const inBoth = orders.filter((log) => log.includes(one.id) && log.includes(other.id))
          const isFirst = new Set(inBoth.map((log) => log.indexOf(one.id) < log.indexOf(other.id)))
          expect(isFirst.size).toBeLessThan(2)
        }
      }
      // Nobody is left with a lock.
      for (const { state } of plugins) await state.transaction(() => {}, { timeoutMs: 1000 })
    }),
    { numRuns: 300 },
  )
  for (const what of ['update done', 'set done', 'transaction done', 'set CFP_STATE_LOCKED', 'transaction throw']) {
    expect([what, (seen.get(what) ?? 0) > 50]).toEqual([what, true])
  }
  for (const kind of ['update', 'transaction']) {
    for (const code of ['CFP_STATE_UPDATE_TIMEOUT', 'CFP_STATE_ABORTED', 'CFP_STATE_NOT_CLONEABLE'])
      expect([kind, code, (seen.get(`${kind} ${code}`) ?? 0) > 20]).toEqual([kind, code, true])
  }
}, 60_000)

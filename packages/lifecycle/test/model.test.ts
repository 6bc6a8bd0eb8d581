// Random operations, asked for without waiting, with faults on the nth call of a hook and hooks that end in any order:
// whatever happens, the invariants hold once everything has settled.
import { EventEmitter } from 'node:events'
import type { PluginRecord } from '@cf-plugins/plugin-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Lifecycle } from '../src/index.ts'
import { lifecycleOf, never, plugin } from './support.ts'

const NEEDS: Record<string, { dependencies?: string[]; optionalDependencies?: string[] }> = {
  a: {},
  b: { dependencies: ['a'] },
  c: { dependencies: ['a'], optionalDependencies: ['e'] },
  d: { dependencies: ['b', 'c'] },
  e: {},
}
const NAMES = Object.keys(NEEDS)
const HOOKS = ['register', 'setup', 'teardown', 'onEnable', 'onDisable', 'onReload', 'setReloadState'] as const
type Hook = (typeof HOOKS)[number]

interface Fault {
  readonly hook: Hook
  /** Which call of that hook, counted over all plugins. */
  readonly nth: number
  readonly how: 'throw' | 'reject' | 'hang'
}

type Command =
  | { readonly kind: 'enable' | 'disable' | 'unload' | 'add' | 'restart'; readonly name: string }
  | { readonly kind: 'reload'; readonly names: readonly string[] }
  | { readonly kind: 'tick' | 'wait' | 'start' }

const name = fc.constantFrom(...NAMES)
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('enable' as const, 'disable' as const), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('unload' as const, 'add' as const), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), name }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('reload' as const),
      names: fc.subarray(NAMES, { minLength: 1, maxLength: 2 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('tick' as const, 'wait' as const, 'start' as const) }) },
)
const fault: fc.Arbitrary<Fault> = fc.record({
  hook: fc.constantFrom(...HOOKS),
  nth: fc.integer({ min: 1, max: 14 }),
  how: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('throw' as const, 'reject' as const) },
    { weight: 1, arbitrary: fc.constant('hang' as const) },
  ),
})

/** One instance of a plugin, as the world sees it. */
interface Life {
  readonly name: string
  readonly on: readonly Life[]
  setups: number
  teardowns: number
  released: number
  count: number
}

/** The plugins, what became of each of their instances, and everything that was ever wrong. */
class World {
  readonly lives: Life[] = []
  readonly wrong: string[] = []
  readonly heard = new Map<string, number>()
  readonly emitter = new EventEmitter()
  readonly #calls = new Map<Hook, number>()
  readonly #faults: readonly Fault[]
  readonly #scheduler: fc.Scheduler
  #generation = 0

  constructor(faults: readonly Fault[], scheduler: fc.Scheduler) {
    this.#faults = faults
    this.#scheduler = scheduler
    this.emitter.setMaxListeners(0)
  }

  record(of: string): PluginRecord {
    const timeouts = { registerMs: 30, setupMs: 30, teardownMs: 30, enableMs: 30, reloadMs: 30, restoreMs: 30 }
    return plugin(
      { name: of, timeouts, ...NEEDS[of] },
      async (_app, { inject, on, listen, own }) => {
        const found = (name: string) => inject(name, { optional: true }) as { life: Life } | undefined
        const names = [...(NEEDS[of]?.dependencies ?? []), ...(NEEDS[of]?.optionalDependencies ?? [])]
        const life: Life = {
          name: of,
          on: names.flatMap((name) => found(name)?.life ?? []),
          setups: 0,
          teardowns: 0,
          released: 0,
          count: 0,
        }
        this.lives.push(life)
        listen(this.emitter, 'x', () => {})
        own(() => void life.released++)
        on('tick', () => {
          if (life.teardowns > 0) this.wrong.push(`${of} heard an event after its teardown`)
          life.count++
          this.heard.set(of, (this.heard.get(of) ?? 0) + 1)
        })
        await this.#call('register', of)
        return {
          life,
          setup: () => {
            life.setups++
            for (const other of life.on) if (!isUp(other)) this.wrong.push(`${of} was set up on a dead ${other.name}`)
            const up = this.lives.filter((each) => each.name === of && isUp(each) && each !== life)
            if (up.length > 0) this.wrong.push(`${of} was set up beside ${up.length} others`)
            return this.#call('setup', of)
          },
          teardown: () => {
            life.teardowns++
            const users = this.lives.filter((each) => isUp(each) && each.on.includes(life))
            const required = users.filter((each) => NEEDS[each.name]?.dependencies?.includes(of))
            for (const user of required) this.wrong.push(`${of} was torn down before ${user.name}`)
            return this.#call('teardown', of)
          },
          onEnable: () => this.#call('onEnable', of),
          onDisable: () => this.#call('onDisable', of),
          onReload: () => this.#call('onReload', of),
          getReloadState: () => ({ count: life.count }),
          setReloadState: (state: { count: number }) => {
            life.count = state.count
            return this.#call('setReloadState', of)
          },
        } as never
      },
      { generation: ++this.#generation },
    )
  }

  #call(hook: Hook, of: string): unknown {
    const call = (this.#calls.get(hook) ?? 0) + 1
    this.#calls.set(hook, call)
    const how = this.#faults.find((each) => each.hook === hook && each.nth === call)?.how
    if (how === 'throw') throw new Error(`${hook} of ${of}`)
    if (how === 'hang') return never()
    return this.#scheduler.schedule(Promise.resolve(), `${hook} ${of}`).then(() => {
      if (how === 'reject') throw new Error(`${hook} of ${of}`)
    })
  }
}

const isUp = ({ setups, teardowns }: Life) => setups > teardowns

async function perform(lifecycle: Lifecycle, world: World, each: Command, seen: Map<string, number>): Promise<void> {
  const note = (outcome: string) => seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
  try {
    if (each.kind === 'start') await lifecycle.start()
    else if (each.kind === 'tick') await lifecycle.events.emit('tick')
    else if (each.kind === 'add') await lifecycle.add([world.record(each.name)])
    else if (each.kind === 'reload' || each.kind === 'restart') {
      const request =
        each.kind === 'reload'
          ? { set: each.names.filter((of) => lifecycle.registry.has(of)).map((of) => world.record(of)) }
          : { restart: [each.name] }
      note((await lifecycle.reload(request)).outcome)
      return
    } else if ('name' in each) await lifecycle[each.kind](each.name)
    note(each.kind)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === undefined) world.wrong.push(`${each.kind} failed without a code: ${error}`)
    note(`${each.kind} refused`)
  }
}

function checkIdle(lifecycle: Lifecycle, world: World): void {
  expect(world.wrong).toEqual([])
  const states = new Map(lifecycle.statuses().map((status) => [status.plugin, status]))
  const isActive = (of: string) => states.get(of)?.state === 'active'
  for (const [of, { state, error }] of states) {
    expect(['active', 'disabled', 'blocked', 'failed', 'resolved']).toContain(state)
    if (state === 'failed' || state === 'blocked') expect(error).toBeDefined()
    if (isActive(of)) for (const need of NEEDS[of]?.dependencies ?? []) expect(isActive(need)).toBe(true)
  }
  for (const of of NAMES) {
    const lives = world.lives.filter((life) => life.name === of)
    const up = lives.filter(isUp)
    expect(up.length).toBeLessThanOrEqual(1)
    for (const { setups, teardowns, released } of lives) {
      expect(setups).toBeLessThanOrEqual(1)
      expect(teardowns).toBeLessThanOrEqual(setups)
      if (teardowns === 1) expect(released).toBe(1)
    }
    if (!isActive(of)) continue
    const service = lifecycle.service(of) as { life: Life }
    expect(up).toEqual([service.life])
    // The count went along over every reload, rollback and unloading.
    expect(service.life.count).toBe(world.heard.get(of) ?? 0)
    for (const other of service.life.on) expect(isUp(other)).toBe(true)
  }
  const active = NAMES.filter(isActive)
  expect(lifecycle.registry.services.names().sort()).toEqual(active)
  expect(world.emitter.listenerCount('x')).toBe(active.length)
  expect(
    lifecycle.events
      .listeners('tick')
      .map(({ plugin }) => plugin)
      .sort(),
  ).toEqual(active)
}

describe('any sequence of operations, events and faults', () => {
  it('keeps the invariants', async () => {
    const seen = new Map<string, number>()
    const sequence = fc.asyncProperty(
      fc.scheduler(),
      fc.array(command, { minLength: 4, maxLength: 14 }),
      fc.array(fault, { maxLength: 5 }),
      async (scheduler, commands, faults) => {
        const world = new World(faults, scheduler)
        const lifecycle = lifecycleOf(NAMES.map((of) => world.record(of)))
        let running: Promise<void>[] = [perform(lifecycle, world, { kind: 'start' }, seen)]
        const settle = async () => {
          await scheduler.waitFor(Promise.all(running))
          running = []
        }
        for (const each of commands) {
          running.push(perform(lifecycle, world, each, seen))
          if (each.kind === 'wait') await settle()
        }
        await settle()
        checkIdle(lifecycle, world)
        const before = new Map(world.heard)
        const active = lifecycle.statuses().filter(({ state }) => state === 'active')
        const { handled, failures } = await lifecycle.events.emit('tick')
        expect([handled, failures]).toEqual([active.length, []])
        for (const { plugin } of active) expect(world.heard.get(plugin)).toBe((before.get(plugin) ?? 0) + 1)
        const { problems } = await scheduler.waitFor(lifecycle.stop({ boundMs: 2000 }))
        for (const { code } of problems) expect(code).toMatch(/^CFP_TEARDOWN/)
        expect(world.lives.filter(isUp)).toEqual([])
        expect(world.emitter.listenerCount('x')).toBe(0)
        expect(world.wrong).toEqual([])
      },
    )
    await fc.assert(sequence, { numRuns: Number(process.env.CF_RUNS ?? 400), endOnFailure: true })
    for (const outcome of ['committed', 'rolled-back', 'failed', 'enable', 'disable', 'unload', 'add', 'tick']) {
      expect([outcome, (seen.get(outcome) ?? 0) > 5]).toEqual([outcome, true])
    }
  }, 120_000)
})

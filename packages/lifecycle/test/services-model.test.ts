// Providers that come, go, fail and change their minds, in any order: whoever takes a service has what it would be given now.
import type { PluginContext, PluginRecord, ServiceConsumer, Undo } from '@cf-plugins/plugin-api'
import { PluginRegistry } from '@cf-plugins/registry'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Lifecycle } from '../src/index.ts'
import { Outcomes, runsOf } from './model/outcomes.ts'
import { lifecycleOf, plugin } from './support.ts'

const PROVIDERS = ['a', 'b', 'c', 'mail'] as const
const CONSUMERS = {
  req: { requires: ['mail'] },
  opt: { optionalDependencies: ['mail'] },
  all: { collects: ['mail'] },
} as const
type Consumer = keyof typeof CONSUMERS

interface Shape {
  /** Whether its metadata says that it provides the service. */
  readonly provides: boolean
  /** Whether it offers it at its start, as it must not be later. */
  readonly offers: boolean
  readonly scoped: boolean
  readonly fails: boolean
  readonly overlaps: boolean
}
type Command =
  | { readonly kind: 'enable' | 'disable' | 'unload' | 'restart' | 'offer' | 'takeBack'; readonly name: string }
  | { readonly kind: 'add' | 'reload'; readonly name: string; readonly shape: Shape }

const shape: fc.Arbitrary<Shape> = fc.record({
  provides: fc.integer({ min: 0, max: 4 }).map((of5) => of5 > 0),
  offers: fc.integer({ min: 0, max: 3 }).map((of4) => of4 > 0),
  scoped: fc.boolean(),
  fails: fc.integer({ min: 0, max: 5 }).map((of6) => of6 === 0),
  overlaps: fc.boolean(),
})
const names = [...PROVIDERS, ...Object.keys(CONSUMERS)]
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('enable', 'disable'), name: fc.constantFrom(...names) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('unload', 'restart'), name: fc.constantFrom(...names) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('offer', 'takeBack'), name: fc.constantFrom(...PROVIDERS) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('add', 'reload'), name: fc.constantFrom(...names), shape }),
  },
)

/** One instance of a provider. */
interface Provider {
  readonly name: string
  readonly shape: Shape
  readonly context: PluginContext
  undo: Undo | undefined
}
/** What a provider offers: itself, and for whom it was made, where each plugin has its own. */
interface Offered {
  readonly of: Provider
  readonly for?: string | undefined
  isClosed?: boolean
}
/** One instance of a consumer. */
interface Taker {
  readonly name: Consumer
  readonly has: readonly Offered[]
  isOver: boolean
}

class World {
  readonly lifecycle: Lifecycle
  readonly choice: string | undefined
  readonly off = new Set<string>()
  readonly #generations = new Map<string, number>()

  constructor(choice: string | undefined) {
    this.choice = choice
    const registry = new PluginRegistry({ providers: choice === undefined ? {} : { mail: choice } })
    this.lifecycle = lifecycleOf([plugin({ name: 'idle' })], { registry })
  }

  record(name: string, shape: Shape): PluginRecord {
    const generation = (this.#generations.get(name) ?? 0) + 1
    this.#generations.set(name, generation)
    return name in CONSUMERS ? consumer(name as Consumer, generation) : provider(name, shape, generation)
  }

  /** The instance that serves, where the plugin is active. */
  active<T>(name: string): T | undefined {
    const { lifecycle } = this
    if (!lifecycle.registry.has(name) || lifecycle.status(name).state !== 'active') return undefined
    return (lifecycle.instance(name) as { life: T }).life
  }

  /** Those who offer the service now. */
  offering(): Provider[] {
    return PROVIDERS.flatMap((name) => {
      const life = this.active<Provider>(name)
      return life?.undo ? [life] : []
    })
  }

  /** Who is to be taken by those who need one: told by who is there and switched on, not by who offers it. */
  candidates(isOptional: boolean): string[] {
    const { registry } = this.lifecycle
    const says = (name: string) => name === 'mail' || registry.get(name)?.meta.provides.includes('mail')
    const all = PROVIDERS.filter((name) => registry.has(name) && says(name))
    if (this.choice !== undefined) return all.filter((name) => name === this.choice)
    if (isOptional && all.includes('mail')) return ['mail']
    const on = all.filter((name) => !this.off.has(name))
    return on.length > 0 ? on : all
  }
}

function provider(name: string, shape: Shape, generation: number): PluginRecord {
  const meta = {
    name,
    ...(shape.provides && name !== 'mail' && { provides: ['mail'] }),
    ...(shape.overlaps && { reload: { strategy: 'overlap' as const } }),
  }
  return plugin(
    meta,
    (_app, context) => {
      if (shape.fails) throw new Error('it fails')
      // The service of its own name is there as long as it is.
      const life: Provider = { name, shape, context, undo: name === 'mail' ? () => {} : undefined }
      if (shape.offers) offer(life)
      return { life } as never
    },
    { generation },
  )
}

function offer(life: Provider): void {
  if (!life.shape.provides || life.undo) return
  const made = ({ name }: ServiceConsumer) => {
    const own: Offered = { of: life, for: name }
    const close = () => {
      own.isClosed = true
    }
    return Object.assign(own, { [Symbol.dispose]: close })
  }
  const undo = life.shape.scoped
    ? life.context.provide('mail', made, { scope: 'plugin' })
    : life.context.provide('mail', { of: life } satisfies Offered)
  life.undo = () => {
    life.undo = undefined
    undo()
  }
}

function consumer(name: Consumer, generation: number): PluginRecord {
  return plugin(
    { name, ...CONSUMERS[name] },
    (_app, { inject, own }) => {
      const life: Taker = { name, has: take(name, inject), isOver: false }
      own(() => {
        life.isOver = true
      })
      return { life } as never
    },
    { generation },
  )
}

function take(name: Consumer, inject: PluginContext['inject']): Offered[] {
  const toOffered = (service: unknown) => {
    const of = (service as { life?: Provider }).life
    return of ? { of } : (service as Offered)
  }
  if (name === 'all') return inject('mail', { all: true }).map(toOffered)
  if (name === 'opt') return [inject('mail', { optional: true })].flatMap((found) => found ?? []).map(toOffered)
  try {
    return [toOffered(inject('mail'))]
  } catch (error) {
    if ((error as { code?: string }).code === 'CFP_SERVICE_UNKNOWN') return []
    throw error
  }
}

async function run(world: World, command: Command, outcomes: Outcomes): Promise<void> {
  const { lifecycle, off } = world
  const { name } = command
  const isThere = lifecycle.registry.has(name)
  switch (command.kind) {
    case 'enable':
      off.delete(name)
      return isThere ? lifecycle.enable(name) : undefined
    case 'disable':
      if (!isThere) return
      off.add(name)
      return lifecycle.disable(name)
    case 'unload':
      return isThere ? lifecycle.unload(name) : undefined
    case 'restart':
      if (isThere) outcomes.note(`restart ${(await lifecycle.reload({ restart: [name] })).outcome}`)
      return
    case 'offer': {
      const life = world.active<Provider>(name)
      if (life) offer(life)
      return
    }
    case 'takeBack':
      return world.active<Provider>(name)?.undo?.()
    case 'add':
      if (!isThere) await lifecycle.add([world.record(name, command.shape)])
      return
    case 'reload':
      if (!isThere) return
      outcomes.note(`reload ${(await lifecycle.reload({ set: [world.record(name, command.shape)] })).outcome}`)
  }
}

function check(world: World, outcomes: Outcomes): void {
  const offering = world.offering()
  for (const name of Object.keys(CONSUMERS) as Consumer[]) {
    const taker = world.active<Taker>(name)
    outcomes.note(`${name} ${taker ? `has ${Math.min(taker.has.length, 2)}` : 'is not active'}`)
    const candidates = world.candidates(name === 'opt')
    if (name === 'req') {
      const isMet = candidates.length === 1 && world.active(candidates[0] as string) !== undefined
      if (taker && !isMet) throw new Error(`req is active without its provider: ${candidates}`)
    }
    if (!taker) continue
    expect(taker.isOver).toBe(false)
    for (const offered of taker.has) {
      // Nobody has a service of an instance that does not serve, nor one that was made for somebody else.
      expect(offered.of).toBe(world.active(offered.of.name))
      expect([undefined, name]).toContain(offered.for)
      expect(offered.isClosed ?? false).toBe(false)
    }
    const has = taker.has.map(({ of }) => of.name).sort()
    if (name === 'all') expect(has).toEqual(offering.map((each) => each.name).sort())
    const wanted = candidates.length === 1 ? offering.filter((each) => each.name === candidates[0]) : []
    if (name === 'opt') expect(has).toEqual(wanted.map((each) => each.name))
    if (name === 'req') expect(has.every((each) => each === candidates[0])).toBe(true)
  }
}

it('whoever takes a service has those that it would be given now, of instances that serve, after whatever is done', async () => {
  const outcomes = new Outcomes()
  const { share, ...runs } = runsOf(300)
  await fc.assert(
    fc.asyncProperty(
      fc.option(fc.constantFrom(...PROVIDERS), { nil: undefined }),
      fc.array(command, { minLength: 5, maxLength: 30 }),
      async (choice, commands) => {
        const world = new World(choice)
        const { lifecycle } = world
        const always = { provides: true, offers: true, scoped: false, fails: false, overlaps: false }
        for (const name of ['req', 'opt', 'all', 'a']) lifecycle.registry.add(world.record(name, always))
        await lifecycle.start()
        for (const each of commands) {
          await run(world, each, outcomes).catch((error) => outcomes.note(`refused: ${error.code}`))
          // Whatever was asked for meanwhile comes before this, which itself does nothing.
          await lifecycle.enable('idle')
          check(world, outcomes)
        }
        await lifecycle.stop()
      },
    ),
    runs,
  )
  if (process.env.CF_MODEL_SHOW) console.log(`${outcomes}`)
  outcomes.expectAtLeast(
    {
      'req has 1': 300,
      'req is not active': 800,
      'opt has 0': 600,
      'opt has 1': 300,
      'all has 0': 200,
      'all has 1': 600,
      'all has 2': 120,
      'reload committed': 100,
      'reload rolled-back': 5,
      'restart committed': 50,
      'refused: CFP_SERVICE_AMBIGUOUS': 8,
      'refused: CFP_PROVIDER_INVALID': 30,
    },
    share,
  )
}, 120_000)

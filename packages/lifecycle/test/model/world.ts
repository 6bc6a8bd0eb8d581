// The plugins of one run, what became of each of their instances, and everything that was ever wrong.
import type { PluginRecord } from '@cf-plugins/plugin-api'
import type fc from 'fast-check'
import { never, plugin, sleep } from '../support.ts'
import { type Fault, FaultPlan, type Hook } from './faults.ts'
import { HeldThing } from './held-thing.ts'
import { type Entry, Ledger } from './ledger.ts'
import { isUp, type KeptCount, type Life } from './life.ts'
import { registerLife } from './modelled-plugin.ts'
import type { Outcomes } from './outcomes.ts'
import { Resources, type View } from './resources.ts'
import type { Edit, Shape } from './shape.ts'
import { Traffic } from './traffic.ts'

/** The bound of each hook. Whoever hangs costs a run this long. */
export const HOOK_MS = 40

/** What a run is like, besides its commands. */
export interface Weather {
  readonly faults: readonly Fault[]
  /** Hooks during which the host goes on to send events and to ask questions. */
  readonly busy: readonly Hook[]
  /** Hooks that answer at once, as sync ones do. */
  readonly quick: readonly Hook[]
}

/** What the world asks of the lifecycle that its plugins are in. */
export interface Host {
  /** Who listens to an event, in order. */
  listeners(event: string): string[]
  lookup(service: string): Life | undefined
  /** The instance that serves, or rests. */
  serving(name: string): Life | undefined
  /** Whether it was switched off, or has to wait for others. */
  isOff(name: string): boolean
  /** Goes on to send events and to ask questions. */
  makeNoise(): void
}

export class World {
  readonly wrong: string[] = []
  readonly lives: Life[] = []
  readonly things: HeldThing[] = []
  readonly ledger = new Ledger()
  readonly resources = new Resources()
  readonly traffic: Traffic
  readonly faults: FaultPlan
  readonly scheduler: fc.Scheduler
  readonly outcomes: Outcomes
  /** How many events each plugin has handled since its state was last lost for good reason. */
  readonly counts = new Map<string, number>()
  /** The same of what `context.state` keeps, which is lost only where new code gives it up. */
  readonly kept = new Map<string, number>()
  /** Refusals of listened events that a plugin's log tells of. */
  readonly refusedListens = new Map<string, number>()
  /** The configuration of each plugin. */
  readonly configs = new Map<string, unknown>()
  /** Settings of configurations that were not committed: nobody may have one when all is over. */
  readonly refused = new Set<unknown>()
  /** How often configurations were to change. */
  changes = 0
  /** Whether everything is being stopped. */
  isStopping = false
  /** Whether there is no time left for ending plugins in their order. */
  isHurried = false
  host: Host = {
    listeners: () => [],
    lookup: () => undefined,
    serving: () => undefined,
    isOff: () => false,
    makeNoise: () => {},
  }
  readonly #weather: Weather
  /** Of each plugin, the instance that came into sight last. */
  readonly lastShown = new Map<string, Life>()
  #loads = 0

  constructor(weather: Weather, scheduler: fc.Scheduler, outcomes: Outcomes) {
    this.#weather = weather
    this.outcomes = outcomes
    this.faults = new FaultPlan(weather.faults)
    this.scheduler = scheduler
    this.traffic = new Traffic(this.wrong, (name) => this.host.serving(name))
  }

  /** The plugin's next version. */
  entry(edit: Edit): Entry {
    const before = this.ledger.get(edit.name)?.shape
    return this.entryOf({ ...(before as Shape), ...edit })
  }

  /** @param file whose file it is in */
  entryOf(shape: Shape, file = shape.name): Entry {
    const { name, version, dependencies, stateVersion, enabled, strategy, discards } = shape
    const isOptional = ([other]: readonly [string, string]) => !(other in dependencies)
    const optionalDependencies = Object.fromEntries(Object.entries(shape.optionalDependencies).filter(isOptional))
    const reload = { strategy, state: discards ? ('discard' as const) : ('keep' as const) }
    const needs = { dependencies, optionalDependencies }
    const state = { initial: { form: stateVersion, count: 0 } satisfies KeptCount }
    const record: PluginRecord = plugin(
      { name, version, ...needs, stateVersion, state, enabled, reload, timeouts: TIMEOUTS, config: SCHEMA },
      (app, context) => registerLife(this, app as View, context, shape, record),
      { generation: ++this.#loads, file: `/plugins/${file}.ts` },
    )
    return { record, shape }
  }

  upOf(name: string): Life[] {
    return this.lives.filter((life) => life.name === name && isUp(life))
  }

  /** Something new that the host holds for a plugin. */
  open(openedBy: Life): HeldThing {
    const thing = new HeldThing(openedBy, this)
    this.things.push(thing)
    return thing
  }

  /** Whoever is in sight finds the services that it was given, and its own. */
  checkShown(life: Life): void {
    const before = this.lastShown.get(life.name)
    this.lastShown.set(life.name, life)
    if (before !== life && (life.shape.discards || before?.shape.discards)) this.counts.set(life.name, 0)
    if (before !== life && life.shape.discards && life.reason !== 'rollback') this.kept.set(life.name, 0)
    for (const each of [life, ...life.on]) {
      if (this.host.lookup(each.name) === each) continue
      this.wrong.push(`${life.name} came into sight before the service of ${each.name}`)
    }
  }

  /** A call of a hook: what goes on meanwhile, and how it ends. */
  call(hook: Hook, { name }: Life, isSync = false): unknown {
    const how = this.faults.next(hook)
    const what = `${hook} of ${name}`
    // What is sent during a handler would be sent for ever.
    if (hook !== 'handler' && this.#weather.busy.includes(hook)) this.host.makeNoise()
    if (how) this.outcomes.note(`fault in ${hook}`)
    if (how === 'throw') throw new Error(what)
    if (how === 'clash') throw Object.assign(new Error(what), { code: 'EADDRINUSE' })
    if (how === 'hang') return never()
    if (how === 'late') return sleep(2 * HOOK_MS)
    if (how === undefined && (isSync || hook === 'handler' || this.#weather.quick.includes(hook))) return undefined
    return this.scheduler.schedule(Promise.resolve(), what).then(() => {
      if (how === 'reject') throw new Error(what)
    })
  }
}

const TIMEOUTS = {
  registerMs: HOOK_MS,
  setupMs: HOOK_MS,
  teardownMs: HOOK_MS,
  enableMs: HOOK_MS,
  reloadMs: HOOK_MS,
  restoreMs: HOOK_MS,
  saveMs: HOOK_MS,
}

/** Configuration must not be `broken`. */
const SCHEMA = {
  '~standard': {
    version: 1 as const,
    vendor: 'model',
    validate: (value: unknown) =>
      (value as { broken?: boolean }).broken ? { issues: [{ message: 'it is broken' }] } : { value },
  },
}

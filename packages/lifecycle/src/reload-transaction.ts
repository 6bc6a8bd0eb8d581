// One unit of plugins replaced as one: all of it, or nothing.
import {
  HotReloadError,
  isThenable,
  messageOf,
  PluginError,
  type PluginHealth,
  type PluginRecord,
} from '@cf-plugins/plugin-api'
import { bringUp, show, stateful } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import { assertNotAborted } from './deadline.ts'
import { failureOf } from './failures.ts'
import type { Generation, ServiceLookup, StartReason } from './generation.ts'
import { inReverse, type PluginOrder, positionsOf } from './ordered.ts'
import type { PluginSlot, PluginState } from './plugin-slot.ts'
import { schedule } from './schedule.ts'

/** The phases of a transaction, in order; `rollback` takes the place of what is left when one of them fails. */
export type TransactionPhase = 'gate' | 'save' | 'teardown' | 'start' | 'check' | 'commit' | 'rollback' | 'replay'

/** How long one phase took. */
export interface PhaseTiming {
  readonly phase: TransactionPhase
  readonly durationMs: number
}

/** What became of a unit. */
export interface TransactionReport {
  /** `committed`: the new code serves. `rolled-back`: the old code serves, with its state. `failed`: some of the old did not come back. */
  readonly outcome: 'committed' | 'rolled-back' | 'failed'
  /** The unit's plugins, dependencies first. */
  readonly members: readonly string[]
  /** Those whose state was carried over, or back. */
  readonly kept: readonly string[]
  readonly phases: readonly PhaseTiming[]
  /** Why it was not committed. */
  readonly error?: PluginError | undefined
  /** What went wrong without changing the outcome, such as a `teardown` that threw. */
  readonly problems: readonly PluginError[]
}

/** What is replaced by what. */
export interface ReloadUnit {
  /** The members' records, dependencies first: new code for those that changed, the current record for their dependents. */
  readonly records: readonly PluginRecord[]
  /** The plugins as they are. */
  readonly before: PluginOrder
  /** The plugins as they will be. */
  readonly after: PluginOrder
  /** Makes `after` the truth: called within the commit. */
  readonly commit: () => void
  readonly signal?: AbortSignal | undefined
  /** How long the gate may be closed, and once more for a rollback, in milliseconds. @default 10000 */
  readonly gateMs?: number | undefined
  /** How long what is in flight may take to end, in milliseconds. @default 5000 */
  readonly drainMs?: number | undefined
}

const GATE_MS = 10_000
const DRAIN_MS = 5000

/**
 * Replaces a unit: closes its gates and drains what is in flight, saves the state of all, tears them down dependents
 * first, makes them anew dependencies first with their state, lets them check themselves, and commits in one
 * synchronous block. Until the commit, any failure brings the old code back, with its state, and what waited at the
 * gates reaches whoever serves in the end.
 */
export class ReloadTransaction {
  readonly #core: LifecycleCore
  readonly #unit: ReloadUnit
  readonly #slots: readonly PluginSlot[]
  readonly #old = new Map<string, Generation>()
  readonly #states = new Map<PluginSlot, PluginState>()
  readonly #new = new Map<string, Generation>()
  readonly #snapshots = new Map<string, unknown>()
  readonly #phases: PhaseTiming[] = []
  readonly #problems: PluginError[] = []
  #closedAt = 0
  #oldEnded = false

  constructor(core: LifecycleCore, unit: ReloadUnit) {
    this.#core = core
    this.#unit = unit
    this.#slots = unit.records.map((record) => core.roster.slot(record.meta.name))
    for (const slot of this.#slots) {
      if (slot.serving) this.#old.set(slot.name, slot.serving)
      this.#states.set(slot, slot.state)
    }
  }

  /** Runs every phase. Never rejects: what went wrong is in the report. */
  async run(): Promise<TransactionReport> {
    try {
      await this.#phase('gate', () => this.#gate())
      await this.#phase('save', () => this.#save())
      await this.#phase('teardown', () => this.#endOld())
      await this.#phase('start', () => this.#start())
      await this.#phase('check', () => this.#check())
      assertNotAborted(this.#unit.signal)
    } catch (error) {
      const cause =
        error instanceof PluginError
          ? error
          : new HotReloadError('CFP_ROLLBACK_FAILED', messageOf(error), { cause: error })
      const came = await this.#phase('rollback', () => this.#rollback(cause))
      await this.#phase('replay', () => this.#open())
      return this.#report(came ? 'rolled-back' : 'failed', cause)
    }
    await this.#phase('commit', () => this.#commit())
    await this.#phase('replay', () => this.#open())
    return this.#report('committed')
  }

  async #gate(): Promise<void> {
    const { signal, drainMs = DRAIN_MS } = this.#unit
    assertNotAborted(signal)
    this.#closedAt = performance.now()
    this.#move('gating')
    for (const slot of this.#slots) {
      if (slot.zombies >= 2) {
        throw new HotReloadError(
          'CFP_RESTART_REQUIRED',
          `Plugin "${slot.name}" cannot be reloaded: two of its old versions still run. Restart the process.`,
          { plugin: slot.name, phase: 'gate' },
        )
      }
    }
    const names = new Set(this.#slots.map((slot) => slot.name))
    let sealed = false
    // What a member has in flight may wait for another member: it passes until nothing is in flight any more.
    for (const slot of this.#slots) slot.gate.close((source) => !sealed && names.has(source))
    const isBusy = (slot: PluginSlot) => slot.gate.inFlight > 0
    const until = performance.now() + this.#limit(drainMs)
    while (this.#slots.some(isBusy) && performance.now() < until) {
      await Promise.all(this.#slots.map((slot) => slot.gate.drained(until - performance.now(), signal)))
      assertNotAborted(signal)
    }
    const busy = this.#slots.filter(isBusy)
    sealed = true
    if (busy.length === 0) return
    const list = busy.map((slot) => `"${slot.name}" (${slot.gate.inFlight} in flight)`).join(', ')
    throw new HotReloadError(
      'CFP_DRAIN_TIMEOUT',
      `Not reloaded: ${list} did not end within ${drainMs} ms what was under way. The old code serves on; save again to try again.`,
      { plugin: busy[0]?.name, phase: 'gate' },
    )
  }

  async #save(): Promise<void> {
    const { keeper } = this.#core
    this.#move('saving')
    await settleAll(
      this.#slots.map(async (slot) => {
        const old = this.#old.get(slot.name)
        if (!old) this.#snapshots.set(slot.name, slot.kept)
        else if (keeper && old.record.meta.reload.state === 'keep') {
          this.#snapshots.set(slot.name, await keeper.save(stateful(old), this.#options()))
        }
      }),
    )
  }

  async #endOld(): Promise<void> {
    this.#move('swapping')
    this.#oldEnded = true
    await this.#inReverse(this.#unit.before, this.#old, async (old) => {
      this.#problems.push(...(await old.end(this.#limit())))
    })
  }

  #start(): Promise<void> {
    const records = new Map(this.#unit.records.map((record) => [record.meta.name, record]))
    return this.#bringUpAll(this.#unit.after, records, 'reload', this.#new).then((failures) => {
      const [first] = failures.values()
      if (first) throw first
    })
  }

  /** Makes each of the records' plugins anew as soon as its own dependencies are; gives the failures. */
  async #bringUpAll(
    catalog: PluginOrder,
    records: ReadonlyMap<string, PluginRecord>,
    reason: StartReason,
    made: Map<string, Generation>,
  ): Promise<Map<string, PluginError>> {
    const failures = new Map<string, PluginError>()
    const names = catalog.order(records.keys())
    const needs = names.map((name) => catalog.dependenciesOf(name))
    const members = new Set(this.#slots.map((slot) => slot.name))
    const lookup: ServiceLookup = (service) => {
      for (const generation of made.values()) {
        const services = generation.services()
        if (services.has(service)) return { owner: generation.name, service: services.get(service) }
      }
      const found = this.#core.services.lookup(service)
      return found && members.has(found.owner) ? undefined : found
    }
    await schedule(positionsOf(names, needs), (position) => {
      const slot = this.#core.roster.slot(names[position] as string)
      const record = records.get(slot.name) as PluginRecord
      if ((needs[position] as string[]).some((name) => failures.has(name))) return
      const current = (name: string) => {
        if (members.has(name)) return made.get(name)
        const other = this.#core.roster.find(name)
        return other?.state === 'active' ? other.serving : undefined
      }
      const dependencies = new Map((needs[position] as string[]).map((name) => [name, current(name)]))
      const keep = (generation: Generation) => void made.set(slot.name, generation)
      const fail = (error: unknown) => {
        failures.set(slot.name, failureOf({ name: slot.name, record }, 'setup', error))
      }
      const started = bringUp(this.#core, slot, record, {
        reason,
        lookup,
        dependencies,
        snapshot: this.#snapshots.get(slot.name),
        limitMs: this.#limit(),
      })
      return isThenable(started) ? started.then(keep, fail) : keep(started)
    })
    return failures
  }

  /** Services that nobody else offers, `onReload`, then `health`, of every member, dependencies first. */
  async #check(): Promise<void> {
    this.#assertServicesFree()
    for (const generation of this.#inOrder(this.#new)) await generation.call('onReload', this.#limit())
    await settleAll(
      this.#inOrder(this.#new).map(async (generation) => {
        const health = readHealth(generation, await generation.call('health', this.#limit()))
        if (health?.status !== 'unhealthy') return
        const why = health.message === undefined ? '' : `: ${health.message}`
        throw new HotReloadError(
          'CFP_UNHEALTHY',
          `Plugin "${generation.name}" says after its reload that it is unhealthy${why}.`,
          {
            plugin: generation.name,
            phase: 'health',
            file: generation.record.source.file,
            generation: generation.record.source.generation,
          },
        )
      }),
    )
  }

  /** So that the commit, which publishes them, cannot fail. */
  #assertServicesFree(): void {
    const owners = new Map<string, string>()
    const members = new Set(this.#slots.map((slot) => slot.name))
    for (const generation of this.#inOrder(this.#new)) {
      const { name, record } = generation
      for (const service of generation.services().keys()) {
        const committed = this.#core.services.lookup(service)?.owner
        const outsider = committed !== undefined && !members.has(committed) ? committed : undefined
        const owner = owners.get(service) ?? outsider
        owners.set(service, name)
        if (owner === undefined) continue
        throw new HotReloadError(
          'CFP_SERVICE_TAKEN',
          `Plugin "${name}" offers the service "${service}", which plugin "${owner}" offers already. Rename one of them.`,
          {
            plugin: name,
            phase: 'validate',
            file: record.source.file,
          },
        )
      }
    }
  }

  /** One synchronous block: nobody sees a part of it. */
  #commit(): void {
    this.#move('committing')
    this.#unit.commit()
    this.#takeOver(this.#new)
  }

  /** Whether every member serves again. */
  async #rollback(cause: PluginError): Promise<boolean> {
    this.#closedAt = performance.now()
    await this.#inReverse(this.#unit.after, this.#new, async (made) => {
      made.vanish()
      this.#problems.push(...(await made.end(this.#limit())))
    })
    if (!this.#oldEnded) {
      for (const [slot, state] of this.#states) {
        if (this.#old.has(slot.name)) this.#core.roster.move(slot, state)
        else this.#giveUp(slot, undefined, cause)
      }
      return this.#old.size === this.#slots.length
    }
    const records = new Map([...this.#old].map(([name, generation]) => [name, generation.record]))
    const restored = new Map<string, Generation>()
    const failures = await this.#bringUpAll(this.#unit.before, records, 'rollback', restored)
    this.#takeOver(restored)
    for (const slot of this.#slots) if (!restored.has(slot.name)) this.#giveUp(slot, failures.get(slot.name), cause)
    return restored.size === this.#slots.length
  }

  /** Puts `generations` in the place of the old ones. */
  #takeOver(generations: ReadonlyMap<string, Generation>): void {
    for (const slot of this.#slots) this.#core.services.withdraw(slot.name)
    for (const old of this.#old.values()) old.vanish()
    for (const slot of this.#slots) {
      const generation = generations.get(slot.name)
      if (generation) show(this.#core, generation)
    }
  }

  /** Marks a member that does not serve any more; its state is kept for the next good save. */
  #giveUp(slot: PluginSlot, failure: PluginError | undefined, cause: PluginError): void {
    slot.kept = this.#snapshots.get(slot.name)
    const error = !this.#old.has(slot.name)
      ? cause
      : new HotReloadError(
          'CFP_ROLLBACK_FAILED',
          `Plugin "${slot.name}" is down: its new version failed (${cause.message}) and the old one did not come back (${
            failure?.message ?? 'what it needs did not come back'
          }). Its state is kept; save a good version.`,
          { plugin: slot.name, phase: 'rollback', file: slot.serving?.record.source.file, cause: failure ?? cause },
        )
    slot.serving = undefined
    this.#core.roster.move(slot, 'failed', error)
  }

  #open(): void {
    for (const slot of this.#slots) {
      if (slot.state === 'failed' && slot.error) slot.gate.refuse(slot.error)
      else slot.gate.open()
    }
  }

  async #phase<T>(phase: TransactionPhase, run: () => T | Promise<T>): Promise<T> {
    const from = performance.now()
    try {
      return await run()
    } finally {
      this.#phases.push({ phase, durationMs: performance.now() - from })
    }
  }

  #report(outcome: TransactionReport['outcome'], error?: PluginError): TransactionReport {
    for (const problem of this.#problems) this.#core.host.logger.warn({ err: problem }, problem.message)
    return {
      outcome,
      error,
      members: this.#slots.map((slot) => slot.name),
      kept: this.#slots.filter((slot) => this.#snapshots.get(slot.name) !== undefined).map((slot) => slot.name),
      phases: this.#phases,
      problems: this.#problems,
    }
  }

  #move(state: PluginState): void {
    for (const slot of this.#slots) if (this.#old.has(slot.name)) this.#core.roster.move(slot, state)
  }

  /** The smaller of a phase's own bound and what is left of the gate's. */
  #limit(ms: number = Number.POSITIVE_INFINITY): number {
    const left = (this.#unit.gateMs ?? GATE_MS) - (performance.now() - this.#closedAt)
    return Math.max(1, Math.min(ms, left))
  }

  #options(): { signal?: AbortSignal } {
    return this.#unit.signal ? { signal: this.#unit.signal } : {}
  }

  #inOrder(generations: ReadonlyMap<string, Generation>): Generation[] {
    return this.#slots.flatMap((slot) => generations.get(slot.name) ?? [])
  }

  /** Runs for each of `generations` once its dependents' run is over. */
  async #inReverse(
    catalog: PluginOrder,
    generations: ReadonlyMap<string, Generation>,
    run: (generation: Generation) => Promise<void>,
  ): Promise<void> {
    await inReverse(catalog, [...generations.keys()], (name) => run(generations.get(name) as Generation))
  }
}

/** Waits for all, then throws the first failure: nothing goes on behind the caller's back. */
async function settleAll(tasks: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(tasks)) if (result.status === 'rejected') throw result.reason
}

function readHealth({ name, record }: Generation, answer: unknown): PluginHealth | undefined {
  if (answer === undefined) return undefined
  const { status } = (answer ?? {}) as Partial<PluginHealth>
  if (status === 'healthy' || status === 'degraded' || status === 'unhealthy') return answer as PluginHealth
  throw new PluginError(
    'CFP_HEALTH_INVALID',
    `health() of plugin "${name}" did not return { status: 'healthy' | 'degraded' | 'unhealthy', message? }.`,
    { plugin: name, phase: 'health', file: record.source.file },
  )
}

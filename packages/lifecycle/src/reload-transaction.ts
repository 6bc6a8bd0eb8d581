// One unit of plugins replaced as one: all of it, or nothing.
import type { PluginError, PluginRecord, Undo } from '@cf-plugins/plugin-api'
import { assertNotAborted, onAbort } from './abort.ts'
import { logProblems, show } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import type { Generation } from './generation.ts'
import { inReverse } from './ordered.ts'
import type { PluginSlot, PluginState } from './plugin-slot.ts'
import { lostPlugin, reloadFailure } from './reload-failures.ts'
import type { PhaseTiming, ReloadUnit, TransactionPhase, TransactionReport } from './reload-unit.ts'
import { assertServicesFree, checkGenerations } from './self-check.ts'
import { hasState, saveState } from './state.ts'
import { closeAndDrain, openGates } from './unit-gate.ts'
import { startUnit } from './unit-start.ts'

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
  readonly #members: ReadonlySet<string>
  readonly #old = new Map<string, Generation>()
  readonly #states = new Map<PluginSlot, Pick<PluginSlot, 'state' | 'error'>>()
  readonly #new = new Map<string, Generation>()
  readonly #snapshots = new Map<string, unknown>()
  readonly #phases: PhaseTiming[] = []
  readonly #problems: PluginError[] = []
  readonly #abort = new AbortController()
  #closedAt = 0
  #oldEnded = false

  constructor(core: LifecycleCore, unit: ReloadUnit) {
    this.#core = core
    this.#unit = unit
    this.#slots = unit.records.map((record) => core.roster.slot(record.meta.name))
    this.#members = new Set(this.#slots.map((slot) => slot.name))
    for (const slot of this.#slots) {
      if (slot.serving) this.#old.set(slot.name, slot.serving)
      else this.#snapshots.set(slot.name, slot.kept)
      this.#states.set(slot, { state: slot.state, error: slot.error })
    }
  }

  /** Runs every phase. Never rejects: what went wrong is in the report. */
  async run(): Promise<TransactionReport> {
    const release = this.#listenToAborts()
    try {
      return await this.#run()
    } finally {
      release()
    }
  }

  async #run(): Promise<TransactionReport> {
    try {
      await this.#step('gate', () => this.#gate())
      await this.#step('save', () => this.#save())
      await this.#step('teardown', () => this.#endOld())
      await this.#step('start', () => this.#start())
      await this.#step('check', () => this.#check())
      assertNotAborted(this.#abort.signal)
      assertServicesFree(this.#core, this.#inOrder(this.#new))
    } catch (error) {
      const cause = reloadFailure(error, this.#slots, this.#abort.signal)
      const outcome = await this.#phase('rollback', () => this.#rollback(cause))
      await this.#phase('replay', () => openGates(this.#slots))
      return this.#report(outcome, cause)
    }
    await this.#phase('commit', () => this.#commit())
    await this.#phase('replay', () => openGates(this.#slots))
    return this.#report('committed')
  }

  async #gate(): Promise<void> {
    this.#closedAt = performance.now()
    this.#move('gating')
    await closeAndDrain(this.#slots, this.#limit(this.#unit.drainMs ?? DRAIN_MS), this.#abort.signal)
  }

  async #save(): Promise<void> {
    this.#move('saving')
    const signal = this.#abort.signal
    const saves = this.#inOrder(this.#old).map(async (old) => {
      try {
        this.#snapshots.set(old.name, await saveState(this.#core, old, { limitMs: this.#limit(), signal }))
      } catch (error) {
        // Saved also where the new code does not want it: the old code might have to come back.
        if (old.record.meta.reload.state === 'keep') throw error
        this.#problems.push(reloadFailure(error, [old.slot]))
      }
    })
    // All of them, so that nothing goes on behind the back of a rollback.
    for (const result of await Promise.allSettled(saves)) if (result.status === 'rejected') throw result.reason
  }

  async #endOld(): Promise<void> {
    this.#move('swapping')
    this.#oldEnded = true
    await inReverse(this.#unit.before, [...this.#old.keys()], async (name) => {
      this.#problems.push(...((await this.#old.get(name)?.end(this.#limit())) ?? []))
    })
  }

  async #start(): Promise<void> {
    const records = new Map(this.#unit.records.map((record) => [record.meta.name, record]))
    const [first] = (await this.#startAll('reload', records, this.#new)).values()
    if (first) throw first
  }

  async #check(): Promise<void> {
    await checkGenerations(this.#inOrder(this.#new), this.#unit.after, () => this.#limit())
  }

  /** One synchronous block: nobody sees a part of it. */
  #commit(): void {
    this.#move('committing')
    this.#unit.commit()
    this.#takeOver(this.#new)
  }

  async #rollback(cause: PluginError): Promise<'rolled-back' | 'failed'> {
    this.#closedAt = performance.now()
    await inReverse(this.#unit.after, [...this.#new.keys()], async (name) => {
      const made = this.#new.get(name)
      made?.vanish()
      this.#problems.push(...((await made?.end()) ?? []))
    })
    if (this.#oldEnded) return this.#bringBack(cause)
    for (const [slot, { state, error }] of this.#states) {
      if (this.#old.has(slot.name)) this.#core.roster.move(slot, state, error)
      else this.#giveUp(slot, 'failed', cause)
    }
    return this.#old.size === this.#slots.length ? 'rolled-back' : 'failed'
  }

  /** Makes the old code serve again that was torn down, with its state; unless the host ends anyway. */
  async #bringBack(cause: PluginError): Promise<'rolled-back' | 'failed'> {
    const isOver = this.#unit.shutdown?.aborted === true
    const restored = new Map<string, Generation>()
    const records = new Map(isOver ? [] : [...this.#old].map(([name, { record }]) => [name, record]))
    const failures = await this.#startAll('rollback', records, restored)
    this.#takeOver(restored)
    for (const slot of this.#slots) {
      if (restored.has(slot.name)) continue
      if (isOver) this.#giveUp(slot, 'stopped', cause)
      else
        this.#giveUp(
          slot,
          'failed',
          this.#old.has(slot.name) ? lostPlugin(slot, cause, failures.get(slot.name)) : cause,
        )
    }
    return restored.size === this.#slots.length ? 'rolled-back' : 'failed'
  }

  #startAll(
    reason: 'reload' | 'rollback',
    records: ReadonlyMap<string, PluginRecord>,
    made: Map<string, Generation>,
  ): Promise<Map<string, PluginError>> {
    const order = reason === 'reload' ? this.#unit.after : this.#unit.before
    const limit = () => this.#limit()
    const start = { order, members: this.#members, records, reason, snapshots: this.#snapshots, limit }
    return startUnit(this.#core, start, made)
  }

  /** Puts `generations` in the place of the old ones. */
  #takeOver(generations: ReadonlyMap<string, Generation>): void {
    for (const slot of this.#slots) this.#core.services.withdraw(slot.name)
    for (const old of this.#old.values()) old.vanish()
    show(this.#core, ...this.#inOrder(generations))
  }

  /** Marks a member that does not serve any more; its state is kept for the next good save. */
  #giveUp(slot: PluginSlot, state: 'failed' | 'stopped', error: PluginError): void {
    slot.kept = this.#snapshots.get(slot.name)
    slot.serving = undefined
    this.#core.roster.move(slot, state, error)
  }

  /** A phase before the commit: not begun where the reload was cancelled. */
  async #step(phase: TransactionPhase, run: () => Promise<void>): Promise<void> {
    assertNotAborted(this.#abort.signal)
    await this.#phase(phase, run)
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
    logProblems(this.#core, this.#problems)
    const members = this.#slots.map((slot) => slot.name)
    const kept = members.filter((name) => hasState(this.#snapshots.get(name)) && this.#isCarried(name, outcome))
    return { outcome, strategy: 'exclusive', error, members, kept, phases: this.#phases, problems: this.#problems }
  }

  #isCarried(name: string, outcome: TransactionReport['outcome']): boolean {
    return outcome !== 'committed' || this.#new.get(name)?.record.meta.reload.state === 'keep'
  }

  #move(state: PluginState): void {
    for (const slot of this.#slots) if (this.#old.has(slot.name)) this.#core.roster.move(slot, state)
  }

  /** The smaller of a phase's own bound and what is left of the gate's. */
  #limit(ms: number = Number.POSITIVE_INFINITY): number {
    const left = (this.#unit.gateMs ?? GATE_MS) - (performance.now() - this.#closedAt)
    return Math.max(1, Math.min(ms, left))
  }

  #inOrder(generations: ReadonlyMap<string, Generation>): Generation[] {
    return this.#slots.flatMap((slot) => generations.get(slot.name) ?? [])
  }

  /** A cancelled reload does not wait for a `setup` that hangs; nor does one that a shutdown meets in its rollback. */
  #listenToAborts(): Undo {
    const { signal, shutdown } = this.#unit
    const giveUp = (reason: unknown) => {
      this.#abort.abort(reason)
      for (const slot of this.#slots) slot.starting?.giveUp(reason)
      for (const made of this.#new.values()) made.giveUp(reason)
    }
    const undos = [onAbort([signal], giveUp), onAbort([shutdown], giveUp)]
    return () => {
      for (const undo of undos) undo()
    }
  }
}

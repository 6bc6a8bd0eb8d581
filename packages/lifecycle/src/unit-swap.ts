// The old and the new side of a reload, and the steps that both of its courses take.
import type { PluginError, PluginRecord, Undo } from '@cf-plugins/plugin-api'
import { assertNotAborted, onAbort } from './abort.ts'
import { show } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import type { Generation } from './generation.ts'
import { inReverse, orderNow, type PluginOrder } from './ordered.ts'
import type { LifecycleState, PluginSlot } from './plugin-slot.ts'
import { reloadFailure } from './reload-failures.ts'
import type { PhaseTiming, ReloadUnit, TransactionPhase } from './reload-unit.ts'
import { checkGenerations } from './self-check.ts'
import { drainWaits, tellWhoIsLate } from './slow-start.ts'
import { saveState } from './state.ts'
import { closeAndDrain } from './unit-gate.ts'
import { startUnit } from './unit-start.ts'

const GATE_MS = 10_000
const DRAIN_MS = 5000

/** A unit between what it was and what it will be. Nothing here decides what comes next: that is the course's. */
export class UnitSwap {
  readonly core: LifecycleCore
  readonly unit: ReloadUnit
  readonly slots: readonly PluginSlot[]
  /** What has an instance now, at rest or serving. */
  readonly old = new Map<string, Generation>()
  /** What came up of the new code. */
  readonly made = new Map<string, Generation>()
  readonly snapshots = new Map<string, unknown>()
  readonly phases: PhaseTiming[] = []
  readonly problems: PluginError[] = []
  /** Of the old generations, also when the commit has changed who needs whom. */
  readonly #before: PluginOrder
  readonly #states = new Map<PluginSlot, Pick<PluginSlot, 'state' | 'error'>>()
  readonly #members: ReadonlySet<string>
  readonly #abort = new AbortController()
  #isGated = false
  #isTurnedBack = false
  #from = performance.now()

  constructor(core: LifecycleCore, unit: ReloadUnit) {
    this.core = core
    this.unit = unit
    this.slots = unit.records.map((record) => core.roster.slot(record.meta.name))
    this.#members = new Set(this.slots.map((slot) => slot.name))
    for (const slot of this.slots) {
      if (slot.serving) this.old.set(slot.name, slot.serving)
      else this.snapshots.set(slot.name, slot.kept)
      this.#states.set(slot, { state: slot.state, error: slot.error })
    }
    this.#before = orderNow(unit.before, [...this.old.keys()])
  }

  /** Whether the new code may start while the old one serves: every member asks for it, and serves. */
  get mayOverlap(): boolean {
    const asks = ({ meta }: PluginRecord) => meta.reload.strategy === 'overlap'
    return this.unit.records.every(asks) && this.slots.every(({ state }) => state === 'active')
  }

  /** Whether every member's new code begins without the state of the old one. */
  get discardsState(): boolean {
    return this.unit.records.every(({ meta }) => meta.reload.state === 'discard')
  }

  /** Whether a gate was closed: until then, callers have noticed nothing. */
  get isGated(): boolean {
    return this.#isGated
  }

  /** Whether it ends because a newer change makes it pointless. */
  get isSuperseded(): boolean {
    const { superseded, signal, shutdown } = this.unit
    return superseded?.aborted === true && !this.#isGated && !signal?.aborted && !shutdown?.aborted
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** A cancelled reload does not wait for a `setup` that hangs; nor does one that a shutdown meets in its rollback. */
  listenToAborts(): Undo {
    const { signal, shutdown, superseded } = this.unit
    const giveUp = (reason: unknown) => {
      this.#abort.abort(reason)
      for (const slot of this.slots) slot.starting?.giveUp(reason)
      for (const made of this.made.values()) made.giveUp(reason)
    }
    const giveWay = (reason: unknown) => {
      if (!this.#isGated) giveUp(reason)
    }
    const undos = [onAbort([signal], giveUp), onAbort([shutdown], giveUp), onAbort([superseded], giveWay)]
    return () => {
      for (const undo of undos) undo()
    }
  }

  /** @throws where the reload was cancelled, or gave way */
  assertGoing(): void {
    assertNotAborted(this.#abort.signal, this.#isGated ? undefined : this.unit.superseded)
  }

  /** Begins anew to count the time that `limit` tells. */
  startClock(): void {
    this.#from = performance.now()
  }

  /**
   * Begins the time of the rollback, the first time it is called. Gives how much of it the end of new code may take: half
   * of what is left, and the rest is for the old code, for both may need something that only one can have.
   */
  turnBack(): number {
    if (!this.#isTurnedBack) this.startClock()
    this.#isTurnedBack = true
    return this.limit() / 2
  }

  /** The smaller of a step's own bound and what is left of the gate's, in milliseconds. */
  limit(ms: number = Number.POSITIVE_INFINITY): number {
    const left = (this.unit.gateMs ?? GATE_MS) - (performance.now() - this.#from)
    return Math.max(1, Math.min(ms, left))
  }

  /** Lets what is new wait, until what is in flight has ended. @throws what `closeAndDrain` throws */
  async gate(): Promise<void> {
    if (!this.#isGated) this.startClock()
    this.#isGated = true
    this.move('gating')
    const ended = tellWhoIsLate(this.core, 'waiting for what is under way', () => drainWaits(this.slots))
    try {
      await closeAndDrain(this.slots, this.limit(this.unit.drainMs ?? DRAIN_MS), this.#abort.signal)
    } finally {
      ended()
    }
  }

  /** Takes the state of the old generations, or of those that `wants` names. */
  async save(wants: (name: string) => boolean = () => true): Promise<void> {
    this.move('saving')
    const signal = this.#abort.signal
    const saves = this.inOrder(this.old).map(async (old) => {
      if (!wants(old.name)) return
      try {
        this.snapshots.set(old.name, await saveState(this.core, old, { limitMs: this.limit(), signal }))
      } catch (error) {
        if (old.record.meta.reload.state === 'keep') throw error
        this.problems.push(reloadFailure(error, [old.slot]))
      }
    })
    // All of them, so that nothing goes on behind the back of a rollback.
    for (const result of await Promise.allSettled(saves)) if (result.status === 'rejected') throw result.reason
  }

  /**
   * Starts the new code, with `snapshots`.
   *
   * @param kept those that `context.state` begins with
   * @throws the first failure, when nothing starts any more
   */
  async startNew(snapshots: ReadonlyMap<string, unknown>, kept = snapshots): Promise<void> {
    const records = new Map(this.unit.records.map((record) => [record.meta.name, record]))
    const [first] = (await this.start('reload', records, snapshots, this.made, kept)).values()
    if (first) throw first
  }

  /** Starts `records`; what came up is in `made`, and the failures are returned. */
  start(
    reason: 'reload' | 'rollback',
    records: ReadonlyMap<string, PluginRecord>,
    snapshots: ReadonlyMap<string, unknown>,
    made: Map<string, Generation>,
    kept = snapshots,
  ): Promise<Map<string, PluginError>> {
    const order = reason === 'reload' ? this.unit.after : this.unit.before
    const limit = () => this.limit()
    // A reload that was cancelled still brings the old code back, unless the host ends.
    const signal = reason === 'reload' ? this.signal : this.unit.shutdown
    const endLimit = reason === 'reload' && this.#isGated ? () => this.turnBack() : undefined
    const { configs } = this.unit
    const start = { order, members: this.#members, records, reason, snapshots, kept, configs, limit, endLimit, signal }
    return startUnit(this.core, start, made)
  }

  /** Lets the new generations check themselves. */
  async check(): Promise<void> {
    await checkGenerations(this.inOrder(this.made), this.unit.after, () => this.limit())
  }

  /** Puts `generations` in the place of the old ones. Synchronous: nobody sees a part of it. */
  takeOver(generations: ReadonlyMap<string, Generation>): void {
    for (const slot of this.slots) this.core.services.withdraw(slot.name)
    for (const old of this.old.values()) old.vanish()
    show(this.core, ...this.inOrder(generations))
  }

  /** Ends what came up of the new code, dependents first. */
  async dispose(limitMs?: number): Promise<void> {
    await this.endAll(this.made, limitMs)
  }

  /** Ends generations that nobody is to see, and takes them out. */
  async endAll(generations: Map<string, Generation>, limitMs?: number): Promise<void> {
    await inReverse(this.unit.after, [...generations.keys()], async (name) => {
      const made = generations.get(name)
      made?.vanish()
      this.problems.push(...((await made?.end(limitMs)) ?? []))
    })
    generations.clear()
  }

  /** Ends the old generations, dependents first. @param handsOver whether what is held for them stays held */
  async endOld(limit: () => number | undefined, handsOver = false): Promise<void> {
    await inReverse(this.#before, [...this.old.keys()], async (name) => {
      this.problems.push(...((await this.old.get(name)?.end(limit(), handsOver)) ?? []))
    })
  }

  /** Gives every member the state that it had; one without an instance is `failed`. @returns whether all have one */
  putBack(cause: PluginError): boolean {
    for (const [slot, { state, error }] of this.#states) {
      const old = this.old.get(slot.name)
      if (old) this.core.roster.move(slot, state, error)
      else this.giveUp(slot, 'failed', cause)
      old?.kept.open?.resume()
    }
    return this.old.size === this.slots.length
  }

  /** Marks a member that does not serve any more; its state is kept for the next good save. */
  giveUp(slot: PluginSlot, state: 'failed' | 'stopped', error: PluginError): void {
    slot.kept = this.snapshots.get(slot.name)
    slot.serving = undefined
    this.core.roster.move(slot, state, error)
  }

  /** Moves those that have an instance. */
  move(state: LifecycleState): void {
    for (const slot of this.slots) if (this.old.has(slot.name)) this.core.roster.move(slot, state)
  }

  /** A phase before the commit: not begun where the reload was cancelled. */
  async step(phase: TransactionPhase, run: () => Promise<void>): Promise<void> {
    this.assertGoing()
    await this.phase(phase, run)
  }

  async phase<T>(phase: TransactionPhase, run: () => T | Promise<T>): Promise<T> {
    const from = performance.now()
    try {
      return await run()
    } finally {
      this.phases.push({ phase, durationMs: performance.now() - from })
    }
  }

  inOrder(generations: ReadonlyMap<string, Generation>): Generation[] {
    return this.slots.flatMap((slot) => generations.get(slot.name) ?? [])
  }
}

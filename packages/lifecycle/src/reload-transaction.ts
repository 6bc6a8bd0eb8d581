// One unit of plugins replaced as one: all of it, or nothing.

import { logProblems } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import { ExclusiveCourse } from './exclusive-course.ts'
import { OverlapCourse } from './overlap-course.ts'
import type { ReloadCourse } from './reload-course.ts'
import { clashIn, overlapImpossible, reloadFailure, reloadSuperseded } from './reload-failures.ts'
import type { ReloadUnit, TransactionReport } from './reload-unit.ts'
import { hasState } from './state.ts'
import { openGates } from './unit-gate.ts'
import { UnitSwap } from './unit-swap.ts'

/**
 * Replaces a unit: its new code is made ready by one of two courses, and shown in one synchronous block. Until that block
 * any failure makes the old code serve, with its state, and what waited at the gates reaches whoever serves in the end.
 */
export class ReloadTransaction {
  readonly #swap: UnitSwap
  #course: ReloadCourse

  constructor(core: LifecycleCore, unit: ReloadUnit) {
    this.#swap = new UnitSwap(core, unit)
    this.#course = this.#swap.mayOverlap ? new OverlapCourse(this.#swap) : new ExclusiveCourse(this.#swap)
  }

  /** Runs every phase. Never rejects: what went wrong is in the report. */
  async run(): Promise<TransactionReport> {
    const release = this.#swap.listenToAborts()
    try {
      return await this.#run()
    } finally {
      release()
    }
  }

  async #run(): Promise<TransactionReport> {
    const swap = this.#swap
    try {
      await this.#prepare()
      swap.assertGoing()
    } catch (error) {
      return this.#backOut(error)
    }
    await swap.phase('commit', () => this.#commit())
    await swap.phase('replay', () => openGates(swap.slots))
    await this.#course.retire()
    return this.#report('committed')
  }

  async #prepare(): Promise<void> {
    const swap = this.#swap
    swap.assertGoing()
    try {
      await this.#course.prepare()
    } catch (error) {
      const clash = this.#course.strategy === 'overlap' ? clashIn(error) : undefined
      if (!clash) throw error
      await swap.phase('rollback', () => swap.dispose(swap.isGated ? swap.limit() : undefined))
      swap.problems.push(overlapImpossible(clash))
      this.#course = new ExclusiveCourse(swap)
      await this.#course.prepare()
    }
  }

  /** One synchronous block: nobody sees a part of it. */
  #commit(): void {
    this.#swap.move('committing')
    this.#swap.unit.commit()
    this.#swap.takeOver(this.#swap.made)
  }

  async #backOut(error: unknown): Promise<TransactionReport> {
    const swap = this.#swap
    if (swap.isSuperseded) {
      await swap.phase('rollback', () => swap.dispose())
      return this.#report('superseded', reloadSuperseded(swap.unit))
    }
    const cause = reloadFailure(error, swap.slots, swap.signal)
    return this.#report(await this.#course.rollBack(cause), cause)
  }

  #report(outcome: TransactionReport['outcome'], error?: TransactionReport['error']): TransactionReport {
    const { core, slots, snapshots, made, phases, problems } = this.#swap
    logProblems(core, problems)
    const members = slots.map((slot) => slot.name)
    const isCarried = (name: string) => outcome !== 'committed' || made.get(name)?.record.meta.reload.state === 'keep'
    const kept = members.filter((name) => hasState(snapshots.get(name)) && isCarried(name))
    return { outcome, strategy: this.#course.strategy, error, members, kept, phases, problems }
  }
}

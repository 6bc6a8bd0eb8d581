// Start, then stop: the course of a reload whose old code serves until its new code is ready.
import type { PluginError } from '@cf-plugins/plugin-api'
import type { Generation } from './generation.ts'
import { inOrder } from './ordered.ts'
import type { ReloadCourse } from './reload-course.ts'
import { restoreState } from './state.ts'
import { assertReplaceable, openGates } from './unit-gate.ts'
import type { UnitSwap } from './unit-swap.ts'

/** How long what is in flight in the old code may go on after the commit, in milliseconds. */
const STRAGGLERS_MS = 5000

const NO_STATE: ReadonlyMap<string, unknown> = new Map()

/**
 * Set the new code up, invisible, while the old one serves; then gate and drain, save, restore and check. The old code is
 * torn down after the commit. A failure before it ends the new code, and the old one has never stopped.
 */
export class OverlapCourse implements ReloadCourse {
  readonly strategy = 'overlap'
  readonly #swap: UnitSwap
  #hasStragglers = false

  constructor(swap: UnitSwap) {
    this.#swap = swap
  }

  async prepare(): Promise<void> {
    const swap = this.#swap
    await swap.step('stage', () => this.#stage())
    await swap.step('gate', () => this.#gate())
    await swap.step('save', () => swap.save((name) => swap.made.get(name)?.record.meta.reload.state === 'keep'))
    await swap.step('restore', () => this.#restore())
    await swap.step('check', () => swap.check())
  }

  async rollBack(cause: PluginError): Promise<'rolled-back' | 'failed'> {
    const swap = this.#swap
    if (swap.isGated) {
      swap.putBack(cause)
      await swap.phase('replay', () => openGates(swap.slots))
    }
    // Nobody waits for this any more.
    await swap.phase('rollback', () => swap.dispose())
    return 'rolled-back'
  }

  async retire(): Promise<void> {
    const swap = this.#swap
    await swap.phase('retire', async () => {
      if (this.#hasStragglers) {
        const { old, unit } = swap
        await Promise.all([...old.values()].map(({ passage }) => passage.drained(STRAGGLERS_MS, unit.shutdown)))
      }
      await swap.endOld(() => undefined)
    })
  }

  async #stage(): Promise<void> {
    const swap = this.#swap
    // Before there is a third generation.
    for (const slot of swap.slots) assertReplaceable(slot)
    swap.startClock()
    await swap.startNew(NO_STATE, new Map([...swap.old].map(([name, { kept }]) => [name, kept.open?.peek()])))
  }

  /** Where no state is taken, what does not end in time may end on the old code. */
  async #gate(): Promise<void> {
    const swap = this.#swap
    try {
      await swap.gate()
    } catch (error) {
      if (!swap.discardsState || (error as PluginError).code !== 'CFP_DRAIN_TIMEOUT') throw error
      this.#hasStragglers = true
    }
  }

  async #restore(): Promise<void> {
    const swap = this.#swap
    const { core, unit, made, snapshots, signal } = swap
    await inOrder(unit.after, [...made.keys()], async (name) => {
      const generation = made.get(name) as Generation
      const snapshot = snapshots.get(name)
      // What it began with may have changed since, as the old code went on.
      if (snapshot !== undefined)
        await generation.kept.take(snapshot, generation.instance, { limitMs: swap.limit(), signal })
      await restoreState(core, generation, snapshot, swap.limit(), signal)
    })
  }
}

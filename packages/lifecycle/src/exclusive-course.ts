// Stop, then start: the course of a reload whose old code must be gone before its new code can be there.
import type { PluginError } from '@cf-plugins/plugin-api'
import type { Generation } from './generation.ts'
import type { ReloadCourse } from './reload-course.ts'
import { lostPlugin } from './reload-failures.ts'
import { openGates, tearGates } from './unit-gate.ts'
import type { UnitSwap } from './unit-swap.ts'

/**
 * Gate and drain, save, tear the old code down, set the new one up with the state, check. A failure after the teardown
 * sets the old code up again, with its state.
 */
export class ExclusiveCourse implements ReloadCourse {
  readonly strategy = 'exclusive'
  readonly #swap: UnitSwap
  #oldEnded = false

  constructor(swap: UnitSwap) {
    this.#swap = swap
  }

  async prepare(): Promise<void> {
    const swap = this.#swap
    await swap.step('gate', () => swap.gate())
    // Saved also where the new code does not want it: the old code might have to come back.
    await swap.step('save', () => swap.save())
    await swap.step('teardown', () => this.#endOld())
    await swap.step('start', () => swap.startNew(swap.snapshots))
    await swap.step('check', () => swap.check())
  }

  async rollBack(cause: PluginError): Promise<'rolled-back' | 'failed'> {
    const swap = this.#swap
    const isBack = await swap.phase('rollback', async () => {
      await swap.dispose(swap.turnBack())
      return this.#oldEnded ? this.#bringBack(cause) : swap.putBack(cause)
    })
    await swap.phase('replay', () => openGates(swap.slots))
    await this.retire()
    return isBack ? 'rolled-back' : 'failed'
  }

  /** Closes what the host held for the old generations, and nobody has asked for again. */
  async retire(): Promise<void> {
    if (!this.#oldEnded) return
    const { old, problems } = this.#swap
    const closing = [...old.values()].map((generation) => generation.letGo())
    if (closing.every(Array.isArray)) return
    await this.#swap.phase('retire', async () => {
      for (const failures of await Promise.all(closing)) problems.push(...failures)
    })
  }

  async #endOld(): Promise<void> {
    const swap = this.#swap
    swap.move('swapping')
    this.#oldEnded = true
    tearGates(swap.slots)
    await swap.endOld(() => swap.limit(), true)
  }

  /** Makes the old code serve again that was torn down, with its state; unless the host ends anyway. */
  async #bringBack(cause: PluginError): Promise<boolean> {
    const swap = this.#swap
    const { old, slots, snapshots } = swap
    const isOver = swap.unit.shutdown?.aborted === true
    const restored = new Map<string, Generation>()
    const records = new Map(isOver ? [] : [...old].map(([name, { record }]) => [name, record]))
    const failures = await swap.start('rollback', records, snapshots, restored)
    // A host that did not wait for this has ended the others: nobody would end what is shown now.
    const isStopped = slots.some(({ state }) => state === 'stopped')
    if (isStopped) await swap.endAll(restored)
    swap.takeOver(restored)
    for (const slot of slots) {
      if (restored.has(slot.name)) continue
      const error = old.has(slot.name) ? lostPlugin(slot, cause, failures.get(slot.name)) : cause
      swap.giveUp(slot, isOver || isStopped ? 'stopped' : 'failed', isOver ? cause : error)
    }
    return restored.size === slots.length
  }
}

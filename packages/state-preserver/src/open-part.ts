// One part of the state, as one generation of a plugin has it.
import { isThenable, type StateEdit, type StatePart, type StateUpdateOptions, type Undo } from '@cf-plugins/plugin-api'
import type { ChangeBound } from './change-bound.ts'
import { type ChangeTarget, changeState } from './change-state.ts'
import type { FairLock } from './fair-lock.ts'
import { type FixedState, giveOut } from './fixed-state.ts'
import { badArgument, type PartLabel, replaced } from './part-errors.ts'
import type { StateRules } from './part-owner.ts'
import type { StateCell } from './state-cell.ts'

/** What there is of a part apart from its cell. */
export interface PartSetup {
  readonly rules: StateRules
  readonly cell: StateCell
  readonly label: PartLabel
  /** What it is until somebody sets it. */
  readonly initial: FixedState
  /** @throws where it cannot be used yet, or must not be changed */
  readonly assertReady: (isChange: boolean) => void
}

/** A part. Its members work destructured. */
export class OpenPart implements StatePart<unknown>, ChangeTarget {
  readonly cell: StateCell
  readonly label: PartLabel
  readonly #rules: StateRules
  /** What it is until somebody sets it. */
  readonly initial: FixedState
  readonly #assertReady: (isChange: boolean) => void

  constructor({ rules, cell, label, initial, assertReady }: PartSetup) {
    this.cell = cell
    this.label = label
    this.#rules = rules
    this.initial = initial
    this.#assertReady = assertReady
  }

  get lock(): FairLock {
    return this.cell.lock
  }

  get value(): unknown {
    this.#rules.assertReadable('state.value')
    this.#assertReady(false)
    return giveOut(this.now())
  }

  readonly set = (value: unknown): void => {
    this.assertChangeable()
    this.#rules.assertFree(this.cell, this.label)
    this.cell.put(this.fix(value))
    this.cell.tell()
  }

  readonly update = async (change: StateEdit<unknown>, options?: StateUpdateOptions): Promise<unknown> => {
    const bound = this.#rules.bound('state.update', this.label, change, options)
    this.assertChangeable()
    const fixed = await this.#rules.inFlight(bound, (holder) => changeState(this, change, bound, holder))
    this.cell.tell()
    return giveOut(fixed)
  }

  readonly watch = (listener: (value: unknown) => unknown): Undo => {
    const { owner } = this.#rules
    if (typeof listener !== 'function') throw badArgument({ plugin: owner.name }, 'state.watch', 'a function')
    this.#rules.assertChangeable('state.watch', this.label)
    const fail = (error: unknown) => owner.report?.(`a listener of ${this.label.part}`, error)
    let seen = this.cell.fixed
    const hear = (fixed: FixedState) => {
      seen = fixed
      try {
        const result = listener(giveOut(fixed))
        if (isThenable(result)) result.then(undefined, fail)
      } catch (error) {
        fail(error)
      }
    }
    const { cell } = this
    const activation = {
      start() {
        cell.listen(hear)
        // Changed while the plugin could not be told.
        if (cell.fixed && cell.fixed !== seen) hear(cell.fixed)
      },
      stop() {
        cell.forget(hear)
      },
    }
    if (owner.activate) return owner.activate(activation)
    activation.start()
    return activation.stop
  }

  assertChangeable(): void {
    this.#rules.assertChangeable('state.update', this.label)
    this.#assertReady(true)
  }

  now(): FixedState {
    return this.cell.fixed ?? this.initial
  }

  fix(value: unknown): FixedState {
    return this.#rules.fix(value, this.label)
  }

  put(fixed: FixedState, before: FixedState, bound: ChangeBound): undefined | Promise<void> {
    const unsealed = this.#rules.unsealed(bound)
    // Again from here: it may have been taken once more by then.
    if (unsealed) return unsealed.then(() => this.put(fixed, before, bound))
    this.assertStill(before)
    this.cell.put(fixed)
    return undefined
  }

  /** @throws where a change that was made from `before` must not take effect any more */
  assertStill(before: FixedState): void {
    this.assertChangeable()
    if (this.now() !== before) throw replaced(this.label)
  }
}

// One change of one part: its turn, the draft, what comes of it.
import { isThenable, type StateEdit } from '@cf-plugins/plugin-api'
import type { ChangeBound } from './change-bound.ts'
import { cloneState } from './clone-state.ts'
import type { FairLock } from './fair-lock.ts'
import type { FixedState } from './fixed-state.ts'
import type { LockHolder } from './lock-holder.ts'
import { type PartLabel, reentrant } from './part-errors.ts'

/** What is changed. */
export interface ChangeTarget {
  readonly lock: FairLock
  readonly label: PartLabel
  /** @throws where it may not be changed, or not any more */
  assertChangeable(): void
  now(): FixedState
  /** @throws where the value cannot be kept */
  fix(value: unknown): FixedState
  /** Puts it in place of `before`; a promise where that has to wait. */
  put(fixed: FixedState, before: FixedState, bound: ChangeBound): undefined | Promise<void>
}

/**
 * Changes a part when its turn has come: at once where nobody has it and the change is synchronous.
 *
 * @throws what `change` throws, and what `target` and `bound` do; the part is as it was then
 */
export async function changeState(
  target: ChangeTarget,
  change: StateEdit<unknown>,
  bound: ChangeBound,
  holder: LockHolder,
): Promise<FixedState> {
  bound.assertGoing()
  const { lock, label } = target
  // Awaited only where there is something to wait for.
  const turn = takeTurn(lock, label, bound, holder)
  if (turn) await turn
  try {
    target.assertChangeable()
    const before = target.now()
    const draft = cloneState(before.copy).copy
    let returned = holder.call(() => change(draft))
    if (isThenable(returned)) returned = await bound.wait(holder.await(returned), false)
    const fixed = target.fix(returned === undefined ? draft : returned)
    const put = target.put(fixed, before, bound)
    if (put) await put
    return fixed
  } finally {
    lock.release()
  }
}

/** Takes a lock; a promise where that has to wait. @throws `CFP_STATE_REENTRANT` where it would wait for itself */
export function takeTurn(
  lock: FairLock,
  label: PartLabel,
  bound: ChangeBound,
  holder: LockHolder,
): undefined | Promise<void> {
  const before = lock.holder
  if (before?.isAsking) throw reentrant(label)
  const turn = lock.take(holder)
  return turn && waitForTurn()

  async function waitForTurn(): Promise<void> {
    try {
      await bound.wait(turn?.come ?? Promise.resolve(), true)
    } catch (error) {
      turn?.giveUp()
      throw error
    }
  }
}

// One change of one part: its turn, the draft, what comes of it.
import { isThenable, type StateEdit } from '@cf-plugins/plugin-api'
import type { ChangeBound } from './change-bound.ts'
import { cloneState } from './clone-state.ts'
import type { FairLock, LockHolder } from './fair-lock.ts'
import type { FixedState } from './fixed-state.ts'
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
    let returned = callWithin(holder, () => change(draft))
    if (isThenable(returned)) returned = await bound.wait(awaitWithin(holder, returned), false)
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
  if (before && isWithin(before)) throw reentrant(label)
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

/** Calls code of a holder. */
export function callWithin<T>(holder: LockHolder, call: () => T): T {
  holder.isCalling = true
  try {
    return call()
  } finally {
    holder.isCalling = false
  }
}

/** Awaits code of a holder so that what that code calls later has the holder on its stack. */
export function awaitWithin<T>(holder: LockHolder, code: PromiseLike<T>): Promise<T> {
  const { frame } = holder
  const awaiting = {
    async [frame]() {
      return await code
    },
  }
  return (awaiting[frame] as () => Promise<T>)()
}

/** Whether a holder's code is on the way to this call, also where it awaits it. An AsyncLocalStorage would slow every await of the process. */
function isWithin({ isCalling, frame }: LockHolder): boolean {
  if (isCalling) return true
  const { stackTraceLimit } = Error
  Reflect.set(Error, 'stackTraceLimit', Number.POSITIVE_INFINITY)
  try {
    // Somebody's `Error.prepareStackTrace` may make a list of it, or throw.
    return String(new Error().stack).includes(frame)
  } catch {
    return false
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  }
}

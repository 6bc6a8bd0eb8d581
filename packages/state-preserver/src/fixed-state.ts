// Copies of state that nobody can change, whoever is given them.
import { type ClonedState, cloneState, StateCloner } from './clone-state.ts'

/** A copy that nobody can change who is given only what `giveOut` gives. */
export interface FixedState extends ClonedState {
  /** Whether the copy is deeply frozen, and has nothing that freezing does not protect: then it may be given out itself. */
  readonly isFrozen: boolean
}

/** A deep copy, frozen as far as its kinds of values can be. @throws UncloneableState */
export function fixState(state: unknown, maxBytes = Number.POSITIVE_INFINITY): FixedState {
  const cloner = new StateCloner(maxBytes, true)
  const { copy, bytes, isNative } = cloner.clone(state)
  return { copy, bytes, isNative, isFrozen: cloner.isFrozen }
}

/** Fixed state for somebody to read: itself where it is frozen, else a copy. */
export function giveOut({ copy, isFrozen }: FixedState): unknown {
  return isFrozen ? copy : cloneState(copy).copy
}

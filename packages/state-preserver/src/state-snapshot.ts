// What is kept of a plugin from one instance to the next.
import { type ClonedState, cloneState } from './clone-state.ts'

/** What is kept of a plugin from one instance to the next. */
export interface StateSnapshot {
  readonly plugin: string
  /** The metadata's `stateVersion` when it was taken. */
  readonly version: number
  /** Whether the plugin was enabled. */
  readonly enabled: boolean
  /** A copy of the state, a new one each time it is read; `undefined` where the plugin keeps none. */
  readonly state: unknown
  /** Whether there is state to give back. */
  readonly hasState: boolean
  /** Milliseconds since the epoch. */
  readonly takenAt: number
  /** About what the state takes in memory. */
  readonly bytes?: number
}

/** Whose snapshot it is, and of when. */
export type SnapshotOrigin = Pick<StateSnapshot, 'plugin' | 'version' | 'enabled' | 'takenAt'>

/** What is kept where there is no state. */
export const NO_STATE: ClonedState = { copy: undefined, bytes: 0, isNative: true }

/** A snapshot whose state nobody can reach, and so nobody can change. */
export class KeptSnapshot implements StateSnapshot {
  readonly plugin: string
  readonly version: number
  readonly enabled: boolean
  readonly hasState: boolean
  readonly takenAt: number
  readonly bytes: number
  readonly #kept: ClonedState

  /** `kept` must be the snapshot's own, its copy `undefined` where there is no state. */
  constructor({ plugin, version, enabled, takenAt }: SnapshotOrigin, kept: ClonedState) {
    this.plugin = plugin
    this.version = version
    this.enabled = enabled
    this.hasState = kept.copy !== undefined
    this.takenAt = takenAt
    this.bytes = kept.bytes
    this.#kept = kept
    Object.freeze(this)
  }

  get state(): unknown {
    return cloneState(this.#kept.copy).copy
  }

  /** What is kept itself, for those of this package who only read it. */
  peek(): ClonedState {
    return this.#kept
  }

  toJSON(): StateSnapshot {
    const { plugin, version, enabled, hasState, takenAt, bytes } = this
    return { plugin, version, enabled, state: this.#kept.copy, hasState, takenAt, bytes }
  }
}

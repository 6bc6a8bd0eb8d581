// What is kept of a plugin from one instance to the next.
import { cloneState } from './clone-state.ts'

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

/** A snapshot whose state nobody can reach, and so nobody can change. */
export class KeptSnapshot implements StateSnapshot {
  readonly plugin: string
  readonly version: number
  readonly enabled: boolean
  readonly hasState: boolean
  readonly takenAt: number
  readonly bytes: number
  readonly #state: unknown

  /** `state` must be the snapshot's own copy, and `undefined` where there is none. */
  constructor(
    plugin: string,
    version: number,
    enabled: boolean,
    state: unknown,
    bytes: number,
    takenAt: number = Date.now(),
  ) {
    this.plugin = plugin
    this.version = version
    this.enabled = enabled
    this.hasState = state !== undefined
    this.bytes = bytes
    this.takenAt = takenAt
    this.#state = state
    Object.freeze(this)
  }

  get state(): unknown {
    return cloneState(this.#state).copy
  }

  /** The state itself, for those of this package who only read it. */
  peek(): unknown {
    return this.#state
  }

  toJSON(): StateSnapshot {
    const { plugin, version, enabled, hasState, takenAt, bytes } = this
    return { plugin, version, enabled, state: this.#state, hasState, takenAt, bytes }
  }
}

// What is kept of a plugin from one instance to the next.
import { type ClonedState, cloneState } from './clone-state.ts'
import { fixState } from './fixed-state.ts'
import type { KeptValue } from './state-cell.ts'

/** What is kept of a plugin from one instance to the next. */
export interface StateSnapshot {
  readonly plugin: string
  /** The metadata's `stateVersion` when it was taken. */
  readonly version: number
  /** Whether the plugin was enabled. */
  readonly enabled: boolean
  /** A copy of the state, a new one each time it is read; `undefined` where the plugin keeps none. */
  readonly state: unknown
  /** What `context.state` held, and in which version: a copy; nothing where nobody had set it. */
  readonly own?: { readonly version: number; readonly value: unknown } | undefined
  /** Whether there is anything to give back. */
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
  readonly #own: KeptValue | undefined

  /**
   * `kept` must be the snapshot's own, its copy `undefined` where there is no state.
   *
   * @param own what `context.state` held
   */
  constructor({ plugin, version, enabled, takenAt }: SnapshotOrigin, kept: ClonedState, own?: KeptValue) {
    this.plugin = plugin
    this.version = version
    this.enabled = enabled
    this.hasState = kept.copy !== undefined || own !== undefined
    this.takenAt = takenAt
    this.bytes = kept.bytes + (own?.fixed.bytes ?? 0)
    this.#kept = kept
    this.#own = own
    Object.freeze(this)
  }

  get state(): unknown {
    return cloneState(this.#kept.copy).copy
  }

  get own(): StateSnapshot['own'] {
    const own = this.#own
    return own && { version: own.version, value: cloneState(own.fixed.copy).copy }
  }

  /** What is kept itself, for those of this package who only read it. */
  peek(): ClonedState {
    return this.#kept
  }

  peekOwn(): KeptValue | undefined {
    return this.#own
  }

  /** The same with another part of its own. */
  withOwn(own: KeptValue): KeptSnapshot {
    return new KeptSnapshot({ ...this, takenAt: Date.now() }, this.#kept, own)
  }

  toJSON(): StateSnapshot {
    const { plugin, version, enabled, hasState, takenAt, bytes } = this
    const own = this.#own && { own: { version: this.#own.version, value: this.#own.fixed.copy } }
    return { plugin, version, enabled, state: this.#kept.copy, ...own, hasState, takenAt, bytes }
  }
}

/** What `context.state` held in a snapshot. One that was not taken here may be anybody's object, and is copied. @throws UncloneableState */
export function keptOf(snapshot: StateSnapshot, maxBytes: number): KeptValue | undefined {
  if (snapshot instanceof KeptSnapshot) return snapshot.peekOwn()
  const { own } = snapshot
  return own && { version: own.version, fixed: fixState(own.value, maxBytes) }
}

// One instance of a modelled plugin, from its `register` to the end of its `teardown`.
import type { PluginContext, PluginRecord } from '@cf-plugins/plugin-api'
import type { HeldThing } from './held-thing.ts'
import type { Shape } from './shape.ts'

/** What a plugin keeps from one instance to the next. Its form says which version of it wrote it. */
export interface LifeState {
  form: number
  counter: { count: number }
}

/** What it keeps in `context.state`. */
export interface KeptCount {
  form: number
  count: number
}

/** One instance of a plugin, as the world sees it. */
export interface Life {
  readonly name: string
  readonly shape: Shape
  readonly record: PluginRecord
  readonly reason: PluginContext['reason']
  readonly context: PluginContext<unknown, unknown, unknown, KeptCount>
  /** What it was given last: when it was made, or told. */
  config: unknown
  /** Whose services it was given. */
  readonly on: readonly Life[]
  setups: number
  teardowns: number
  released: number
  /** Whether it was switched off, and not on again. */
  isResting: boolean
  /** What became of the last call of its `getReloadState`. */
  saved: 'never' | 'kept' | 'failed'
  state: LifeState
  /** What the host holds for it. */
  held: HeldThing | undefined
}

export const isUp = ({ setups, teardowns }: Life) => setups > teardowns

/** Whether it cannot do without `other`. */
export const isNeeded = (life: Life, other: Life) => life.on.includes(other) && other.name in life.shape.dependencies

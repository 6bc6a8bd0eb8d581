// What a plugin keeps: its own part, and parts that it shares with others who declare them.
import type { Undo } from './context.ts'
import type { Awaitable } from './thenable.ts'

/** One part of what is kept. */
export interface StatePart<T> {
  /** What it is now. Frozen deeply: it is changed by `update` and `set` alone. */
  readonly value: T
  /** Puts another value in its place, at once. @throws `CFP_STATE_LOCKED` while an `update` or a transaction has it */
  set(value: T): void
  /**
   * Changes it, one update after the other. `change` is given a copy, which it may change, or return another value. What it
   * throws leaves the value as it was.
   */
  update(change: (draft: T) => Awaitable<T | undefined>, options?: StateUpdateOptions): Promise<T>
  /** Told of each new value, after it is in place. */
  watch(listener: (value: T) => void): Undo
}

export interface StateUpdateOptions {
  /** Gives up waiting for the lock, or the change. */
  readonly signal?: AbortSignal
  /** How long waiting and changing may take together, in milliseconds. @default 10000 */
  readonly timeoutMs?: number
}

/** A shared part's name that carries its type, and what it is at first. */
export interface SharedStateRef<T> {
  readonly name: string
  readonly initial: T
}

/** A plugin's state: its own part, and what it shares. */
export interface PluginState<T = unknown> extends StatePart<T> {
  /** A part that all plugins have in common whose metadata names it in `state.shared`. @throws `CFP_STATE_UNDECLARED` with the line to add */
  shared<Shared>(ref: SharedStateRef<Shared>): StatePart<Shared>
  shared(name: string): StatePart<unknown>
  /**
   * Changes several parts as one: the parts' `update` and `set` within `task` take effect together when it has ended well, and not at all
   * where it throws.
   */
  transaction<Result>(task: (state: PluginState<T>) => Awaitable<Result>, options?: StateUpdateOptions): Promise<Result>
}

/**
 * A typed reference to a part of the state that plugins share.
 *
 * @example
 * export const Cart = sharedStateRef('cart', { items: [] as string[] })
 */
export function sharedStateRef<T>(name: string, initial: T): SharedStateRef<T> {
  return Object.freeze({ name, initial })
}

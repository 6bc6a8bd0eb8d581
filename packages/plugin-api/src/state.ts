// What a plugin keeps: its own part, and parts that it shares with others who declare them.

import type { Awaitable } from './thenable.ts'
import type { Undo } from './undo.ts'

/** One part of what is kept. */
export interface StatePart<T> {
  /**
   * What it is now. Nobody changes it but by `update` and `set`: it is deeply frozen, or, where it has something that freezing does not
   * protect, such as a Map or a Date, a copy each time it is read.
   */
  readonly value: T
  /** Puts another value in its place, at once. @throws `CFP_STATE_LOCKED` while an `update` or a transaction has it */
  set(value: T): void
  /**
   * Changes it, one update after the other. `change` is given a copy, which it may change, or return another value. What it
   * throws leaves the value as it was. Gives the new value.
   *
   * @throws `CFP_STATE_UPDATE_TIMEOUT`; `CFP_STATE_REENTRANT` where `change` waits for another update of the same part
   */
  update(change: StateEdit<T>, options?: StateUpdateOptions): Promise<T>
  /** Told of each new value, after it is in place. Rests, as handlers do, until the plugin is active, and while it is disabled. */
  watch(listener: (value: T) => unknown): Undo
}

/** What changes a part: the copy that it is given, in place, or another value that it returns. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that changes its draft returns nothing
export type StateEdit<T> = (draft: T) => Awaitable<T | undefined | void>

export interface StateUpdateOptions {
  /** Gives up waiting for the lock, or the change. */
  readonly signal?: AbortSignal
  /** How long waiting and changing may take together, in milliseconds. @default 10000 */
  readonly timeoutMs?: number
}

export interface StateTransactionOptions extends StateUpdateOptions {
  /** The shared parts that it is about; others wait for those until it has ended. @default all that the metadata declares */
  readonly shared?: readonly (string | SharedStateRef<unknown>)[]
}

/** A shared part's name that carries its type, and what it is at first. */
export interface SharedStateRef<T> {
  readonly name: string
  readonly initial: T
}

/** A plugin's state: its own part, and what it shares. */
export interface PluginState<T = unknown> extends StatePart<T> {
  /**
   * A part that all plugins have in common whose metadata names it in `state.shared`. Until somebody has set it, it is what the ref says;
   * `undefined` by name alone.
   *
   * @throws `CFP_STATE_UNDECLARED` with the line to add
   */
  shared<Shared>(ref: SharedStateRef<Shared>): StatePart<Shared>
  shared(name: string): StatePart<unknown>
  /**
   * Changes several parts as one: the parts' `update` and `set` within `task`, by the state that it is given, take effect together when it
   * has ended well, and not at all where it throws. It has the parts for itself until then.
   */
  transaction<Result>(
    task: (state: StateTransaction<T>) => Awaitable<Result>,
    options?: StateTransactionOptions,
  ): Promise<Result>
}

/** The state as a transaction sees it: with what it has changed so far. */
export interface StateTransaction<T = unknown> extends Pick<StatePart<T>, 'value' | 'set' | 'update'> {
  shared<Shared>(ref: SharedStateRef<Shared>): Pick<StatePart<Shared>, 'value' | 'set' | 'update'>
  shared(name: string): Pick<StatePart<unknown>, 'value' | 'set' | 'update'>
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

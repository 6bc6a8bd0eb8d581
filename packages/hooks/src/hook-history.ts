// What was called of a hook, for handlers that come late.
import type { HookHandler } from '@cf-plugins/plugin-api'
import type { HandlerEntry } from './handler-entry.ts'

type Entry = HandlerEntry<HookHandler>

/** A call that is kept. */
export interface KeptCall {
  readonly args: readonly unknown[]
  /** Handlers that need not be told of it, because the call itself has reached them. */
  readonly told: WeakSet<Entry>
  /** Whether it may reach handlers still. */
  running: boolean
}

/** The last calls of one hook. */
export class HookHistory {
  readonly #most: number
  readonly #calls: KeptCall[] = []

  constructor(most: number) {
    this.#most = most
  }

  begin(args: readonly unknown[], entries: readonly Entry[]): KeptCall {
    const call = { args, told: new WeakSet(entries), running: true }
    if (this.#calls.push(call) > this.#most) this.#calls.shift()
    return call
  }

  /** What `entry` was not told of, but for calls that may still reach it. */
  missedBy(entry: Entry): KeptCall[] {
    const missed = this.#calls.filter(({ running, told }) => !running && !told.has(entry))
    for (const { told } of missed) told.add(entry)
    return missed
  }
}

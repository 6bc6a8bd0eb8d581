// Changes of several parts that take effect together, or not at all.
import {
  isThenable,
  type SharedStateRef,
  type StateEdit,
  type StateTransaction,
  type StateUpdateOptions,
} from '@cf-plugins/plugin-api'
import type { ChangeBound } from './change-bound.ts'
import { type ChangeTarget, changeState, takeTurn } from './change-state.ts'
import { FairLock } from './fair-lock.ts'
import { type FixedState, giveOut } from './fixed-state.ts'
import type { LockHolder } from './lock-holder.ts'
import type { OpenPart } from './open-part.ts'
import { locked, notTaken, type PartLabel, transactionOver } from './part-errors.ts'
import type { StateRules } from './part-owner.ts'

/** What a transaction is about. */
export interface TransactionParts {
  readonly own: OpenPart
  /** Those that others may want at the same time, by name, which is also the order in which all take them. */
  readonly shared: ReadonlyMap<string, OpenPart>
  /** A shared part of the plugin's. @throws where it has no such part */
  partOf(ref: SharedStateRef<unknown> | string): OpenPart
}

type Task<Result> = (state: StateTransaction) => Result | PromiseLike<Result>

/**
 * Runs `task` with the parts for itself, and puts what it made of them in place when it has ended well. Everybody takes
 * parts in one order, so that no two wait for each other.
 */
export async function runTransaction<Result>(
  rules: StateRules,
  { own, shared, partOf }: TransactionParts,
  task: Task<Result>,
  bound: ChangeBound,
  holder: LockHolder,
): Promise<Result> {
  bound.assertGoing()
  const taken: OpenPart[] = []
  try {
    for (const part of [own, ...shared.values()]) {
      const turn = takeTurn(part.lock, part.label, bound, holder)
      if (turn) await turn
      taken.push(part)
    }
    for (const part of taken) part.assertChangeable()
    const transaction = new Transaction(rules, own.label)
    const drafts = new Map(taken.map((part) => [part, new PartDraft(part, transaction)]))
    const state = new TransactionState(drafts.get(own) as PartDraft, (ref) => {
      const asked = partOf(ref)
      const part = shared.get(typeof ref === 'string' ? ref : ref.name)
      const draft = part && drafts.get(part)
      if (!draft) throw notTaken(asked.label)
      draft.beginWith(asked.initial)
      return draft
    })
    let result: Result
    try {
      const returned = holder.call(() => task(state))
      result = isThenable(returned)
        ? await bound.wait(holder.await(returned as PromiseLike<Result>), false)
        : (returned as Result)
      // Those that it did not wait for are a part of it all the same.
      while (transaction.running.size > 0) await bound.wait(Promise.all(transaction.running), false)
    } finally {
      transaction.isOver = true
    }
    for (let wait = rules.unsealed(bound); wait; wait = rules.unsealed(bound)) await wait
    const changed = [...drafts].filter(([, draft]) => draft.isChanged)
    for (const [part, draft] of changed) part.assertStill(draft.before)
    // From here on nothing can fail, and nobody runs in between.
    for (const [part, draft] of changed) part.cell.put(draft.now())
    return result
  } finally {
    for (const part of taken) part.lock.release()
  }
}

/** What the drafts of one transaction have in common. */
class Transaction {
  readonly rules: StateRules
  /** Updates that its task has begun. */
  readonly running = new Set<Promise<unknown>>()
  isOver = false
  readonly #label: PartLabel

  constructor(rules: StateRules, label: PartLabel) {
    this.rules = rules
    this.#label = label
  }

  assertGoing(): void {
    if (this.isOver) throw transactionOver(this.#label)
  }
}

/** A part as its transaction sees it. */
class PartDraft implements ChangeTarget {
  readonly lock = new FairLock()
  readonly label: PartLabel
  readonly before: FixedState
  isChanged = false
  readonly #part: OpenPart
  readonly #of: Transaction
  #fixed: FixedState

  constructor(part: OpenPart, of: Transaction) {
    this.label = part.label
    this.#part = part
    this.#of = of
    this.before = part.now()
    this.#fixed = this.before
  }

  get value(): unknown {
    this.#of.assertGoing()
    return giveOut(this.#fixed)
  }

  /** What it is where nobody has set it, as a ref says. */
  beginWith(initial: FixedState): void {
    if (!this.#part.cell.fixed && !this.isChanged) this.#fixed = initial
  }

  readonly set = (value: unknown): void => {
    this.assertChangeable()
    if (this.lock.holder) throw locked(this.label, 'an update of the transaction had it')
    this.put(this.fix(value))
  }

  readonly update = (change: StateEdit<unknown>, options?: StateUpdateOptions): Promise<unknown> => {
    const updated = this.#update(change, options)
    const { running } = this.#of
    running.add(updated)
    const ended = () => void running.delete(updated)
    updated.then(ended, ended)
    // Another promise, so that a failure that nobody takes is told as any other is.
    return updated.then((value) => value)
  }

  assertChangeable(): void {
    this.#of.assertGoing()
    this.#part.assertChangeable()
  }

  now(): FixedState {
    return this.#fixed
  }

  fix(value: unknown): FixedState {
    return this.#part.fix(value)
  }

  put(fixed: FixedState): undefined {
    this.assertChangeable()
    this.#fixed = fixed
    this.isChanged = true
    return undefined
  }

  async #update(change: StateEdit<unknown>, options: StateUpdateOptions | undefined): Promise<unknown> {
    const { rules } = this.#of
    const bound = rules.bound('state.update', this.label, change, options)
    this.assertChangeable()
    return giveOut(await rules.host.holders.with((holder) => changeState(this, change, bound, holder)))
  }
}

class TransactionState implements StateTransaction {
  readonly set: PartDraft['set']
  readonly update: PartDraft['update']
  readonly shared: StateTransaction['shared']
  readonly #own: PartDraft

  constructor(own: PartDraft, shared: (ref: SharedStateRef<unknown> | string) => PartDraft) {
    this.#own = own
    this.set = own.set
    this.update = own.update
    this.shared = shared as StateTransaction['shared']
  }

  get value(): unknown {
    return this.#own.value
  }
}

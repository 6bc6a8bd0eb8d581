// `context.state` of a plugin in a thread, as its host serves it: the real one, with changes that are made in the thread.
import {
  type PluginContext,
  type StatePart,
  StatePreservationError,
  type StateTransaction,
  type StateTransactionOptions,
  type StateUpdateOptions,
} from '@cf-plugins/plugin-api'
import type { StatePartAddress } from './context-ops.ts'
import { callRemote } from './remote.ts'

type Change = (draft: unknown) => unknown
type Task = (transaction: number) => unknown
/** What a transaction shows of a part. */
type Part = Pick<StatePart<unknown>, 'value' | 'set' | 'update'>

/** The longest that a change may take where its caller says nothing: what keeps state says when before. */
const CHANGE_MS = 10_000
/** How much later a thread is blamed than what keeps the state tells the caller, in milliseconds: that one knows better what it was. */
const GRACE_MS = 50

export class HostState {
  readonly #context: PluginContext
  /** Those that are under way. */
  readonly #transactions = new Map<number, StateTransaction>()
  #begun = 0

  constructor(context: PluginContext) {
    this.#context = context
  }

  /** @throws `CFP_STATE_UNDECLARED`, and what the real state throws */
  part(address: StatePartAddress): Part {
    const { shared, transaction } = address
    const state = transaction === undefined ? this.#context.state : this.#transaction(transaction)
    return shared === undefined ? state : state.shared(shared as string)
  }

  /** A part that can be watched: one outside of transactions. */
  lasting({ shared }: StatePartAddress): StatePart<unknown> {
    return shared === undefined ? this.#context.state : this.#context.state.shared(shared as string)
  }

  update(address: StatePartAddress, change: Change, options: StateUpdateOptions | undefined): Promise<unknown> {
    const what = 'its change of the state'
    const deadlineMs = (options?.timeoutMs ?? CHANGE_MS) + GRACE_MS
    // What is no function is refused where changes are.
    const run =
      typeof change === 'function' ? (draft: unknown) => callRemote(change, [draft], { what, deadlineMs }) : change
    return this.part(address).update(run, options)
  }

  transaction(task: Task, options: StateTransactionOptions | undefined): Promise<unknown> {
    const what = 'its transaction of the state'
    const deadlineMs = (options?.timeoutMs ?? CHANGE_MS) + GRACE_MS
    const { state } = this.#context
    if (typeof task !== 'function') return state.transaction(task, options)
    return state.transaction(async (transaction) => {
      const number = ++this.#begun
      this.#transactions.set(number, transaction)
      try {
        return await callRemote(task, [number], { what, deadlineMs })
      } finally {
        this.#transactions.delete(number)
      }
    }, options)
  }

  #transaction(number: number): StateTransaction {
    const transaction = this.#transactions.get(number)
    if (transaction) return transaction
    const { name: plugin } = this.#context
    const message = `Plugin "${plugin}" used the state of a transaction that had ended. Await all that its task does.`
    throw new StatePreservationError('CFP_STATE_TRANSACTION_OVER', message, { plugin, phase: 'state' })
  }
}

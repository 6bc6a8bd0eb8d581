// What a plugin in a thread keeps: its host has it, and each read is of what that has then.
import type {
  PluginState,
  SharedStateRef,
  StateEdit,
  StatePart,
  StateTransaction,
  StateTransactionOptions,
  StateUpdateOptions,
  Undo,
} from '@cf-plugins/plugin-api'
import type { StatePartAddress } from './context-ops.ts'
import { frozenState } from './frozen-state.ts'
import { partLabel, unkeptIn } from './state-value.ts'
import { stateArgumentError, stateNotKept, type ThreadSource } from './thread-source.ts'

/** `context.state`. @throws `CFP_STATE_UNAVAILABLE` */
export function threadState(of: ThreadSource): PluginState {
  of.host.ask('state.open', {})
  return new ThreadState(of)
}

/** A part. Its members work destructured. */
class ThreadPart implements StatePart<unknown> {
  readonly #of: ThreadSource
  readonly #address: StatePartAddress

  constructor(of: ThreadSource, address: StatePartAddress) {
    this.#of = of
    this.#address = address
  }

  get value(): unknown {
    return frozenState(this.#of.host.ask('state.get', this.#address))
  }

  readonly set = (value: unknown): void => {
    assertKept(this.#of, this.#address, value)
    this.#of.host.ask('state.set', this.#address, value)
  }

  readonly update = async (change: StateEdit<unknown>, options?: StateUpdateOptions): Promise<unknown> => {
    const { host, changes } = this.#of
    changes.assertNotIn(this.#address)
    const call = changes.begin([this.#address])
    const check = (value: unknown) => assertKept(this.#of, this.#address, value)
    const called = await host.call('state.update', this.#address, changeOf(change, call, check), options)
    return frozenState(called)
  }

  readonly watch = (listener: (value: unknown) => unknown): Undo => {
    if (typeof listener !== 'function') throw stateArgumentError(this.#of, 'state.watch', 'a function')
    const run = (packed: unknown) => listener(frozenState((packed as readonly [unknown])[0]))
    return this.#of.add({ run }, (id) => this.#of.host.ask('state.watch', id, this.#address))
  }
}

class ThreadState extends ThreadPart implements PluginState {
  readonly shared: PluginState['shared']
  readonly #of: ThreadSource
  readonly #byRef = new Map<unknown, ThreadPart>()

  constructor(of: ThreadSource) {
    super(of, {})
    this.#of = of
    this.shared = sharedBy((ref) => {
      const known = this.#byRef.get(ref)
      if (known) return known
      const part = openPart(of, { shared: ref })
      this.#byRef.set(ref, part)
      return part
    }) as PluginState['shared']
  }

  readonly transaction = async <Result>(
    task: (state: StateTransaction) => Result | PromiseLike<Result>,
    options?: StateTransactionOptions,
  ): Promise<Result> => {
    const { host, changes, meta } = this.#of
    const shared = options?.shared ?? meta.state.shared
    const parts = [{}, ...shared.map((ref) => ({ shared: ref }))]
    for (const part of parts) changes.assertNotIn(part)
    const call = changes.begin(parts)
    const run = (transaction: number) => call(() => task(new ThreadTransaction(this.#of, transaction)))
    // What is no function is refused where transactions are.
    const given = typeof task === 'function' ? run : (task as never)
    return host.call('state.transaction', given, options) as Promise<Result>
  }
}

/** The state as the task of a transaction sees it. */
class ThreadTransaction implements StateTransaction {
  readonly set: ThreadPart['set']
  readonly update: ThreadPart['update']
  readonly shared: StateTransaction['shared']
  readonly #own: ThreadPart

  constructor(of: ThreadSource, transaction: number) {
    this.#own = new ThreadPart(of, { transaction })
    this.set = this.#own.set
    this.update = this.#own.update
    this.shared = sharedBy((ref) => openPart(of, { shared: ref, transaction })) as StateTransaction['shared']
  }

  get value(): unknown {
    return this.#own.value
  }
}

/** @throws `CFP_STATE_UNDECLARED` */
function openPart(of: ThreadSource, address: StatePartAddress): ThreadPart {
  of.host.ask('state.open', address)
  return new ThreadPart(of, address)
}

/** Nothing means the plugin's own part, and nobody who asks for a shared one means that. */
function sharedBy(partOf: (ref: SharedStateRef<unknown> | string) => ThreadPart) {
  return (ref: SharedStateRef<unknown> | string): ThreadPart => partOf(ref ?? (null as never))
}

/**
 * What the host calls with the draft, of which it has no more than a copy: it is given the new value in any case.
 *
 * @param call calls the plugin's code
 * @param check throws where the new value cannot be kept
 */
function changeOf(
  change: StateEdit<unknown>,
  call: <T>(code: () => T) => T,
  check: (value: unknown) => void,
): (draft: unknown) => unknown {
  if (typeof change !== 'function') return change
  return async (draft) => {
    const returned = await call(() => change(draft))
    const value = returned === undefined ? draft : returned
    check(value)
    return value
  }
}

/** @throws `CFP_STATE_NOT_CLONEABLE` for what would not be the same on its host */
function assertKept(of: ThreadSource, { shared }: StatePartAddress, value: unknown): void {
  const unkept = unkeptIn(value)
  if (unkept) throw stateNotKept(of, partLabel(shared), unkept)
}

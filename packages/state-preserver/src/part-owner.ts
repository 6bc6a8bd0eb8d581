// Whose `context.state` it is, and the rules of that generation for it.
import type { ResolvedPluginMeta, StateUpdateOptions, Undo } from '@cf-plugins/plugin-api'
import { ChangeBound } from './change-bound.ts'
import { UncloneableState } from './clone-state.ts'
import { type FixedState, fixState } from './fixed-state.ts'
import type { LockHolder, LockHolders } from './lock-holder.ts'
import { badArgument, locked, type PartLabel, retired, unkept } from './part-errors.ts'
import type { KeptValue, StateCell } from './state-cell.ts'

/** A generation of a plugin. All but its name and metadata may be left out, where nothing replaces it. */
export interface PartOwner {
  readonly name: string
  readonly meta: ResolvedPluginMeta
  /** Why it exists: one that is back from a rollback gets its state back in any case. @default 'start' */
  readonly reason?: 'start' | 'reload' | 'rollback'
  /** @default 'committed' */
  readonly stage?: 'staged' | 'committed' | 'ending'
  /** @throws where it has ended; where something is to be changed, also where its end has begun */
  assertUsable?(member: string, isChange: boolean): void
  /** @throws where its permissions leave out that part */
  assertAllowed?(part: string): void
  /** The same as a question. @default true */
  isAllowed?(part: string): boolean
  /** A change begins: it is in flight until `leave`. */
  enter?(): void
  leave?(): void
  /** Has something started when the generation is shown, and stopped when it is hidden. @default at once */
  activate?(activation: { start(): void; stop(): void }): Undo
  /** Told what nobody else can be told. */
  report?(what: string, error: unknown): void
}

/** What the states of all plugins have in common. */
export interface StateHost {
  readonly maxBytes: number
  /** The shared part of that name. */
  shared(name: string): StateCell
  /** Keeps what a plugin has now, for the next process too. */
  record(plugin: string, own: KeptValue): void
  readonly holders: LockHolders
}

/** One generation's rules: what may be done, when, and for how long. */
export class StateRules {
  readonly owner: PartOwner
  readonly host: StateHost
  /** Ends of waits that the generation's end brings. */
  readonly #endings = new Set<() => void>()
  /** Held while what it keeps was taken for another generation, and nothing has come of that. */
  #sealed: { readonly opened: Promise<void>; readonly open: () => void } | undefined
  #isEnded = false

  constructor(owner: PartOwner, host: StateHost) {
    this.owner = owner
    this.host = host
  }

  /** @throws `CFP_GENERATION_RETIRED` */
  assertReadable(member: string): void {
    this.owner.assertUsable?.(member, false)
  }

  /** @throws `CFP_GENERATION_RETIRED` */
  assertChangeable(member: string, label: PartLabel): void {
    this.owner.assertUsable?.(member, true)
    if (this.#isEnded) throw retired(label)
  }

  /** @throws `CFP_STATE_LOCKED` where a value cannot be set right now */
  assertFree(cell: StateCell, label: PartLabel): void {
    if (cell.lock.holder) throw locked(label, 'an update or a transaction had it')
    if (this.#sealed) throw locked(label, 'the plugin was being replaced')
  }

  /** @throws `CFP_STATE_NOT_CLONEABLE`, `CFP_STATE_TOO_LARGE` */
  fix(value: unknown, label: PartLabel): FixedState {
    try {
      return fixState(value, this.host.maxBytes)
    } catch (thrown) {
      throw thrown instanceof UncloneableState ? unkept(label, thrown, this.host.maxBytes) : thrown
    }
  }

  /** @throws `CFP_STATE_ARGUMENT` */
  bound(member: string, label: PartLabel, task: unknown, options: StateUpdateOptions | undefined): ChangeBound {
    const { owner } = this
    if (typeof task !== 'function') throw badArgument({ plugin: owner.name }, member, 'a function')
    const { timeoutMs, signal } = options ?? {}
    if (timeoutMs !== undefined && !(timeoutMs > 0))
      throw badArgument({ plugin: owner.name }, member, 'a timeoutMs of more than 0')
    return new ChangeBound(
      label,
      { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal && { signal }) },
      this.#endings,
    )
  }

  /** Runs a change as one that is in flight; not before what was taken is given back. */
  async inFlight<T>(bound: ChangeBound, run: (holder: LockHolder) => Promise<T>): Promise<T> {
    if (this.#sealed) await this.unsealed(bound)
    this.owner.enter?.()
    try {
      return await this.host.holders.with(run)
    } finally {
      this.owner.leave?.()
    }
  }

  /** A promise where changes have to wait. */
  unsealed(bound: ChangeBound): undefined | Promise<void> {
    return this.#sealed && bound.wait(this.#sealed.opened, true)
  }

  /** Lets changes wait from now on. */
  seal(): void {
    if (this.#sealed) return
    let open = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    this.#sealed = { opened, open }
  }

  unseal(): void {
    this.#sealed?.open()
    this.#sealed = undefined
  }

  end(): void {
    this.#isEnded = true
    for (const end of [...this.#endings]) end()
  }
}

// `context.state` of one generation of a plugin, and what its host does with it.
import type {
  PluginInstance,
  PluginState,
  SharedStateRef,
  StateTransaction,
  StateTransactionOptions,
} from '@cf-plugins/plugin-api'
import { type FixedState, giveOut } from './fixed-state.ts'
import { callHook } from './hook-call.ts'
import { OpenPart } from './open-part.ts'
import { badArgument, beforeCommit, notMigrated, type PartLabel, undeclared } from './part-errors.ts'
import { type PartOwner, type StateHost, StateRules } from './part-owner.ts'
import { type KeptValue, StateCell } from './state-cell.ts'
import { migrationMissing } from './state-errors.ts'
import { KeptSnapshot, keptOf, NO_STATE, type StateSnapshot } from './state-snapshot.ts'
import { runTransaction } from './state-transaction.ts'

const RESTORE_MS = 5000

/** The state of one generation: its own part, which is its alone, and the shared ones, which are the host's. */
export class OpenState {
  /** What the plugin gets. */
  readonly state: PluginState
  readonly #owner: PartOwner
  readonly #host: StateHost
  readonly #rules: StateRules
  readonly #cell = new StateCell()
  readonly #own: OpenPart
  /** What it was given in another version, until it is migrated. */
  #foreign: KeptValue | undefined
  /** What was recorded last. */
  #recorded: FixedState | undefined

  /** @throws `CFP_STATE_NOT_CLONEABLE`, `CFP_STATE_TOO_LARGE` where the initial state cannot be kept */
  constructor(owner: PartOwner, host: StateHost, snapshot?: StateSnapshot) {
    this.#owner = owner
    this.#host = host
    this.#rules = new StateRules(owner, host)
    const label = { plugin: owner.name, part: 'its state' }
    const initialLabel = { plugin: owner.name, part: 'the initial state in its metadata' }
    const { initial } = owner.meta.state
    const assertReady = () => this.#assertMigrated(label)
    const cell = this.#cell
    this.#own = new OpenPart({
      rules: this.#rules,
      cell,
      label,
      initial: this.#rules.fix(initial, initialLabel),
      assertReady,
    })
    this.state = new PluginStateOf(this.#own, this.#rules)
    if (snapshot) this.take(snapshot)
    this.#recorded = cell.fixed
    const activation = {
      start: () => {
        cell.onPut = () => this.#record()
        this.#record()
      },
      // What is hidden is recorded when it is taken, or shown again.
      stop: () => {
        cell.onPut = undefined
      },
    }
    if (owner.activate) owner.activate(activation)
    else activation.start()
  }

  /** What it holds right now, for a new generation to begin with beside this one; nothing where it holds nothing. */
  peek(): StateSnapshot | undefined {
    const own = this.#kept()
    const origin = {
      plugin: this.#owner.name,
      version: this.#owner.meta.stateVersion,
      enabled: true,
      takenAt: Date.now(),
    }
    return own && new KeptSnapshot(origin, NO_STATE, own)
  }

  /** Takes what the generation before kept, in place of what it has. */
  take(snapshot: StateSnapshot): void {
    const { meta, reason } = this.#owner
    // Back from a rollback, a plugin is as it was, also one that gives its state up.
    if (meta.reload.state === 'discard' && reason !== 'rollback') return
    const own = keptOf(snapshot, this.#host.maxBytes)
    if (!own) return
    this.#foreign = own.version === meta.stateVersion ? undefined : own
    if (this.#foreign) return
    this.#cell.put(own.fixed)
    this.#cell.tell()
  }

  /**
   * Brings what it was given in another version into this one, by the instance's `migrateState`. Until then it cannot be read.
   *
   * @throws StatePreservationError `CFP_STATE_MIGRATION_MISSING`, `CFP_STATE_MIGRATION_FAILED`, `CFP_STATE_RESTORE_TIMEOUT`,
   * `CFP_STATE_NOT_CLONEABLE`
   */
  migrate(instance: object, { signal }: { readonly signal?: AbortSignal | undefined } = {}): undefined | Promise<void> {
    const foreign = this.#foreign
    return foreign && this.#migrate(foreign, instance, signal)
  }

  /** Lets changes wait from now on, and gives what it holds; nothing where nobody has set it. */
  seal(): KeptValue | undefined {
    this.#rules.seal()
    return this.#kept()
  }

  /** Lets changes go on that wait since `seal`. */
  resume(): void {
    this.#rules.unseal()
  }

  /** Refuses the changes that are under way, and all later ones. */
  end(): void {
    this.#rules.end()
  }

  async #migrate(
    { fixed, version }: KeptValue,
    instance: PluginInstance,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { name, meta } = this.#owner
    const plugin = { name, meta, instance }
    if (typeof instance.migrateState !== 'function') throw migrationMissing(plugin, version)
    const ms = meta.timeouts.restoreMs ?? RESTORE_MS
    const copy = giveOut({ ...fixed, isFrozen: false })
    const migrated = await callHook(plugin, 'migrateState', [copy, version, 'state'], { ms, allowedMs: ms, signal })
    const next = this.#rules.fix(migrated, this.#own.label)
    this.#foreign = undefined
    this.#cell.put(next)
    this.#cell.tell()
  }

  #kept(): KeptValue | undefined {
    const { fixed } = this.#cell
    return this.#foreign ?? (fixed && { version: this.#owner.meta.stateVersion, fixed })
  }

  #record(): void {
    const { meta, name } = this.#owner
    const { fixed } = this.#cell
    if (meta.reload.state === 'discard' || !fixed || fixed === this.#recorded) return
    this.#recorded = fixed
    this.#host.record(name, { version: meta.stateVersion, fixed })
  }

  #assertMigrated(label: PartLabel): void {
    if (this.#foreign) throw notMigrated(label, this.#foreign.version, this.#owner.meta.stateVersion)
  }
}

/** What a plugin gets. Its members work destructured. */
class PluginStateOf implements PluginState {
  readonly set: OpenPart['set']
  readonly update: OpenPart['update']
  readonly watch: OpenPart['watch']
  readonly shared: PluginState['shared']
  readonly #own: OpenPart
  readonly #rules: StateRules
  readonly #byRef = new Map<unknown, OpenPart>()

  constructor(own: OpenPart, rules: StateRules) {
    this.#own = own
    this.#rules = rules
    this.set = own.set
    this.update = own.update
    this.watch = own.watch
    this.shared = ((ref: SharedStateRef<unknown> | string) => this.#shared(ref)) as PluginState['shared']
  }

  get value(): unknown {
    return this.#own.value
  }

  readonly transaction = async <Result>(
    task: (state: StateTransaction) => Result | PromiseLike<Result>,
    options: StateTransactionOptions = {},
  ): Promise<Result> => {
    const rules = this.#rules
    const { label } = this.#own
    const bound = rules.bound('state.transaction', label, task, options)
    rules.assertChangeable('state.transaction', label)
    const shared = this.#partsOf(options.shared)
    const parts = { own: this.#own, shared, partOf: (ref: SharedStateRef<unknown> | string) => this.#shared(ref) }
    const result = await rules.inFlight(bound, (holder) => runTransaction(rules, parts, task, bound, holder))
    for (const part of [this.#own, ...shared.values()]) part.cell.tell()
    return result
  }

  /** The shared parts of a transaction. Before the commit nobody may change them, and so it is about none. */
  #partsOf(refs: readonly (SharedStateRef<unknown> | string)[] | undefined): Map<string, OpenPart> {
    const { owner } = this.#rules
    const isMeant = (part: string) => owner.stage !== 'staged' && owner.isAllowed?.(part) !== false
    const wanted = refs ?? owner.meta.state.shared.filter(isMeant)
    const parts = wanted.map((ref) => [nameOf(ref), this.#shared(ref)] as const)
    return new Map(parts.sort(([one], [other]) => (one < other ? -1 : 1)))
  }

  #shared(ref: SharedStateRef<unknown> | string): OpenPart {
    const { owner, host } = this.#rules
    const name = nameOf(ref)
    const plugin = owner.name
    if (typeof name !== 'string') throw badArgument({ plugin }, 'state.shared', "a part's name, or a sharedStateRef")
    const label = { plugin, part: `the shared state "${name}"` }
    this.#rules.assertReadable('state.shared')
    const { shared } = owner.meta.state
    if (!shared.includes(name)) throw undeclared(label, shared, name)
    owner.assertAllowed?.(name)
    const known = this.#byRef.get(ref)
    if (known) return known
    const part = new OpenPart({
      rules: this.#rules,
      cell: host.shared(name),
      label,
      initial: this.#rules.fix(typeof ref === 'string' ? undefined : ref.initial, label),
      assertReady: (isChange) => {
        if (isChange && owner.stage === 'staged') throw beforeCommit(label)
      },
    })
    this.#byRef.set(ref, part)
    return part
  }
}

function nameOf(ref: SharedStateRef<unknown> | string): string {
  return typeof ref === 'string' ? ref : ref?.name
}

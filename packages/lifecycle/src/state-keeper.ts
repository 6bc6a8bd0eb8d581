// What a lifecycle asks of whoever keeps the state of plugins.
import type { PluginState, ResolvedPluginMeta, Undo } from '@cf-plugins/plugin-api'
import type { StartReason } from './generation-start.ts'

/**
 * Takes a plugin's state from one instance to the next, and, where it is lasting, from one process to the next.
 * `@cf-plugins/state-preserver` has one. A snapshot that says `hasState: false` holds none.
 */
export interface StateKeeper<Snapshot = unknown> {
  /** Whether what it keeps is there for the next process. A plugin's state is loaded at its start and saved at its stop, then. @default false */
  readonly isLasting?: boolean
  /** Takes the state of a plugin, its `context.state` too, whose changes wait from then on: for `resume`, or for the end. */
  save(plugin: StatefulPlugin, options?: { readonly signal?: AbortSignal }): Promise<Snapshot>
  restore(plugin: StatefulPlugin, snapshot: Snapshot, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** What an earlier process left of a plugin's state; nothing where it left none. */
  load?(plugin: string, options: { readonly signal: AbortSignal }): Promise<Snapshot | undefined>
  /** Told that a plugin could not be given what was left of it. Says whether the next save leaves that alone. */
  setAside?(plugin: string): boolean
  /** Resolves when the next process finds all that was saved. @throws what could not be written */
  flush?(options: { readonly timeoutMs: number }): Promise<void>
  /** Makes ready what plugins share by `context.state.shared`, before a plugin that declares it starts. Never rejects. */
  prepare?(meta: ResolvedPluginMeta): void | PromiseLike<void>
  /**
   * Makes what `context.state` is for one generation, which begins with what `snapshot` has of it.
   *
   * @throws where the plugin's initial state cannot be kept
   */
  open?(owner: StateOwner, snapshot?: Snapshot): OpenState<Snapshot>
}

/** A running plugin, as far as its state is concerned. */
export interface StatefulPlugin {
  readonly name: string
  readonly enabled: boolean
  readonly meta: ResolvedPluginMeta
  readonly instance: object
  /** Its `context.state`; nothing where it has not asked for it. */
  readonly open?: OpenState | undefined
}

/** A generation, as far as its `context.state` is concerned. */
export interface StateOwner {
  readonly name: string
  readonly meta: ResolvedPluginMeta
  /** Why it exists: one that is back from a rollback gets its state back in any case. */
  readonly reason: StartReason
  readonly stage: 'staged' | 'committed' | 'ending'
  /** @throws `CFP_GENERATION_RETIRED` once it has ended; where something is to be changed, once its end has begun */
  assertUsable(member: string, isChange: boolean): void
  /** @throws `CFP_ACCESS_DENIED` where its permissions leave out that part */
  assertAllowed(part: string): void
  /** The same as a question. */
  isAllowed(part: string): boolean
  /** A change begins: it is in flight until `leave`. */
  enter(): void
  leave(): void
  /** Has something started when the generation is shown, and stopped when it is hidden. */
  activate(activation: { start(): void; stop(): void }): Undo
  /** Tells the log what nobody else can be told. */
  report(what: string, error: unknown): void
}

/** What `context.state` is for one generation, and what its lifecycle does with that. */
export interface OpenState<Snapshot = unknown> {
  readonly state: PluginState
  /** What it holds right now, for a new generation to begin with beside this one; nothing where it holds nothing. */
  peek(): Snapshot | undefined
  /** Takes what the generation before kept in the end, in place of what it was opened with. */
  take(snapshot: Snapshot): void
  /**
   * Brings what it was given in another version into this one, by the instance's `migrateState`. Until then it cannot be
   * read. Nothing to wait for where the version is the same.
   */
  migrate(instance: object, options?: { readonly signal?: AbortSignal | undefined }): void | PromiseLike<void>
  /** Lets changes go on that wait since `save`: nothing has taken the generation's place. */
  resume(): void
  /** Refuses the changes that are under way, and all later ones. */
  end(): void
}

/** How much longer than the plugin's own bound the keeper may take, so that the hook is blamed and not the keeper. */
export const KEEPER_FACTOR = 3

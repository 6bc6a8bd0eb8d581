// `context.state` of one generation: what the host's keeper makes of it, within the rules of that generation.
import type { PluginInstance, PluginState, Undo } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'
import { type ContextSource, registering, usable } from './context-source.ts'
import { failureOf, startCancelled, timeoutOf } from './failures.ts'
import { boundOf } from './host.ts'
import type { Activation } from './scope.ts'
import { KEEPER_FACTOR, type OpenState, type StateOwner } from './state-keeper.ts'

/** How long, and how far, a migration is waited for. */
export interface MigrationBound {
  readonly limitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Opened when it is first asked for, or when there is something that it begins with. */
export class KeptState {
  readonly #of: ContextSource
  /** What it begins with, until it is open. */
  #kept: unknown
  #open: OpenState | undefined
  #migration: AbortController | undefined

  constructor(source: ContextSource, kept: unknown) {
    this.#of = source
    this.#kept = kept
  }

  /** What the plugin gets; nothing where nobody keeps state. */
  get state(): PluginState | undefined {
    this.#open ??= this.#opened(undefined)
    return this.#open?.state
  }

  /** Nothing where it was given nothing and has not been asked for. */
  get open(): OpenState | undefined {
    return this.#open
  }

  /** Opens what was kept, before the plugin's code runs. */
  begin(): void {
    if (this.#kept !== undefined) this.#open = this.#opened(this.#kept)
    this.#kept = undefined
  }

  /** Takes what the generation before kept in the end, in place of what it began with. @throws as `migrate` */
  take(snapshot: unknown, instance: PluginInstance, bound: MigrationBound): void | PromiseLike<void> {
    if (this.#open) this.#open.take(snapshot)
    else this.#open = this.#opened(snapshot)
    return this.#migrate(instance, bound)
  }

  /**
   * Brings what it was given of another version into this one, by the instance's `migrateState`. Nothing to wait for where the
   * version is the same.
   *
   * @throws what the keeper threw, said whose state it is
   */
  migrate(instance: PluginInstance, limitMs: number | undefined): void | PromiseLike<void> {
    if (!this.#open) return
    this.#migration = new AbortController()
    return this.#migrate(instance, { limitMs, signal: this.#migration.signal })
  }

  /** Waits no longer for a migration: the start was cancelled. */
  giveUp(reason: unknown): void {
    this.#migration?.abort(startCancelled(this.#of.name, reason))
  }

  /** Refuses the changes that are under way, and all later ones. */
  end(): void {
    this.#open?.end()
  }

  #opened(snapshot: unknown): OpenState | undefined {
    const { host } = this.#of
    return host.keeper?.open?.(new OwnerOf(this.#of), snapshot)
  }

  #migrate(
    instance: PluginInstance,
    { limitMs = Number.POSITIVE_INFINITY, signal }: MigrationBound,
  ): void | PromiseLike<void> {
    const of = this.#of
    const migrated = this.#open?.migrate(instance, { signal })
    if (migrated === undefined) return
    const ms = Math.min(limitMs, KEEPER_FACTOR * boundOf(of.host, of.record.meta, 'restoreMs'))
    const late = () => timeoutOf(of, 'migrateState', 'restoreMs', ms)
    return Promise.resolve(within(migrated, { ms, late, signal })).catch((error) => {
      throw failureOf(of, 'migrateState', error)
    })
  }
}

/** A generation, as its state sees it. */
class OwnerOf implements StateOwner {
  readonly #of: ContextSource

  constructor(source: ContextSource) {
    this.#of = source
  }

  get name(): string {
    return this.#of.name
  }
  get meta(): StateOwner['meta'] {
    return this.#of.record.meta
  }
  get reason(): StateOwner['reason'] {
    return this.#of.reason
  }
  get stage(): StateOwner['stage'] {
    return this.#of.stage
  }

  assertUsable(member: string, isChange: boolean): void {
    if (isChange) registering(this.#of, member)
    else usable(this.#of, member)
  }

  assertAllowed(part: string): void {
    this.#of.access.allow('state', part)
  }

  isAllowed(part: string): boolean {
    return this.#of.access.may('state', part)
  }

  enter(): void {
    this.#of.passage.enter()
  }

  leave(): void {
    this.#of.passage.leave()
  }

  activate(activation: Activation): Undo {
    return this.#of.scope.activate(activation)
  }

  report(what: string, error: unknown): void {
    this.#of.report(what, error)
  }
}

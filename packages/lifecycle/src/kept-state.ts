// `context.state` of one generation: what the host's keeper makes of it, within the rules of that generation.
import type { PluginInstance, Undo } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'
import { type ContextSource, registering, usable } from './context-source.ts'
import { failureOf, timeoutOf } from './failures.ts'
import { boundOf } from './host.ts'
import type { Activation } from './scope.ts'
import { KEEPER_FACTOR } from './state.ts'
import type { OpenState, StateOwner } from './state-keeper.ts'

/** How long, and how far, a migration is waited for. */
export interface MigrationBound {
  readonly limitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Opens a generation's state. Nothing where nobody keeps state. */
export function openState(source: ContextSource, snapshot?: unknown): OpenState | undefined {
  return source.host.keeper?.open?.(new OwnerOf(source), snapshot)
}

/**
 * Brings what a generation was given of another version into its own, by the instance's `migrateState`. Nothing to wait for
 * where the version is the same.
 *
 * @throws what the keeper threw, said whose state it is
 */
export function migrateState(
  source: ContextSource,
  open: OpenState,
  instance: PluginInstance,
  { limitMs = Number.POSITIVE_INFINITY, signal }: MigrationBound,
): void | PromiseLike<void> {
  const ms = Math.min(limitMs, KEEPER_FACTOR * boundOf(source.host, source.record.meta, 'restoreMs'))
  const late = () => timeoutOf(source, 'migrateState', 'restoreMs', ms)
  const migrated = open.migrate(instance, { signal })
  if (migrated === undefined) return
  return Promise.resolve(within(migrated, { ms, late, signal })).catch((error) => {
    throw failureOf(source, 'migrateState', error)
  })
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

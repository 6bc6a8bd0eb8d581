// A generation, as far as its context shows it, and what may be asked of that at which stage.
import { type Logger, PluginError, type PluginRecord, type PluginState, type Undo } from '@cf-plugins/plugin-api'
import type { PluginAccess } from '@cf-plugins/plugin-api/host'
import type { Dependencies, ServiceLookup, StartReason } from './generation-start.ts'
import type { HandlerStages } from './handler-stages.ts'
import type { PluginHost } from './host.ts'
import type { PluginListeners } from './listener.ts'
import type { OffloadedHandlers } from './offloaded-handlers.ts'
import type { Passage } from './passage.ts'
import type { Scope } from './scope.ts'
import type { ServiceUse } from './service-use.ts'
import type { UntilCommit } from './until-commit.ts'

/** The generation, as far as its context shows it. */
export interface ContextSource {
  readonly name: string
  readonly record: PluginRecord
  readonly host: PluginHost
  /** Which instance of its plugin it is. */
  readonly number: number
  readonly reason: StartReason
  readonly app: unknown
  readonly config: unknown
  readonly logger: Logger
  readonly scope: Scope
  readonly stages: HandlerStages
  readonly stage: 'staged' | 'committed' | 'ending'
  readonly slot: { readonly listeners: PluginListeners }
  readonly passage: Passage
  /** What it may use. */
  readonly access: PluginAccess
  /** Nothing where nobody keeps state. */
  readonly state: PluginState | undefined
  readonly dependencies: Dependencies
  readonly lookup: ServiceLookup
  /** What it takes of the services that others offer. */
  readonly use: ServiceUse
  /** Its handlers that run in threads. */
  readonly offloaded: OffloadedHandlers
  /** Offers a service, from the commit on. */
  provide(service: string, value: unknown): Undo
  /** What waits for its commit. */
  readonly untilCommit: UntilCommit
  /** Tells the log what a task threw where no caller could be told. */
  report(what: string, error: unknown): void
}

/** @throws `CFP_GENERATION_RETIRED` once the generation has ended */
export function usable(of: ContextSource, member: string): ContextSource {
  of.scope.assertUsable(member)
  return of
}

/** For what would never work where it is begun during teardown. @throws `CFP_GENERATION_RETIRED` */
export function registering(of: ContextSource, member: string): ContextSource {
  if (usable(of, member).stage !== 'ending') return of
  throw contextError(
    of,
    'CFP_GENERATION_RETIRED',
    `used context.${member} while it was torn down. Stop that code when context.signal aborts.`,
  )
}

/** @throws `CFP_GENERATION_RETIRED`, `CFP_EMIT_IN_TEARDOWN`, `CFP_EMIT_BEFORE_COMMIT` */
export function emitting(of: ContextSource, member: string, awaited: boolean): ContextSource {
  const { stage } = usable(of, member)
  if (stage === 'ending') {
    throw contextError(
      of,
      'CFP_EMIT_IN_TEARDOWN',
      `called ${member}() while it was torn down. Emit before that, from onDisable() or a handler.`,
    )
  }
  // In a reload the answer would wait for the very plugins whose gates open only after this one is up.
  if (awaited && stage === 'staged') {
    throw contextError(
      of,
      'CFP_EMIT_BEFORE_COMMIT',
      `awaited ${member}() before it was active. Use publish(), which is kept until then, or do it in a handler.`,
    )
  }
  return of
}

/** @throws `CFP_CONTEXT_ARGUMENT` */
export function checkTask(of: ContextSource, member: string, ms: number, task: () => unknown): void {
  if (typeof task !== 'function') throw argumentError(of, member, 'a function as its task')
  // Node turns a longer delay into 1 ms without a word.
  if (!(ms >= 0 && ms <= 2_147_483_647)) throw argumentError(of, member, 'milliseconds from 0 to 2147483647')
}

/** The error of a call with something that the member cannot use. */
export function argumentError(of: ContextSource, member: string, needs: string): PluginError {
  const what = `called context.${member}() with an argument that it cannot use: it takes ${needs}.`
  return contextError(of, 'CFP_CONTEXT_ARGUMENT', what)
}

/** The error of what a plugin did with its context. */
export function contextError({ name, record }: ContextSource, code: string, what: string): PluginError {
  const { file, generation } = record.source
  return new PluginError(code, `Plugin "${name}" ${what}`, { plugin: name, file, generation })
}

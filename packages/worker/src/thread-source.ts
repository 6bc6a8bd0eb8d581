// What the members of a thread's context work on, and the errors of what is done with them.
import {
  type Logger,
  PluginError,
  type PluginSource,
  type ResolvedPluginMeta,
  StatePreservationError,
  type Undo,
} from '@cf-plugins/plugin-api'
import type { WorkerErrorCode } from './error-codes.ts'
import type { HostCalls } from './host-calls.ts'
import type { RemoteServices } from './remote-services.ts'
import type { RunningChanges } from './running-changes.ts'
import type { Unkept } from './state-value.ts'
import type { Registered } from './thread-registrations.ts'

/** One plugin in its thread, as the members of its context see it. */
export interface ThreadSource {
  readonly name: string
  readonly meta: ResolvedPluginMeta
  readonly source: PluginSource
  readonly reason: 'start' | 'reload' | 'rollback'
  readonly config: unknown
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly host: HostCalls
  /** Those of both sides, as this one knows them. */
  readonly services: RemoteServices
  /** Those of its state that run. */
  readonly changes: RunningChanges
  /** Which host it is of, by its id. */
  readonly hostId: string
  /** Keeps what is behind something that is added, and has the host add it. The undo takes both back. */
  add(what: Registered, ask: (id: number) => void): Undo
}

/** The error of what a plugin did with its context, worded as its host's. */
export function threadError(
  { name, source }: Pick<ThreadSource, 'name' | 'source'>,
  code: string,
  what: string,
): PluginError {
  const { file, generation } = source
  return new PluginError(code, `Plugin "${name}" ${what}`, { plugin: name, file, generation })
}

/** The error of a call with something that the member cannot use. */
export function argumentError(of: ThreadSource, member: string, needs: string): PluginError {
  const what = `called context.${member}() with an argument that it cannot use: it takes ${needs}.`
  return threadError(of, 'CFP_CONTEXT_ARGUMENT', what)
}

/** The error of a member that a thread cannot have. */
export function unsupported(of: ThreadSource, what: string, instead: string): PluginError {
  const code: WorkerErrorCode = 'CFP_WORKER_UNSUPPORTED'
  return threadError(of, code, `runs in a thread and ${what}. ${instead}`)
}

/** The error of a handler that breaks `rule`. */
export function handlerInvalid({ name, source }: ThreadSource, rule: string, value: unknown): PluginError {
  const isShown = value === null || typeof value === 'number'
  const got = isShown ? String(value) : typeof value === 'string' ? JSON.stringify(value) : typeof value
  const { file, generation, files } = source
  return new PluginError(
    'CFP_HANDLER_INVALID',
    `${rule[0]?.toUpperCase()}${rule.slice(1)}; got ${got} (plugin "${name}").`,
    {
      plugin: name,
      ...{ file, generation, files },
    },
  )
}

/** The error of a member of the state that was called with what it cannot use. */
export function stateArgumentError({ name }: ThreadSource, member: string, needs: string): PluginError {
  const what = `called ${member}() with what it cannot use: it takes ${needs}.`
  return new StatePreservationError('CFP_STATE_ARGUMENT', `Plugin "${name}" ${what}`, { plugin: name, phase: 'state' })
}

/** The error of state in which something is lost when it is copied. */
export function stateNotKept({ name }: ThreadSource, part: string, { path, what }: Unkept): PluginError {
  const told = `set ${part} to something that cannot be kept: ${path} is ${what}. Keep plain data.`
  const details = { plugin: name, phase: 'state', issues: [{ path, message: told }] }
  return new StatePreservationError('CFP_STATE_NOT_CLONEABLE', `Plugin "${name}" ${told}`, details)
}

// The errors of state that could not be written to a store or read from it.
import { messageOf, StatePreservationError } from '@cf-plugins/plugin-api'
import type { StatePreserverErrorCode } from './error-codes.ts'
import { stateError } from './state-errors.ts'

/** What is done with a store, as errors name it. */
export type StorePhase = 'writeState' | 'readState' | 'removeState'

/** Whose file, and what is done with it. */
export interface StoreWork {
  readonly name: string
  readonly phase: StorePhase
  readonly file?: string | undefined
}

export function storeError(
  { name, phase, file }: StoreWork,
  code: StatePreserverErrorCode,
  message: string,
  cause?: unknown,
): StatePreservationError {
  return stateError({ name }, code, message, {
    phase,
    ...(file !== undefined && { file }),
    ...(cause !== undefined && { cause }),
  })
}

/** Says whose state it was and what was done with it, where what was thrown does not. */
export function storeFailure(work: StoreWork, thrown: unknown): StatePreservationError {
  if (thrown instanceof StatePreservationError) return thrown
  const isRead = work.phase === 'readState'
  const done = { writeState: 'written', readState: 'read', removeState: 'removed' }[work.phase]
  const kept = isRead ? 'It is left as it is.' : 'The copy in memory is kept, and is tried again.'
  const message = `State of plugin "${work.name}" could not be ${done}${at(work)}: ${messageOf(thrown)}. ${kept}`
  return storeError(work, isRead ? 'CFP_STATE_READ_FAILED' : 'CFP_STATE_WRITE_FAILED', message, thrown)
}

export function storeTimeout(work: StoreWork, ms: number): StatePreservationError {
  const isRead = work.phase === 'readState'
  const message = `The store took more than ${ms} ms ${isRead ? 'to read' : 'to write'} state of plugin "${work.name}". Raise storeTimeoutMs, or look at its disk.`
  return storeError(work, isRead ? 'CFP_STATE_READ_TIMEOUT' : 'CFP_STATE_WRITE_TIMEOUT', message)
}

/** What `flush()` throws when it ends before the writes do. */
export function unwrittenInTime(names: readonly string[], ms: number): StatePreservationError {
  const issues = names.map((name) => ({ path: name, message: `State of plugin "${name}" is not written yet.` }))
  const message = `State of ${quoted(names)} was not written within ${ms} ms. Raise storeTimeoutMs, or look at the store's disk.`
  return new StatePreservationError('CFP_STATE_WRITE_TIMEOUT', message, { phase: 'writeState', issues })
}

/** What `flush()` throws where several writes failed. */
export function severalUnwritten(errors: readonly StatePreservationError[]): StatePreservationError {
  const issues = errors.map(({ plugin = '', message }) => ({ path: plugin, message }))
  const message = `State of ${quoted(issues.map(({ path }) => path))} could not be written. ${issues[0]?.message ?? ''}`
  return new StatePreservationError('CFP_STATE_WRITE_FAILED', message, {
    phase: 'writeState',
    issues,
    cause: new AggregateError(errors),
  })
}

export function storeAborted(work: StoreWork, reason: unknown): StatePreservationError {
  const message = `${work.phase} of plugin "${work.name}" was given up.`
  return storeError(work, 'CFP_STATE_ABORTED', message, reason)
}

/** What is wrong with a file itself. */
export function fileProblem(
  work: StoreWork,
  code: keyof typeof REMEDIES,
  what: string,
  cause?: unknown,
): StatePreservationError {
  const message = `The kept state of plugin "${work.name}" was not taken${at(work)}: ${what}. ${REMEDIES[code]} The file is left as it is.`
  return storeError(work, code, message, cause)
}

const REMEDIES = {
  CFP_STATE_FILE_DAMAGED: 'Put a good copy in its place, or go on without it.',
  CFP_STATE_FILE_FORMAT: 'Read it with the version that wrote it, or go on without it.',
  CFP_STATE_FILE_KEY: 'Give the key that wrote it, or none where it needs none.',
  CFP_STATE_FILE_NOT_AUTHENTIC: 'Give the key that wrote it.',
  CFP_STATE_FILE_TOO_LARGE: "Raise the store's maxBytes, or go on without it.",
} as const satisfies { readonly [Code in StatePreserverErrorCode]?: string }

function quoted(names: readonly string[]): string {
  return `${names.length === 1 ? 'plugin' : 'plugins'} ${names.map((name) => `"${name}"`).join(', ')}`
}

function at({ file }: StoreWork): string {
  return file === undefined ? '' : ` (${file})`
}

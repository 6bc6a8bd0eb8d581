// The errors of `context.state`.
import { messageOf, StatePreservationError } from '@cf-plugins/plugin-api'
import type { UncloneableState } from './clone-state.ts'
import type { StatePreserverErrorCode } from './error-codes.ts'
import { sizeText } from './state-errors.ts'

/** Which part of the state it is about, as a message names it. */
export interface PartLabel {
  /** The plugin that does something with it. */
  readonly plugin: string
  /** Such as `its state`, or `the shared state "cart"`. */
  readonly part: string
}

export function partError(
  { plugin }: Pick<PartLabel, 'plugin'>,
  code: StatePreserverErrorCode,
  what: string,
  details: { readonly cause?: unknown; readonly issues?: StatePreservationError['issues'] } = {},
): StatePreservationError {
  return new StatePreservationError(code, `Plugin "${plugin}" ${what}`, { plugin, phase: 'state', ...details })
}

export function locked({ plugin, part }: PartLabel, why: string): StatePreservationError {
  return partError({ plugin }, 'CFP_STATE_LOCKED', `set ${part} while ${why}. Use update(), which waits.`)
}

export function reentrant({ plugin, part }: PartLabel): StatePreservationError {
  const what = `asked for ${part} from within a change of it, which would wait for itself. Change the draft that the change is given, or use the state that the transaction is given.`
  return partError({ plugin }, 'CFP_STATE_REENTRANT', what)
}

export function updateTimeout({ plugin, part }: PartLabel, ms: number, isWaiting: boolean): StatePreservationError {
  const why = isWaiting
    ? 'others had it. Where one of those waits for this one, do both in one change'
    : 'its change did not end. What that comes to is dropped. Raise timeoutMs, or do less in it'
  return partError({ plugin }, 'CFP_STATE_UPDATE_TIMEOUT', `did not update ${part} within ${ms} ms: ${why}.`)
}

export function updateAborted({ plugin, part }: PartLabel, cause: unknown): StatePreservationError {
  return partError({ plugin }, 'CFP_STATE_ABORTED', `gave up updating ${part}: ${messageOf(cause)}`, { cause })
}

export function beforeCommit({ plugin, part }: PartLabel): StatePreservationError {
  const what = `changed ${part} before it was active, where a failed start could not take that back. Do it in a handler, or in a task of after(0).`
  return partError({ plugin }, 'CFP_STATE_BEFORE_COMMIT', what)
}

export function undeclared({ plugin, part }: PartLabel, declared: readonly string[], name: string) {
  const line = `state: { shared: [${[...declared, name].map((each) => `'${each}'`).join(', ')}] }`
  return partError(
    { plugin },
    'CFP_STATE_UNDECLARED',
    `asked for ${part} without declaring it. Add ${line} to its metadata.`,
  )
}

export function notMigrated({ plugin }: PartLabel, from: number, to: number): StatePreservationError {
  const what = `read its state in register(), where that is still of version ${from}, not ${to}: migrateState() is the instance's. Read it in setup().`
  return partError({ plugin }, 'CFP_STATE_NOT_MIGRATED', what)
}

export function retired({ plugin, part }: PartLabel): StatePreservationError {
  const what = `changed ${part} after its generation had ended. Stop that code when context.signal aborts.`
  return partError({ plugin }, 'CFP_GENERATION_RETIRED', what)
}

export function replaced({ plugin, part }: PartLabel): StatePreservationError {
  const what = `was changing ${part} when it got what the version before it had kept in the end. Change it in onReload() or later.`
  return partError({ plugin }, 'CFP_STATE_REPLACED', what)
}

export function transactionOver({ plugin }: PartLabel): StatePreservationError {
  const what = 'used the state of a transaction that had ended. Await all that its task does.'
  return partError({ plugin }, 'CFP_STATE_TRANSACTION_OVER', what)
}

export function notTaken({ plugin, part }: PartLabel): StatePreservationError {
  const what = `used ${part} in a transaction that is not about it. Name it in the transaction's option shared.`
  return partError({ plugin }, 'CFP_STATE_UNDECLARED', what)
}

export function badArgument({ plugin }: Pick<PartLabel, 'plugin'>, member: string, needs: string) {
  return partError({ plugin }, 'CFP_STATE_ARGUMENT', `called ${member}() with what it cannot use: it takes ${needs}.`)
}

/** The error of a value that cannot be kept. */
export function unkept({ plugin, part }: PartLabel, problem: UncloneableState, maxBytes: number) {
  const { path, what, cause } = problem
  const isTooLarge = problem.reason === 'size'
  const told = isTooLarge
    ? `set ${part} to something that takes more than ${sizeText(maxBytes)}, which is passed at ${path}. Keep less of it, or raise maxBytes.`
    : `set ${part} to something that cannot be kept: ${path} is ${what}. Keep plain data.`
  const code = isTooLarge ? 'CFP_STATE_TOO_LARGE' : 'CFP_STATE_NOT_CLONEABLE'
  const issues = [{ path, message: told }]
  return partError({ plugin }, code, told, cause === undefined ? { issues } : { issues, cause })
}

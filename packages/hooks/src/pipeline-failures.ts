// How a run that did not come to its end becomes an error that says what it left behind.
import { messageOf, PluginError, type PluginErrorDetails } from '@cf-plugins/plugin-api'
import type { HandlerOwner } from './delivery-gate.ts'
import type { HooksErrorCode } from './error-codes.ts'
import type { StepEntry } from './pipeline-step.ts'

/** A step that could not be taken back. */
export interface UndoFailure {
  readonly step: string
  readonly plugin: string
  readonly error: unknown
}

/** What became of the steps of a run that failed or was cancelled. */
export interface Undone {
  /** Steps that took back what they had done, in the order in which they did. */
  readonly undone: readonly string[]
  /** Steps whose `undo` failed, or could not be called. */
  readonly undoFailures: readonly UndoFailure[]
  /** Steps that were given up while they ran: nobody knows what they do still, and they were not undone. */
  readonly unsettled: readonly string[]
}

/** A run of a pipeline failed, or was cancelled. */
export class PipelineError extends PluginError implements Undone {
  readonly pipeline: string
  /** The step that failed; of a run that was cancelled the one that it had come to. */
  readonly step: string | undefined
  readonly undone: readonly string[]
  readonly undoFailures: readonly UndoFailure[]
  readonly unsettled: readonly string[]

  constructor(
    code: string,
    message: string,
    of: { readonly pipeline: string; readonly step: string | undefined },
    undone: Undone,
    details: PluginErrorDetails,
  ) {
    super(code, message, details)
    this.pipeline = of.pipeline
    this.step = of.step
    this.undone = undone.undone
    this.undoFailures = undone.undoFailures
    this.unsettled = undone.unsettled
  }
}

/** Why a run ended before its end. */
export interface RunEnd {
  readonly code: HooksErrorCode
  /** As the end of "Pipeline x". */
  readonly how: string
  readonly cause: unknown
}

export function stepFailed({ owner, handler }: StepEntry, error: unknown): RunEnd {
  const step = `in step "${handler.step}" of plugin "${owner.name}"`
  return { code: 'CFP_PIPELINE_FAILED', how: `failed ${step}: ${messageOf(error)}`, cause: error }
}

export function runAborted(reason: unknown): RunEnd {
  return { code: 'CFP_PIPELINE_ABORTED', how: 'was aborted by its signal', cause: reason }
}

export function runTimeout(limitMs: number): RunEnd {
  const how = `did not end within ${limitMs} ms; raise its timeoutMs, or move work out of it`
  return { code: 'CFP_PIPELINE_TIMEOUT', how, cause: undefined }
}

/** @param at the step that failed, or that the run had come to */
export function pipelineError(
  pipeline: string,
  { code, how, cause }: RunEnd,
  at: StepEntry | undefined,
  undone: Undone,
): PipelineError {
  const details = { plugin: at?.owner.name, phase: 'handler', ...at?.owner.source, cause }
  return new PipelineError(
    code,
    `Pipeline "${pipeline}" ${how}${/[.!?]$/.test(how) ? '' : '.'}${told(undone)}`,
    { pipeline, step: at?.handler.step },
    undone,
    details,
  )
}

/** What a step that has no one left to undo it is told as. */
export function undoGone({ name, source }: HandlerOwner, step: string): PluginError {
  return new PluginError(
    'CFP_UNDO_GONE',
    `Nothing takes back what step "${step}" of plugin "${name}" did: the plugin was replaced or switched off meanwhile, and the code that is active has no undo of it.`,
    { plugin: name, phase: 'handler', ...source },
  )
}

export function undoTimeout({ name, source }: HandlerOwner, step: string, limitMs: number): PluginError {
  return new PluginError(
    'CFP_HANDLER_TIMEOUT',
    `Plugin "${name}" did not undo its step "${step}" within ${limitMs} ms. Raise the step's timeoutMs.`,
    { plugin: name, phase: 'handler', ...source },
  )
}

export function groupResult(entry: StepEntry, result: unknown): PluginError {
  const remedy =
    'Return a plain object, which is merged over the value, or nothing; or give the pipeline a merge of its own'
  return groupError(entry, `and gave ${shown(result)}. ${remedy}.`)
}

export function groupValue(entry: StepEntry, value: unknown): PluginError {
  const what = `but the value is ${shown(value)}, over which nothing can be merged`
  return groupError(entry, `${what}. Give the pipeline a merge of its own, or the step no group.`)
}

function groupError({ owner, handler }: StepEntry, what: string): PluginError {
  const { group, step } = handler
  return new PluginError(
    'CFP_GROUP_RESULT',
    `Step "${step}" of plugin "${owner.name}" runs in group "${group}", ${what}`,
    { plugin: owner.name, phase: 'handler', ...owner.source },
  )
}

function shown(value: unknown): string {
  if (typeof value !== 'object') return typeof value
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `an object of class ${value.constructor?.name}`
}

function told({ undone, undoFailures, unsettled }: Undone): string {
  const list = (steps: readonly string[]) => steps.map((step) => `"${step}"`).join(', ')
  const failed = undoFailures.map(({ step, error }) => `"${step}" (${messageOf(error)})`).join(', ')
  return [
    undone.length > 0 ? ` Undone: ${list(undone)}.` : '',
    failed === '' ? '' : ` Not undone: ${failed}.`,
    unsettled.length > 0 ? ` Given up while running: ${list(unsettled)}.` : '',
  ].join('')
}

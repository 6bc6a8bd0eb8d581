// Makes the PluginError that a host sees of whatever ended a load.
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import { errorPosition, settleStacks } from './error-position.ts'
import { ModuleFailure } from './evaluate.ts'
import { type FilePlace, LoadProblem, shownPlace } from './load-problem.ts'

/** What is known of a load when it fails. */
export interface LoadContext {
  /** Entry file. */
  readonly file: string
  readonly generation: number
  /** The plugin's name, if it ever loaded. */
  readonly plugin: string | undefined
  readonly mappingsOf: (url: string) => string | undefined
}

/** Every failure of a load becomes one of these, with file, line and column as far as they are known. */
export function loadError(error: unknown, context: LoadContext): PluginError {
  if (error instanceof LoadProblem) return problemError(error, context)
  if (error instanceof ModuleFailure) {
    const { thrown } = error
    if (thrown instanceof LoadProblem) return problemError(thrown, context)
    // Of an `import()` that the plugin awaited.
    return thrown instanceof PluginError ? placed(thrown, context) : thrownError(error, context)
  }
  if (error instanceof PluginError) return placed(error, context)
  settleStacks(error)
  const message = `${subject(context)} could not be loaded: ${messageOf(error)}.`
  return settled(
    new PluginError('CFP_LOAD_THROWN', message, { ...details(context, { file: context.file }), cause: error }),
  )
}

/** A load that was not over in time; `waiting` is the file that is in a top-level await. */
export function timeoutError(context: LoadContext, timeoutMs: number, waiting: string | undefined): PluginError {
  const file = waiting ?? context.file
  const what = waiting
    ? `a top-level await in ${shownPlace({ file })} has not come to an end`
    : 'its modules are not there yet'
  const message = `Plugin file ${shownPlace({ file: context.file })} did not load within ${timeoutMs / 1000} s: ${what}. Raise loadTimeoutMs, or move the work to setup().`
  return new PluginError('CFP_LOAD_TIMEOUT', message, details(context, { file }))
}

/** A load that its signal ended. */
export function abortError(context: LoadContext, cause: unknown): PluginError {
  const message = `Loading ${shownPlace(context)} was aborted: ${messageOf(cause)}.`
  return new PluginError('CFP_LOAD_ABORTED', message, { ...details(context, { file: context.file }), cause })
}

/** What an `import()` of a plugin rejects with: what the module threw, or why it is not there. */
export function importError(specifier: string, error: unknown): unknown {
  if (error instanceof ModuleFailure) return error.thrown
  if (!(error instanceof LoadProblem)) return error
  const { code, message, place, cause } = error
  const text = `import("${specifier}") failed: ${message} (${shownPlace(place)}).`
  return settled(new PluginError(code, text, { phase: 'load', ...place, ...(cause === undefined ? {} : { cause }) }))
}

function problemError(problem: LoadProblem, context: LoadContext): PluginError {
  const { code, message, place, importedBy, cause } = problem
  settleStacks(cause)
  const importer = importedBy && place.file !== importedBy.file ? `, imported by ${shownPlace(importedBy)}` : ''
  const text = `${subject(context)} could not be loaded: ${message} (${shownPlace(place)}${importer}).`
  return settled(new PluginError(code, text, { ...details(context, place), ...(cause === undefined ? {} : { cause }) }))
}

function thrownError({ thrown, module }: ModuleFailure, context: LoadContext): PluginError {
  settleStacks(thrown)
  const place = errorPosition(thrown, context.mappingsOf) ?? { file: module.file }
  const importer = module.importedBy ? `, imported by ${shownPlace(module.importedBy)}` : ''
  const text = `${subject(context)} threw while it was loaded: ${messageOf(thrown)} (${shownPlace(place)}${importer}).`
  return settled(new PluginError('CFP_LOAD_THROWN', text, { ...details(context, place), cause: thrown }))
}

/** The same error with what only the loader knows of it. */
function placed(error: PluginError, context: LoadContext): PluginError {
  const { code, message, issues, cause, line, column } = error
  const file = error.file ?? context.file
  const whole = {
    ...details(context, { file, line, column }),
    // A plugin that runs is known by the name that it has, whatever its new metadata says.
    plugin: context.plugin ?? error.plugin,
    phase: error.phase ?? 'load',
    issues,
  }
  return settled(new PluginError(code, message, cause === undefined ? whole : { ...whole, cause }))
}

function subject({ plugin, file }: LoadContext): string {
  return plugin === undefined ? `Plugin file ${shownPlace({ file })}` : `Plugin "${plugin}" (${shownPlace({ file })})`
}

function details({ plugin, generation }: LoadContext, place: FilePlace) {
  return { plugin, phase: 'load', generation, file: place.file, line: place.line, column: place.column }
}

function settled(error: PluginError): PluginError {
  settleStacks(error)
  return error
}

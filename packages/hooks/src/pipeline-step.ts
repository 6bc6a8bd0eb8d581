// One step of a pipeline: what was said about it, and what it is known by.
import type { EventOptions, StepContext, StepOptions } from '@cf-plugins/plugin-api'
import type { HandlerOwner } from './delivery-gate.ts'
import type { HandlerEntry } from './handler-entry.ts'
import { checkName, invalid } from './handler-options.ts'

/** A step of whatever value, as a handler. */
export interface StepHandler {
  (value: unknown, context: StepContext): unknown
  readonly step: string
  readonly group: string | undefined
  /** What was given as the step. */
  readonly run: unknown
  readonly undo: ((value: unknown, context: StepContext) => unknown) | undefined
}

/** A registered step. */
export type StepEntry = HandlerEntry<StepHandler>

/** What a step of any pipeline may be. */
export type AnyStep = (value: never, context: StepContext) => unknown

/** @throws `CFP_HANDLER_INVALID` naming what is wrong. */
export function createStep(
  pipeline: string,
  name: string,
  step: AnyStep,
  options: StepOptions<never>,
  owner: HandlerOwner,
): StepHandler {
  checkName(name)
  const what = `step "${name}" of pipeline "${pipeline}"`
  if (typeof step !== 'function') throw invalid(owner, `${what} must be a function`, step)
  if (typeof options !== 'object' || options === null)
    throw invalid(owner, `the options of ${what} must be an object`, options)
  const { group, undo } = options
  const { once, parallel, batch } = options as EventOptions
  if (group !== undefined && (typeof group !== 'string' || group === '')) {
    throw invalid(owner, `the group of ${what} must be a name`, group)
  }
  if (undo !== undefined && typeof undo !== 'function') throw invalid(owner, `undo of ${what} must be a function`, undo)
  if (once) throw invalid(owner, `${what} is part of every run, and cannot be once`, once)
  if (parallel) throw invalid(owner, `${what} cannot be parallel: give it a group`, parallel)
  if (batch !== undefined) throw invalid(owner, `batch is for events, and ${what} is none`, batch)
  const call = step as (value: unknown, context: StepContext) => unknown
  return Object.assign((value: unknown, context: StepContext) => call(value, context), {
    step: name,
    group,
    run: step,
    undo: undo as StepHandler['undo'],
  })
}

/** What a step and the one that takes its place in the next generation have in common. */
export function keyOf({ owner, handler }: StepEntry): string {
  return `${owner.name}\n${handler.step}`
}

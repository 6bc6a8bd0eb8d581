// Pipelines as a plugin sees them: steps that a value goes through.

import type { Undo } from './context.ts'
import type { HandlerOptions } from './handlers.ts'

/** What a step is told besides the value. */
export interface StepContext {
  readonly pipeline: string
  readonly step: string
  /** Which run it is. */
  readonly id: string
  /** Shared by all steps of a run. */
  readonly shared: Map<string, unknown>
  /** The step's own, in this run: its `undo` finds there what the step left. */
  readonly own: Map<string, unknown>
  /** Aborted when the run is, or when the step's deadline is over. */
  readonly signal: AbortSignal
}

/** One step: gives the value that the next one gets; `undefined` leaves it as it is. */
export type PipelineStep<Value> = (value: Value, context: StepContext) => unknown

export interface StepOptions<Value> extends Omit<HandlerOptions, 'once' | 'parallel' | 'condition'> {
  /** Passes the step over where it returns anything falsy. */
  readonly condition?: (value: Value, context: StepContext) => unknown
  /** Steps of one group run side by side, each with the value that the first of them got; what they return are the group's parts. */
  readonly group?: string
  /** Takes back what the step did, where a later one fails or the run is cancelled. Called with what the step was given. */
  readonly undo?: (value: Value, context: StepContext) => unknown
}

/** What a run takes. */
export interface PipelineRunOptions {
  readonly signal?: AbortSignal
  /** How long the whole run may take, in milliseconds. @default the pipeline's */
  readonly timeoutMs?: number
  /** What steps find in `shared`. */
  readonly shared?: Iterable<readonly [string, unknown]>
}

/** A pipeline of the host's. */
export interface PipelineSteps<Value = unknown> {
  readonly name: string
  /** Adds a step, owned by this plugin's scope and live from the plugin's commit. */
  step(name: string, step: PipelineStep<Value>, options?: StepOptions<Value>): Undo
  /** Sends a value through all steps. @throws `CFP_PIPELINE_FAILED` naming the step, and which steps were undone */
  run(value: Value, options?: PipelineRunOptions): Promise<Value>
}

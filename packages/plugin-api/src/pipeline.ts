// Pipelines as a plugin sees them: steps that a value goes through.

import type { HandlerOptions } from './handlers.ts'
import type { Awaitable } from './thenable.ts'
import type { Undo } from './undo.ts'

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
  /** Aborted when the run is, when another step of its group fails, or when the step's deadline is over. */
  readonly signal: AbortSignal
}

/** One step: gives the value that the next one gets; `undefined` leaves it as it is. */
// biome-ignore lint/suspicious/noConfusingVoidType: a step that returns nothing may be a function of type void
export type PipelineStep<Value> = (value: Value, context: StepContext) => Awaitable<Value | undefined | void>

/** A step that runs beside others: gives its part of the next value, which is merged over the value. */
// biome-ignore lint/suspicious/noConfusingVoidType: as above
export type GroupStep<Value> = (value: Value, context: StepContext) => Awaitable<Partial<Value> | undefined | void>

export interface StepOptions<Value>
  extends Omit<HandlerOptions, 'once' | 'parallel' | 'condition' | 'before' | 'after'> {
  /** Steps that this one runs before, or plugins, and then all steps of theirs, whatever the priorities. */
  readonly before?: string | readonly string[]
  /** Steps that this one runs after, or plugins, and then all steps of theirs, whatever the priorities. */
  readonly after?: string | readonly string[]
  /** Passes the step over where it returns anything falsy. */
  readonly condition?: (value: Value, context: StepContext) => unknown
  /**
   * Steps of one group run side by side, where the first of them stands, each with the value that this one gets. What they
   * return is merged over the value in their order, key by key, unless the pipeline says how.
   */
  readonly group?: string | undefined
  /**
   * Takes back what the step did, where a later one fails or the run is cancelled. Called with what the step was given, and
   * not for the step that failed, which tidies up itself.
   */
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
  /**
   * Adds a step, owned by this plugin's scope and live from the plugin's commit. A plugin's steps of one pipeline have names of
   * their own: by its name a step is known to the next generation.
   */
  step(name: string, step: PipelineStep<Value>, options?: StepOptions<Value> & { readonly group?: undefined }): Undo
  step(name: string, step: GroupStep<Value>, options: StepOptions<Value> & { readonly group: string }): Undo
  /**
   * Sends a value through all steps.
   *
   * @throws `CFP_PIPELINE_FAILED` naming the step, `CFP_PIPELINE_TIMEOUT`, `CFP_PIPELINE_ABORTED`, each with which steps were undone
   */
  run(value: Value, options?: PipelineRunOptions): Promise<Value>
}

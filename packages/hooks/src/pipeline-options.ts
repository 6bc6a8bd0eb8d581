// What may be said once about a pipeline.
import { PluginError } from '@cf-plugins/plugin-api'
import { checkTimeout, invalid } from './handler-options.ts'

/** What is said once about a pipeline, by whoever runs it. */
export interface PipelineOptions<Value = unknown> {
  /** How long a run may take, in milliseconds. @default as long as its steps, one after the other */
  readonly runTimeoutMs?: number | undefined
  /** How long steps that run may take to stop, once the run is cancelled or a step of their group has failed, in milliseconds. @default 1000 */
  readonly graceMs?: number | undefined
  /**
   * What becomes of the results of a group, in the order of its steps, those that gave nothing left out.
   *
   * @default each is a plain object, which is merged over the value
   */
  readonly merge?: ((value: Value, parts: readonly unknown[]) => Value) | undefined
}

/** The same without what may be left out. */
export interface PipelineSettings {
  readonly runTimeoutMs: number | undefined
  readonly graceMs: number
  readonly merge: ((value: unknown, parts: readonly unknown[]) => unknown) | undefined
}

/** @throws `CFP_HANDLER_INVALID` */
export function checkSettings<Value>(pipeline: string, options: PipelineOptions<Value> = {}): PipelineSettings {
  const { runTimeoutMs, graceMs = 1000, merge } = options
  checkTimeout(runTimeoutMs, `runTimeoutMs of pipeline "${pipeline}"`)
  checkTimeout(graceMs, `graceMs of pipeline "${pipeline}"`)
  if (merge !== undefined && typeof merge !== 'function') {
    throw invalid(undefined, `merge of pipeline "${pipeline}" must be a function`, merge)
  }
  return { runTimeoutMs, graceMs, merge: merge as PipelineSettings['merge'] }
}

/** Whether both say the same. */
export function isSame(a: PipelineSettings, b: PipelineSettings): boolean {
  return a.runTimeoutMs === b.runTimeoutMs && a.graceMs === b.graceMs && a.merge === b.merge
}

export function redeclared(pipeline: string): PluginError {
  return new PluginError(
    'CFP_PIPELINE_REDECLARED',
    `Pipeline "${pipeline}" was given other options before. Give them once, where it is made.`,
  )
}

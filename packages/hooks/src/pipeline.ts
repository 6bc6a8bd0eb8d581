// A pipeline that stands alone.
import type {
  GroupStep,
  PipelineRef,
  PipelineRunOptions,
  PipelineStep,
  PipelineSteps,
  StepOptions,
  Undo,
} from '@cf-plugins/plugin-api'
import type { DispatchOptions } from './dispatch-core.ts'
import type { PipelineOptions } from './pipeline-options.ts'
import { Pipelines, type StepView } from './pipelines.ts'

/**
 * Steps that a value goes through, one after the other, each sync or async as it comes. Where one fails, those before it are
 * undone in reverse. One that is of no host; a host's are `Pipelines`.
 *
 * @example
 * const checkout = new Pipeline<Order>('checkout')
 * checkout.step('reserve', reserve, { undo: release })
 * checkout.step('charge', charge, { timeoutMs: 5000, retry: { attempts: 3 }, undo: refund })
 * const order = await checkout.run({ items }, { signal })
 */
export class Pipeline<Value = unknown> implements PipelineSteps<Value> {
  readonly name: string
  readonly #all: Pipelines
  readonly #steps: PipelineSteps<Value>

  /** @throws `CFP_HANDLER_INVALID` where an option is not what it must be. */
  constructor(pipeline: PipelineRef<Value> | string, options: DispatchOptions & PipelineOptions<Value> = {}) {
    this.#all = new Pipelines(options)
    this.#steps = this.#all.get(pipeline as PipelineRef<Value>, options)
    this.name = this.#steps.name
  }

  /** Adds a step, live at once. @throws `CFP_HANDLER_INVALID`, `CFP_HANDLER_ORDER` */
  step(name: string, step: PipelineStep<Value>, options?: StepOptions<Value> & { readonly group?: undefined }): Undo
  step(name: string, step: GroupStep<Value>, options: StepOptions<Value> & { readonly group: string }): Undo
  step(name: string, step: PipelineStep<Value> | GroupStep<Value>, options?: StepOptions<Value>): Undo {
    return this.#steps.step(name, step as PipelineStep<Value>, options as object)
  }

  /**
   * Sends a value through all steps. Deadlines are kept to within a thirty-second part of their length.
   *
   * @throws `CFP_PIPELINE_FAILED`, `CFP_PIPELINE_ABORTED`, `CFP_PIPELINE_TIMEOUT`, all `PipelineError`s; `CFP_HANDLER_INVALID`
   */
  run(value: Value, options?: PipelineRunOptions): Promise<Value> {
    return this.#steps.run(value, options)
  }

  /** All steps, in order. */
  steps(): readonly StepView[] {
    return this.#all.steps(this.name)
  }
}

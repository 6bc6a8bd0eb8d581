// Pipelines of one host: values that go through steps of plugins.
import { randomUUID } from 'node:crypto'
import type { PipelineRef, PipelineRunOptions, PipelineSteps, StepOptions } from '@cf-plugins/plugin-api'
import type { HandlerOwner } from './delivery-gate.ts'
import { DispatchCore, type DispatchOptions, HOST } from './dispatch-core.ts'
import { checkName, checkTimeout, invalid } from './handler-options.ts'
import { type Named, nameOf } from './handler-stage.ts'
import type { HandlerView } from './handler-view.ts'
import { checkSettings, isSame, type PipelineOptions, type PipelineSettings, redeclared } from './pipeline-options.ts'
import { PipelineRun } from './pipeline-run.ts'
import { type PipelineStage, StepStage } from './pipeline-stage.ts'
import type { AnyStep, StepHandler } from './pipeline-step.ts'
import { RunFacts } from './step-context.ts'

/** A step as `steps` shows it. */
export interface StepView {
  readonly step: string
  readonly plugin: string
  readonly group: string | undefined
  readonly priority: number
  /** Whether it can take back what it did. */
  readonly undo: boolean
}

const NO_OPTIONS: PipelineRunOptions = Object.freeze({})

/**
 * Pipelines of one host, by name.
 *
 * @example
 * const Orders = pipelineRef<Order>('orders')
 * const pipelines = new Pipelines()
 * pipelines.get(Orders).step('total', (order) => ({ ...order, total: sum(order.items) }))
 * const order = await pipelines.get(Orders).run({ items })
 */
export class Pipelines {
  readonly #core: DispatchCore<StepHandler>
  readonly #own: PipelineStage
  readonly #settings = new Map<string, PipelineSettings>()
  readonly #usual = checkSettings('')
  readonly #prefix = randomUUID().slice(0, 8)
  #runs = 0

  /** @throws `CFP_HANDLER_INVALID` where an option is not what it must be. */
  constructor(options: DispatchOptions = {}) {
    this.#core = new DispatchCore<StepHandler>('pipeline', options, {
      admit: (entry) => {
        entry.label = entry.handler.step
      },
    })
    this.#own = new StepStage(this.#core.own, { name: HOST, rank: 0 })
  }

  /**
   * A pipeline as the host has it: what it adds is its own, and live at once.
   *
   * @throws `CFP_HANDLER_INVALID`; `CFP_PIPELINE_REDECLARED` where it was given other options before
   */
  get<Value>(pipeline: PipelineRef<Value>, options?: PipelineOptions<Value>): PipelineSteps<Value>
  get<Value = unknown>(pipeline: string, options?: PipelineOptions<Value>): PipelineSteps<Value>
  get<Value>(pipeline: Named, options?: PipelineOptions<Value>): PipelineSteps<Value> {
    const name = nameOf(pipeline)
    checkName(name)
    if (options !== undefined) this.#declare(name, options)
    return {
      name,
      step: (step: string, run: AnyStep, stepOptions?: StepOptions<Value>) =>
        this.#own.on(name, step, run, stepOptions as StepOptions<never>),
      run: (value: Value, runOptions?: PipelineRunOptions) =>
        this.runAs(HOST, name, value, runOptions) as Promise<Value>,
    }
  }

  /** Where one generation of a plugin registers its steps. */
  stage(owner: HandlerOwner): PipelineStage {
    return new StepStage(this.#core.table.stage(owner), owner)
  }

  /**
   * Sends a value through all steps, on behalf of the plugin `source`, which a closed gate may let through.
   *
   * @throws `CFP_PIPELINE_FAILED`, `CFP_PIPELINE_ABORTED`, `CFP_PIPELINE_TIMEOUT`, all `PipelineError`s; `CFP_HANDLER_INVALID`
   */
  // Not an async function, which would make a promise more where a step is async.
  runAs(source: string, pipeline: Named, value: unknown, options: PipelineRunOptions = NO_OPTIONS): Promise<unknown> {
    try {
      const name = nameOf(pipeline)
      if (options !== NO_OPTIONS) checkRun(name, options)
      const plan = this.#core.table.plan(name)
      // Who has no step has no plan of its own.
      if (plan.handlers.length === 0) return Promise.resolve(value)
      const settings = this.#settings.get(name) ?? this.#usual
      const facts = new RunFacts(name, this.#prefix, ++this.#runs, options.shared)
      return new PipelineRun(this.#core, plan, settings, facts, source, value).run(options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The steps of a pipeline, in order. */
  steps(pipeline: Named): readonly StepView[] {
    const live = this.#core.table.plan(nameOf(pipeline)).entries.filter((entry) => entry.live)
    return live.map(({ handler, owner, priority }) => {
      const { step, group, undo } = handler
      return { step, plugin: owner.name, group, priority, undo: undo !== undefined }
    })
  }

  /** Every step of `pipeline`, or of all pipelines, with how it fares; those that are switched off come last. */
  handlers(pipeline?: Named): readonly HandlerView[] {
    return this.#core.handlers(pipeline === undefined ? undefined : nameOf(pipeline))
  }

  /** Has a step passed over until it is switched on again, or its plugin replaced. @throws `CFP_HANDLER_UNKNOWN` */
  switchOff(id: string, reason: string): void {
    this.#core.switchOff(id, reason)
  }

  /** @throws `CFP_HANDLER_UNKNOWN` */
  switchOn(id: string): void {
    this.#core.switchOn(id)
  }

  #declare<Value>(name: string, options: PipelineOptions<Value>): void {
    const settings = checkSettings(name, options)
    const known = this.#settings.get(name)
    if (known !== undefined && !isSame(known, settings)) throw redeclared(name)
    this.#settings.set(name, settings)
  }
}

function checkRun(name: string, { signal, timeoutMs, shared }: PipelineRunOptions): void {
  const what = `a run of pipeline "${name}"`
  checkTimeout(timeoutMs, `timeoutMs of ${what}`)
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalid(undefined, `the signal of ${what} must be an AbortSignal`, signal)
  }
  if (shared !== undefined && typeof (shared as Partial<Iterable<unknown>>)?.[Symbol.iterator] !== 'function') {
    throw invalid(undefined, `what is shared in ${what} must be pairs, or a Map`, shared)
  }
}

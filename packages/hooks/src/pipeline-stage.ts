// The steps that one generation of one plugin registered, shown and hidden as a whole.
import type { StepOptions, Undo } from '@cf-plugins/plugin-api'
import type { HandlerOwner } from './delivery-gate.ts'
import { invalid } from './handler-options.ts'
import { type HandlerStage, type Named, nameOf } from './handler-stage.ts'
import { type AnyStep, createStep, type StepHandler } from './pipeline-step.ts'

/** What one generation of one plugin adds to pipelines: as `HandlerStage`, but that a step has a name. */
export interface PipelineStage {
  /**
   * Adds a step: live at once where the stage is, and from its commit where it is not yet.
   *
   * @throws `CFP_HANDLER_INVALID`, also where the stage has a step of that name in the pipeline; `CFP_HANDLER_ORDER`,
   * `CFP_STAGE_DISCARDED`
   */
  on<Value = never>(pipeline: Named, name: string, step: AnyStep, options?: StepOptions<Value>): Undo
  /** Makes everything live, at once. @throws `CFP_STAGE_DISCARDED` */
  commit(): void
  /** Takes everything out of sight, at once. `commit` may bring it back. */
  withdraw(): void
  /** Takes everything out for ever. */
  discard(): void
  readonly live: boolean
}

export class StepStage implements PipelineStage {
  readonly #handlers: HandlerStage<StepHandler>
  readonly #owner: HandlerOwner
  readonly #names = new Set<string>()

  constructor(handlers: HandlerStage<StepHandler>, owner: HandlerOwner) {
    this.#handlers = handlers
    this.#owner = owner
  }

  get live(): boolean {
    return this.#handlers.live
  }

  on<Value>(pipeline: Named, name: string, step: AnyStep, options: StepOptions<Value> = {}): Undo {
    const target = nameOf(pipeline)
    const handler = createStep(target, name, step, options as StepOptions<never>, this.#owner)
    const key = `${target}\n${name}`
    if (this.#names.has(key)) {
      throw invalid(
        this.#owner,
        `pipeline "${target}" has a step "${name}" of this plugin: give each a name of its own`,
        name,
      )
    }
    const { group: _group, undo: _undo, ...rest } = options
    const undo = this.#handlers.on(pipeline, handler, rest as object)
    this.#names.add(key)
    let isGone = false
    return () => {
      if (isGone) return
      isGone = true
      this.#names.delete(key)
      undo()
    }
  }

  commit(): void {
    this.#handlers.commit()
  }

  withdraw(): void {
    this.#handlers.withdraw()
  }

  discard(): void {
    this.#handlers.discard()
  }
}

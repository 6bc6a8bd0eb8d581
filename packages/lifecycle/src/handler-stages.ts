// The handlers and steps that one generation registers, staged until its commit.
import type { HandlerOwner, HandlerStage, PipelineStage, Pipelines, PluginEvents, PluginHooks } from '@cf-plugins/hooks'
import type { EventHandler, HookHandler } from '@cf-plugins/plugin-api'

/** Where handlers are registered. */
export interface Dispatchers {
  readonly events: PluginEvents
  readonly hooks: PluginHooks
  readonly pipelines: Pipelines
}

/**
 * A generation's handlers. They stay in sight through its teardown, until the block that shows its successor's: their
 * place is what lets events wait for the new ones. A stage is made for the first handler: most plugins need one of the
 * three, many none.
 */
export class HandlerStages {
  readonly #owner: HandlerOwner
  readonly #on: Dispatchers
  #events: HandlerStage<EventHandler> | undefined
  #hooks: HandlerStage<HookHandler> | undefined
  #pipelines: PipelineStage | undefined
  #state: 'hidden' | 'shown' | 'gone' = 'hidden'

  constructor(owner: HandlerOwner, on: Dispatchers) {
    this.#owner = owner
    this.#on = on
  }

  get events(): HandlerStage<EventHandler> {
    this.#events ??= this.#made(this.#on.events.stage(this.#owner))
    return this.#events
  }

  get hooks(): HandlerStage<HookHandler> {
    this.#hooks ??= this.#made(this.#on.hooks.stage(this.#owner))
    return this.#hooks
  }

  get pipelines(): PipelineStage {
    this.#pipelines ??= this.#made(this.#on.pipelines.stage(this.#owner))
    return this.#pipelines
  }

  show(): void {
    this.#state = 'shown'
    this.#events?.commit()
    this.#hooks?.commit()
    this.#pipelines?.commit()
  }

  hide(): void {
    if (this.#state === 'shown') this.#state = 'hidden'
    this.#events?.withdraw()
    this.#hooks?.withdraw()
    this.#pipelines?.withdraw()
  }

  /** Takes every handler out for ever. */
  discard(): void {
    this.#state = 'gone'
    this.#events?.discard()
    this.#hooks?.discard()
    this.#pipelines?.discard()
  }

  #made<Stage extends Pick<PipelineStage, 'commit' | 'discard'>>(stage: Stage): Stage {
    if (this.#state === 'shown') stage.commit()
    else if (this.#state === 'gone') stage.discard()
    return stage
  }
}

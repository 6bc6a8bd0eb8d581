// The handlers that one generation registers, staged until its commit.
import type { HandlerOwner, HandlerStage, PluginEvents, PluginHooks } from '@cf-plugins/hooks'
import type { EventHandler, HookHandler } from '@cf-plugins/plugin-api'

/**
 * A generation's handlers. They stay in sight through its teardown, until the block that shows its successor's: their
 * place is what lets events wait for the new ones. A stage is made for the first handler: most plugins need one of the
 * two, many neither.
 */
export class HandlerStages {
  readonly #owner: HandlerOwner
  readonly #on: { readonly events: PluginEvents; readonly hooks: PluginHooks }
  #events: HandlerStage<EventHandler> | undefined
  #hooks: HandlerStage<HookHandler> | undefined
  #state: 'hidden' | 'shown' | 'gone' = 'hidden'

  constructor(owner: HandlerOwner, on: { readonly events: PluginEvents; readonly hooks: PluginHooks }) {
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

  show(): void {
    this.#state = 'shown'
    this.#events?.commit()
    this.#hooks?.commit()
  }

  hide(): void {
    if (this.#state === 'shown') this.#state = 'hidden'
    this.#events?.withdraw()
    this.#hooks?.withdraw()
  }

  /** Takes every handler out for ever. */
  discard(): void {
    this.#state = 'gone'
    this.#events?.discard()
    this.#hooks?.discard()
  }

  #made<H>(stage: HandlerStage<H>): HandlerStage<H> {
    if (this.#state === 'shown') stage.commit()
    else if (this.#state === 'gone') stage.discard()
    return stage
  }
}

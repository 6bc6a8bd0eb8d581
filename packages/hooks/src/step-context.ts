// What a step is told about the run that it is part of, made as far as it is read.
import type { StepContext } from '@cf-plugins/plugin-api'

/** What all steps of one run have in common. */
export class RunFacts {
  readonly pipeline: string
  readonly #prefix: string
  readonly #number: number
  readonly #given: Iterable<readonly [string, unknown]> | undefined
  #shared: Map<string, unknown> | undefined

  constructor(
    pipeline: string,
    prefix: string,
    number: number,
    shared: Iterable<readonly [string, unknown]> | undefined,
  ) {
    this.pipeline = pipeline
    this.#prefix = prefix
    this.#number = number
    this.#given = shared
  }

  get id(): string {
    return `${this.#prefix}-${this.#number}`
  }

  get shared(): Map<string, unknown> {
    this.#shared ??= new Map(this.#given)
    return this.#shared
  }
}

export class RunContext implements StepContext {
  readonly step: string
  readonly #run: RunFacts
  #own: Map<string, unknown> | undefined
  #controller: AbortController | undefined
  #ended: { readonly reason: unknown } | undefined

  constructor(run: RunFacts, step: string) {
    this.#run = run
    this.step = step
  }

  get pipeline(): string {
    return this.#run.pipeline
  }

  get id(): string {
    return this.#run.id
  }

  get shared(): Map<string, unknown> {
    return this.#run.shared
  }

  get own(): Map<string, unknown> {
    this.#own ??= new Map()
    return this.#own
  }

  // An AbortController costs more than a whole run of sync steps, and few steps read it.
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#ended !== undefined) this.#controller.abort(this.#ended.reason)
    return this.#controller.signal
  }

  /** Aborts the signal, also one that is read later. */
  end(reason: unknown): void {
    this.#ended ??= { reason }
    this.#controller?.abort(reason)
  }

  /** The same step, where it is taken back: its signal begins anew. */
  forUndo(): RunContext {
    const context = new RunContext(this.#run, this.step)
    context.#own = this.own
    return context
  }
}

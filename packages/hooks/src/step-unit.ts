// One step of a run, or the steps of a group, under way: called together and waited for together.
import { isThenable } from '@cf-plugins/plugin-api'
import { type DeliveryGate, isParked, park } from './delivery-gate.ts'
import type { DispatchCore } from './dispatch-core.ts'
import { HandlerCall, SKIPPED } from './handler-call.ts'
import type { StepEntry, StepHandler } from './pipeline-step.ts'
import type { RunContext } from './step-context.ts'
import { type Pending, Wave, type WaveOwner } from './wave.ts'

/** A step that was called in a run. */
export interface StepTaken extends Pending {
  readonly entry: StepEntry
  readonly context: RunContext
  /** The value that it was called with. */
  readonly given: unknown
  result: unknown
}

/** The run that a unit is part of. */
export interface UnitOwner {
  readonly core: DispatchCore<StepHandler>
  readonly source: string
  /** Whether each step takes a `HandlerCall`. */
  readonly fully: boolean
  /** What is dispatched, for its count. */
  readonly plan: { readonly counts: boolean; lookAt: number }
  readonly graceMs: number
  contextOf(entry: StepEntry): RunContext
  /** The live step that has taken the place of one whose generation is gone. */
  successorOf(entry: StepEntry): StepEntry | undefined
  /** A plugin was replaced: what is left of the run is found anew. */
  renew(plugin: string): void
}

/** Why a unit has no result. */
export interface StepFailure {
  readonly entry: StepEntry
  readonly error: unknown
}

export class StepUnit implements WaveOwner<StepTaken> {
  readonly steps: readonly StepEntry[]
  /** Those that have given a result, as they come. */
  readonly taken: StepTaken[] = []
  /** Those that were given up while they ran. */
  readonly unsettled: StepEntry[] = []
  failure: StepFailure | undefined
  readonly #run: UnitOwner
  readonly #given: unknown
  readonly #waves = new Set<Wave<StepTaken>>()
  /** Waves and parked steps that are waited for. */
  #open = 0
  #parked = 0
  #stopped: { readonly reason: unknown } | undefined
  #grace: NodeJS.Timeout | undefined
  #resolve: (() => void) | undefined

  constructor(run: UnitOwner, steps: readonly StepEntry[], given: unknown) {
    this.#run = run
    this.steps = steps
    this.#given = given
  }

  /** Starts all of it. Whether something is to be waited for. */
  start(): boolean {
    const wave = this.#createWave()
    for (const entry of this.steps) {
      if (this.#stopped !== undefined) break
      if (isParked(entry.owner, this.#run.source)) this.#park(entry)
      else this.#callServing(entry, wave)
    }
    this.#seal(wave)
    return this.#open > 0
  }

  /** Waits for what one step has returned that was called already. */
  resume(taken: StepTaken, promise: PromiseLike<unknown>): void {
    const wave = this.#createWave()
    wave.watch(taken, promise)
    this.#seal(wave)
  }

  /** To be called while something is to be waited for. */
  ended(): Promise<void> {
    if (this.#open === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** Tells what runs to stop, and gives it a little time for that; what waits is not called any more. */
  stop(reason: unknown): void {
    if (this.#stopped !== undefined) return
    this.#stopped = { reason }
    for (const wave of this.#waves) wave.abort(reason, true)
    const { graceMs } = this.#run
    const giveUp = () => {
      for (const wave of [...this.#waves]) wave.giveUp(reason)
    }
    if (this.#waves.size > 0) this.#grace = setTimeout(giveUp, graceMs)
    this.#open -= this.#parked
    this.#parked = 0
    this.#check()
  }

  done(taken: StepTaken, value: unknown): void {
    if (value === SKIPPED) return
    taken.result = value
    this.taken.push(taken)
  }

  fail({ entry }: { readonly entry: StepEntry }, error: unknown, isLate: boolean): void {
    entry.record.failures++
    if (isLate) this.unsettled.push(entry)
    // That one was told to stop is no news.
    if (this.#stopped !== undefined) return
    if (entry.ignoreErrors) {
      this.#run.core.report(entry.name, entry.owner.name, error)
      return
    }
    this.failure = { entry, error }
    this.stop(error)
  }

  waveEnded(wave: Wave<StepTaken>): void {
    this.#waves.delete(wave)
    this.#open--
    this.#check()
  }

  #createWave(): Wave<StepTaken> {
    return new Wave<StepTaken>(this, this.#run.core.deadlines)
  }

  #seal(wave: Wave<StepTaken>): boolean {
    if (!wave.seal()) return false
    this.#open++
    this.#waves.add(wave)
    // A step that failed at once has stopped the others before they were waited for.
    const stopped = this.#stopped
    if (stopped !== undefined) {
      this.#stopped = undefined
      this.stop(stopped.reason)
    }
    return true
  }

  #park(entry: StepEntry): void {
    this.#open++
    this.#parked++
    let waits = true
    const isOver = () => !waits || this.#stopped !== undefined
    const deliver = () => {
      if (isOver()) return undefined
      const wave = this.#createWave()
      this.#callServing(entry, wave)
      return this.#seal(wave) ? wave.ended() : undefined
    }
    const refused = (error: unknown) => {
      if (isOver()) return
      waits = false
      this.#unpark()
      this.fail({ entry }, error, false)
      this.#check()
    }
    park(entry.gate as DeliveryGate, 'call', deliver, refused).then(() => {
      if (isOver()) return
      waits = false
      this.#unpark()
      this.#check()
    })
  }

  #unpark(): void {
    this.#open--
    this.#parked--
  }

  #callServing(entry: StepEntry, wave: Wave<StepTaken>): void {
    let serving: StepEntry | undefined = entry
    if (!entry.stage.live) {
      this.#run.renew(entry.owner.name)
      serving = this.#run.successorOf(entry)
    }
    if (serving?.live) this.#call(serving, wave)
  }

  #call(entry: StepEntry, wave: Wave<StepTaken>): void {
    const { core, fully, plan } = this.#run
    const given = this.#given
    const context = this.#run.contextOf(entry)
    const full = fully || entry.elaborate
    const call = full ? new HandlerCall(entry, { name: entry.name, plan }, core.watch) : undefined
    if (!full && !plan.counts) entry.record.calls++
    const limitMs = entry.timeoutMs ?? core.usualMs
    const taken: StepTaken = { entry, context, limitMs, call, given, result: undefined, open: true }
    entry.gate?.enter()
    try {
      const result = call === undefined ? entry.handler(given, context) : call.run([given, context])
      if (isThenable(result)) {
        wave.watch(taken, result)
        return
      }
      this.done(taken, result)
    } catch (error) {
      this.fail(taken, error, false)
    }
    entry.gate?.leave()
  }

  #check(): void {
    if (this.#open > 0) return
    clearTimeout(this.#grace)
    this.#resolve?.()
  }
}

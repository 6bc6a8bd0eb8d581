// One run of a pipeline: its steps one after the other, and back again where one of them fails.
import { isThenable, type PipelineRunOptions } from '@cf-plugins/plugin-api'
import type { DispatchCore } from './dispatch-core.ts'
import type { Plan } from './handler-plan.ts'
import {
  groupResult,
  groupValue,
  pipelineError,
  type RunEnd,
  runAborted,
  runTimeout,
  stepFailed,
} from './pipeline-failures.ts'
import type { PipelineSettings } from './pipeline-options.ts'
import { firstOf, stepsOf, type Unit, unitsLeft, unitsOf } from './pipeline-plan.ts'
import { keyOf, type StepEntry, type StepHandler } from './pipeline-step.ts'
import { undoAll } from './pipeline-undo.ts'
import { RunContext, type RunFacts } from './step-context.ts'
import { type StepTaken, StepUnit, type UnitOwner } from './step-unit.ts'
import { Turns } from './turns.ts'

export class PipelineRun implements UnitOwner {
  readonly core: DispatchCore<StepHandler>
  readonly source: string
  readonly fully: boolean
  readonly plan: Plan<StepHandler>
  readonly graceMs: number
  readonly #facts: RunFacts
  readonly #settings: PipelineSettings
  #value: unknown
  #units: readonly Unit[]
  /** Which unit it has come to. */
  #at = 0
  /** What is under way and waited for. */
  #unit: StepUnit | undefined = undefined
  /** Steps that can be taken back. */
  readonly #undoable: StepTaken[] = []
  readonly #unsettled: string[] = []
  #end: RunEnd | undefined = undefined
  #failed: StepEntry | undefined = undefined
  #release: (() => void) | undefined = undefined

  constructor(
    core: DispatchCore<StepHandler>,
    plan: Plan<StepHandler>,
    settings: PipelineSettings,
    facts: RunFacts,
    source: string,
    value: unknown,
  ) {
    this.core = core
    this.plan = plan
    this.source = source
    this.graceMs = settings.graceMs
    this.fully = core.watch.looksAt(plan)
    this.#settings = settings
    this.#facts = facts
    this.#value = value
    this.#units = unitsOf(plan)
  }

  /** @throws `CFP_PIPELINE_FAILED`, `CFP_PIPELINE_ABORTED`, `CFP_PIPELINE_TIMEOUT` */
  run({ signal, timeoutMs = this.#settings.runTimeoutMs }: PipelineRunOptions): Promise<unknown> {
    if (signal !== undefined || timeoutMs !== undefined) this.#bound(signal, timeoutMs)
    this.#advance()
    if (this.#unit === undefined && this.#end === undefined) {
      this.#release?.()
      return Promise.resolve(this.#value)
    }
    return this.#finish()
  }

  contextOf(entry: StepEntry): RunContext {
    return new RunContext(this.#facts, entry.handler.step)
  }

  successorOf(entry: StepEntry): StepEntry | undefined {
    const key = keyOf(entry)
    return this.#now.find((each) => each.live && keyOf(each) === key)
  }

  renew(plugin: string): void {
    const begun = this.#units.slice(0, this.#at + 1)
    const left = this.#units.slice(this.#at + 1)
    this.#units = [...begun, ...unitsLeft(this.#now, stepsOf(begun), stepsOf(left), plugin)]
  }

  /** The steps that are live now, in order. */
  get #now(): readonly StepEntry[] {
    return this.core.table.plan(this.plan.name).entries
  }

  /** Goes on until something is to be waited for, or all is done, or the run has ended before. */
  #advance(): void {
    const { plan } = this
    for (; this.#at < this.#units.length && this.#end === undefined; this.#at++) {
      const unit = this.#units[this.#at] as Unit
      const entry = unit as StepEntry
      const isUsual = !Array.isArray(unit) && !this.fully
      if (!isUsual || !(plan.plain || (entry.usual && entry.live && !entry.gate?.closed))) {
        const steps = Array.isArray(unit) ? unit : [entry]
        const begun = new StepUnit(this, steps, this.#value)
        if (begun.start()) {
          this.#unit = begun
          return
        }
        this.#take(begun)
        continue
      }
      if (!plan.counts) entry.record.calls++
      if (this.#callUsual(entry)) return
    }
  }

  /** A step that takes no more than to call it. Whether it is to be waited for. */
  #callUsual(entry: StepEntry): boolean {
    const { gate, handler } = entry
    const given = this.#value
    const context = this.contextOf(entry)
    gate?.enter()
    try {
      const result = handler(given, context)
      if (result !== undefined) {
        if (isThenable(result)) {
          const taken = this.#taken(entry, context, given, undefined)
          this.#unit = new StepUnit(this, [entry], given)
          this.#unit.resume(taken, result)
          return true
        }
        this.#value = result
      }
      if (handler.undo !== undefined) this.#undoable.push(this.#taken(entry, context, given, result))
    } catch (error) {
      entry.record.failures++
      this.#fail(entry, error)
    }
    gate?.leave()
    return false
  }

  #taken(entry: StepEntry, context: RunContext, given: unknown, result: unknown): StepTaken {
    return { entry, context, limitMs: this.core.usualMs, call: undefined, given, result, open: true }
  }

  async #finish(): Promise<unknown> {
    while (this.#unit !== undefined) {
      const unit = this.#unit
      await unit.ended()
      this.#unit = undefined
      this.#take(unit)
      if (this.#end !== undefined) break
      this.#at++
      this.#advance()
    }
    this.#release?.()
    if (this.#end === undefined) return this.#value
    const at = this.#units[Math.min(this.#at, this.#units.length - 1)]
    const failed = at === undefined ? undefined : (this.#failed ?? firstOf(at))
    const undone = await undoAll(this, this.#undoable)
    throw pipelineError(this.plan.name, this.#end, failed, { ...undone, unsettled: this.#unsettled })
  }

  /** What has come of a unit. */
  #take({ steps, taken, failure, unsettled }: StepUnit): void {
    const inOrder =
      taken.length < 2 ? taken : [...taken].sort((a, b) => steps.indexOf(a.entry) - steps.indexOf(b.entry))
    for (const each of inOrder) if (each.entry.handler.undo !== undefined) this.#undoable.push(each)
    for (const { handler } of unsettled) this.#unsettled.push(handler.step)
    if (failure !== undefined) this.#fail(failure.entry, failure.error)
    if (this.#end !== undefined) return
    const results = inOrder.filter(({ result }) => result !== undefined)
    const [first] = results
    if (first === undefined) return
    if (first.entry.handler.group === undefined) {
      this.#value = first.result
      return
    }
    const { merge } = this.#settings
    try {
      this.#value =
        merge === undefined
          ? merged(this.#value, results)
          : merge(
              this.#value,
              results.map(({ result }) => result),
            )
    } catch (error) {
      this.#fail(first.entry, error)
    }
  }

  #fail(entry: StepEntry, error: unknown): void {
    if (this.#end !== undefined) return
    this.#failed = entry
    this.#end = stepFailed(entry, error)
  }

  #cancel(end: RunEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#unit?.stop(end.cause)
  }

  #bound(signal: AbortSignal | undefined, timeoutMs: number | undefined): void {
    const onAbort = () => this.#cancel(runAborted(signal?.reason))
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    const turns = new Turns(this.core.deadlines, (limitMs) => {
      turns.stop()
      this.#cancel(runTimeout(limitMs))
    })
    if (timeoutMs !== undefined) turns.begin(timeoutMs)
    this.#release = () => {
      signal?.removeEventListener('abort', onAbort)
      if (timeoutMs !== undefined) turns.stop()
    }
  }
}

/** The value with what the steps of a group gave, key by key. */
function merged(value: unknown, results: readonly StepTaken[]): unknown {
  const { entry } = results[0] as StepTaken
  if (!isPlain(value)) throw groupValue(entry, value)
  let sum = value
  for (const { entry, result } of results) {
    if (!isPlain(result)) throw groupResult(entry, result)
    sum = { ...sum, ...result }
  }
  return sum
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

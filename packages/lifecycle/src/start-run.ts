// Starts plugins side by side, each as soon as its own dependencies are ready.
import { setMaxListeners } from 'node:events'
import { PluginError } from '@cf-plugins/plugin-api'
import type { PluginRegistry } from '@cf-plugins/registry'
import { onAbort } from './abort.ts'
import { blockedBy } from './blocked.ts'
import { logProblems, showOne } from './bring-up.ts'
import { chain } from './chain.ts'
import type { LifecycleCore } from './core.ts'
import { failureOf, startCancelled } from './failures.ts'
import type { Generation } from './generation.ts'
import { dropLeft, loadState, mayBeLeft } from './lasting-state.ts'
import type { PluginSlot } from './plugin-slot.ts'
import { type Entry, PluginStart, type StartOwner, type StartPlace } from './plugin-start.ts'
import { type Ended, LATER, schedule } from './schedule.ts'
import { startWaits, tellWhoIsLate } from './slow-start.ts'
import { oneByOne, StartGraph } from './start-graph.ts'
import type { TimelineEntry } from './start-report.ts'

/** How plugins are started. */
export interface StartOptions {
  /** Independent plugins side by side, or all of them one after another. @default true */
  readonly parallel?: boolean
  /** How many may start at a time, from 1. @default no limit */
  readonly concurrency?: number
  /** Cancels what has not begun; what has begun is ended again. */
  readonly signal?: AbortSignal
}

/** What a run of starts works with. */
export interface StartRunOptions extends StartOptions {
  readonly core: LifecycleCore
  readonly registry: PluginRegistry
  readonly shutdown: AbortSignal
  /** Plugins to start, dependencies first. */
  readonly slots: readonly PluginSlot[]
  /** The plugin that a person switches on right now: its `onEnable` belongs to its start. */
  readonly enabling?: string | undefined
  /** Takes up a plugin that has an instance already, at rest. */
  readonly resume: (slot: PluginSlot) => unknown
  /** Whether a plugin's failure ends the whole run. */
  readonly isFatal: (slot: PluginSlot) => boolean
  /** Gets what went wrong and kept no plugin from starting. */
  readonly problems: PluginError[]
}

/** One run of starts. */
export class StartRun implements StartOwner {
  readonly core: LifecycleCore
  ended: Ended = () => {}
  readonly #options: StartRunOptions
  readonly #origin = performance.now()
  readonly #timeline: Entry[] = []
  readonly #graph: StartGraph
  /** When each plugin was ready; 0 before. */
  readonly #readyMs: Float64Array
  #cancelled: { readonly reason: unknown } | undefined
  /** Ends the wait for a keeper of state when the run is cancelled. */
  #abort: AbortController | undefined

  constructor(options: StartRunOptions) {
    const { slots, registry, core } = options
    this.#options = options
    this.core = core
    this.#graph = new StartGraph(core.roster, registry, slots)
    this.#readyMs = new Float64Array(slots.length)
  }

  /** Starts every plugin that can be; never rejects: a failure is in its plugin's slot. Gives the timeline, in the order of starts. */
  run(): readonly TimelineEntry[] | Promise<readonly TimelineEntry[]> {
    const { core, slots, parallel = true, concurrency, signal, shutdown } = this.#options
    const waits = parallel ? this.#graph.rows : oneByOne(slots.length)
    for (const each of [signal, shutdown]) if (each?.aborted) this.#cancel(each.reason)
    const undo = onAbort([signal, shutdown], (reason) => this.#cancel(reason))
    const done = schedule(
      waits,
      (position, ended) => {
        this.ended = ended
        return this.#start(position)
      },
      concurrency,
    )
    if (!done) {
      undo()
      return this.#timeline
    }
    const ready = tellWhoIsLate(core, 'starting', () => startWaits(slots, this.#graph))
    return done.then(() => {
      ready()
      undo()
      return this.#timeline
    })
  }

  get enabling(): string | undefined {
    return this.#options.enabling
  }

  get isCancelled(): boolean {
    return this.#cancelled !== undefined
  }

  #cancel(reason: unknown): void {
    this.#cancelled ??= { reason }
    this.#abort?.abort(reason)
    for (const slot of this.#options.slots) slot.starting?.giveUp(reason)
  }

  #start(position: number): unknown {
    const { core, registry, slots, resume } = this.#options
    const slot = slots[position] as PluginSlot
    const missing = this.#graph.missing(position)
    if (missing) return this.#block(slot, blockedBy(registry, slot, missing))
    if (slot.serving) return this.#cancelled ? undefined : resume(slot)
    const entry: Entry = {
      plugin: slot.name,
      startedMs: performance.now() - this.#origin,
      endedMs: 0,
      registerMs: 0,
      setupMs: 0,
      waitedFor: this.#lastOf(position),
      outcome: 'failed',
    }
    this.#timeline.push(entry)
    const record = registry.get(slot.name)
    if (!record) return undefined
    const place = { position, entry, record, dependencies: this.#graph.dependencies(position) }
    // Before it is said to be starting.
    if (this.#cancelled) return this.#bringUp(slot, place)
    core.roster.move(slot, 'starting')
    if (!mayBeLeft(core, slot, record)) return this.#bringUp(slot, place)
    const over = () => this.ended(position)
    loadState(core, slot, record, this.signal())
      .then((stateError) => this.#bringUp(slot, place, stateError))
      .then((result) => result === LATER || over(), over)
    return LATER
  }

  #bringUp(slot: PluginSlot, place: StartPlace, stateError?: PluginError): unknown {
    const start = new PluginStart(this, slot, place, stateError)
    if (this.#cancelled) return this.fail(start, startCancelled(slot.name, this.#cancelled.reason), false)
    return start.begin()
  }

  startWithoutState(start: PluginStart, failure: PluginError): unknown {
    const { slot, record } = start
    return this.#bringUp(slot, start, dropLeft(this.core, slot, record, failure))
  }

  signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      // As many plugins listen to it as start at a time, and none stays.
      setMaxListeners(0, this.#abort.signal)
    }
    return this.#abort.signal
  }

  tell(problem: PluginError): void {
    const { core, problems } = this.#options
    problems.push(problem)
    logProblems(core, [problem])
  }

  succeed(start: PluginStart, generation: Generation): unknown {
    const { entry } = start
    entry.registerMs = start.registerMs
    entry.setupMs = start.setupMs
    if (!this.#cancelled) {
      try {
        showOne(this.core, start.slot, generation)
        entry.outcome = 'active'
        return this.#end(start.position, entry, start.upMs)
      } catch (error) {
        return this.#takeBack(start, generation, failureOf(generation, 'setup', error))
      }
    }
    return this.#takeBack(start, generation, startCancelled(generation.name, this.#cancelled.reason))
  }

  #takeBack(start: PluginStart, generation: Generation, failure: PluginError): unknown {
    generation.vanish()
    return chain(generation.end(), (problems) => {
      logProblems(this.core, problems)
      this.fail(start, failure, false)
    })
  }

  fail({ slot, position, entry }: PluginStart, failure: PluginError, isEnabling: boolean): void {
    if (isEnabling) slot.wanted = false
    this.core.roster.move(slot, isEnabling ? 'disabled' : 'failed', failure)
    this.#end(position, entry)
    this.#checkFatal(slot, failure)
  }

  #block(slot: PluginSlot, error: PluginError): void {
    this.#options.core.roster.move(slot, 'blocked', error)
    this.#checkFatal(slot, error)
  }

  /** What fails because the run was cancelled is not what ends it. */
  #checkFatal(slot: PluginSlot, error: PluginError): void {
    if (!this.#cancelled && this.#options.isFatal(slot)) this.#cancel(error)
  }

  #end(position: number, entry: Entry, nowMs = performance.now()): void {
    entry.endedMs = nowMs - this.#origin
    this.#readyMs[position] = entry.endedMs
  }

  /** The dependency that was ready last, of those that started in this run. */
  #lastOf(position: number): string | undefined {
    let last: number | undefined
    const { starts, rows } = this.#graph.rows
    for (let row = starts[position] as number; row < (starts[position + 1] as number); row++) {
      const each = rows[row] as number
      const at = this.#readyMs[each] as number
      if (at > 0 && (last === undefined || at > (this.#readyMs[last] as number))) last = each
    }
    return last === undefined ? undefined : this.#options.slots[last]?.name
  }
}

/** @throws `CFP_OPTION_INVALID` */
export function assertConcurrency(concurrency: number | undefined): void {
  if (concurrency === undefined || concurrency >= 1) return
  throw new PluginError('CFP_OPTION_INVALID', `concurrency must be 1 or more, not ${concurrency}.`)
}

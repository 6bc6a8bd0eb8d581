// Starts plugins side by side, each as soon as its own dependencies are ready.
import { setMaxListeners } from 'node:events'
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import type { PluginRegistry } from '@cf-plugins/registry'
import { onAbort } from './abort.ts'
import { blockOf } from './blocked.ts'
import { type BringUp, bringUp, logProblems, show } from './bring-up.ts'
import { chain } from './chain.ts'
import type { LifecycleCore } from './core.ts'
import { failureOf, startCancelled } from './failures.ts'
import type { Generation } from './generation.ts'
import { dropLeft, isLeft, loadState, mayBeLeft, usesState } from './lasting-state.ts'
import { positionsOf } from './ordered.ts'
import type { PluginSlot } from './plugin-slot.ts'
import { schedule } from './schedule.ts'
import { startWaits, tellWhoIsLate } from './slow-start.ts'
import type { TimelineEntry } from './start-report.ts'
import { restoreState } from './state.ts'

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

type Entry = { -readonly [Key in keyof TimelineEntry]: TimelineEntry[Key] }

/** One run of starts. */
export class StartRun {
  readonly #options: StartRunOptions
  readonly #origin = performance.now()
  readonly #timeline: Entry[] = []
  /** What each plugin depends on. */
  readonly #needs: readonly (readonly string[])[]
  /** Where in the run those of them are that start in it. */
  readonly #positions: readonly (readonly number[])[]
  /** When each plugin was ready; 0 before. */
  readonly #readyMs: Float64Array
  #cancelled: { readonly reason: unknown } | undefined
  /** Ends the wait for a keeper of state when the run is cancelled. */
  #abort: AbortController | undefined

  constructor(options: StartRunOptions) {
    const { slots, registry } = options
    const names = slots.map(({ name }) => name)
    this.#options = options
    this.#needs = names.map((name) => registry.dependenciesOf(name))
    this.#positions = positionsOf(names, this.#needs)
    this.#readyMs = new Float64Array(slots.length)
  }

  /** Starts every plugin that can be; never rejects: a failure is in its plugin's slot. Gives the timeline, in the order of starts. */
  run(): readonly TimelineEntry[] | Promise<readonly TimelineEntry[]> {
    const { core, slots, parallel = true, concurrency, signal, shutdown } = this.#options
    const waits = parallel ? this.#positions : slots.map((_slot, at) => (at === 0 ? [] : [at - 1]))
    for (const each of [signal, shutdown]) if (each?.aborted) this.#cancel(each.reason)
    const undo = onAbort([signal, shutdown], (reason) => this.#cancel(reason))
    const done = schedule(waits, (position) => this.#start(position), concurrency)
    if (!done) {
      undo()
      return this.#timeline
    }
    const ready = tellWhoIsLate(core, 'starting', () => startWaits(core, slots, this.#needs))
    return done.then(() => {
      ready()
      undo()
      return this.#timeline
    })
  }

  #cancel(reason: unknown): void {
    this.#cancelled ??= { reason }
    this.#abort?.abort(reason)
    for (const slot of this.#options.slots) slot.starting?.giveUp(reason)
  }

  #start(position: number): unknown {
    const { core, registry, slots, resume } = this.#options
    const slot = slots[position] as PluginSlot
    const block = blockOf(core, registry, slot, this.#needs[position] as readonly string[])
    if (block) return this.#block(slot, block)
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
    if (this.#cancelled) return this.#fail(position, entry, startCancelled(slot.name, this.#cancelled.reason))
    const record = registry.get(slot.name)
    if (!record) return undefined
    core.roster.move(slot, 'starting')
    if (!mayBeLeft(core, slot, record)) return this.#bringUp(position, record, entry)
    return loadState(core, slot, record, this.#signal()).then((stateError) =>
      this.#bringUp(position, record, entry, stateError),
    )
  }

  #bringUp(position: number, record: PluginRecord, entry: Entry, stateError?: PluginError): unknown {
    const { core, slots, enabling } = this.#options
    const slot = slots[position] as PluginSlot
    if (this.#cancelled) return this.#fail(position, entry, startCancelled(slot.name, this.#cancelled.reason))
    let step: 'start' | 'restore' | 'enable' = 'start'
    // Without state that another process left a plugin may start, and so it is told apart why it could not.
    const left = isLeft(core, slot) ? slot.kept : undefined
    let finish: BringUp['finish']
    if (left !== undefined || slot.name === enabling) {
      finish = async (generation) => {
        step = 'restore'
        if (left !== undefined) await restoreState(core, generation, left, undefined, this.#signal())
        if (slot.name !== enabling) return
        step = 'enable'
        await generation.call('onEnable')
      }
    }
    const start: BringUp = {
      reason: 'start',
      lookup: core.host.offersOf,
      dependencies: core.roster.dependencies(this.#needs[position] as readonly string[]),
      snapshot: left === undefined ? slot.kept : undefined,
      kept: slot.kept,
      limit: undefined,
      finish,
    }
    return bringUp<unknown>(
      core,
      slot,
      record,
      start,
      (generation) => {
        if (stateError && usesState(generation)) this.#tell(stateError)
        return this.#succeed(position, entry, generation)
      },
      (failure) => {
        const isOfState = step === 'restore' || (left !== undefined && failure.phase === 'migrateState')
        if (!isOfState || this.#cancelled) return this.#fail(position, entry, failure, step === 'enable')
        return this.#bringUp(position, record, entry, dropLeft(core, slot, record, failure))
      },
    )
  }

  #signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      // As many plugins listen to it as start at a time, and none stays.
      setMaxListeners(0, this.#abort.signal)
    }
    return this.#abort.signal
  }

  #tell(problem: PluginError): void {
    const { core, problems } = this.#options
    problems.push(problem)
    logProblems(core, [problem])
  }

  #succeed(position: number, entry: Entry, generation: Generation): unknown {
    const { core } = this.#options
    entry.registerMs = generation.hooks.registerMs
    entry.setupMs = generation.hooks.setupMs
    if (!this.#cancelled) {
      try {
        show(core, generation)
        entry.outcome = 'active'
        return this.#end(position, entry)
      } catch (error) {
        return this.#takeBack(position, entry, generation, failureOf(generation, 'setup', error))
      }
    }
    return this.#takeBack(position, entry, generation, startCancelled(generation.name, this.#cancelled.reason))
  }

  #takeBack(position: number, entry: Entry, generation: Generation, failure: PluginError): unknown {
    generation.vanish()
    return chain(generation.end(), (problems) => {
      logProblems(this.#options.core, problems)
      this.#fail(position, entry, failure)
    })
  }

  #fail(position: number, entry: Entry, failure: PluginError, isEnabling = false): void {
    const { slots, core } = this.#options
    const slot = slots[position] as PluginSlot
    if (isEnabling) slot.wanted = false
    core.roster.move(slot, isEnabling ? 'disabled' : 'failed', failure)
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

  #end(position: number, entry: Entry): void {
    entry.endedMs = performance.now() - this.#origin
    this.#readyMs[position] = entry.endedMs
  }

  /** The dependency that was ready last, of those that started in this run. */
  #lastOf(position: number): string | undefined {
    let last: number | undefined
    for (const each of this.#positions[position] as readonly number[]) {
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

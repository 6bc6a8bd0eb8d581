// Starts plugins side by side, each as soon as its own dependencies are ready.
import { isThenable, type PluginError } from '@cf-plugins/plugin-api'
import type { PluginRegistry } from '@cf-plugins/registry'
import { blockOf } from './blocked.ts'
import { bringUp, logProblems, show } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import { chain, onAbort } from './deadline.ts'
import { failureOf } from './failures.ts'
import { type Generation, NO_DEPENDENCIES, startCancelled } from './generation.ts'
import { positionsOf } from './ordered.ts'
import type { PluginSlot } from './plugin-slot.ts'
import { schedule } from './schedule.ts'
import { tellWhoIsLate } from './slow-start.ts'
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
  readonly names: readonly string[]
  /** The plugin that a person switches on right now: its `onEnable` belongs to its start. */
  readonly enabling?: string | undefined
  /** Takes up a plugin that has an instance already, at rest. */
  readonly resume: (slot: PluginSlot) => unknown
  /** Whether a plugin's failure ends the whole run. */
  readonly isFatal: (slot: PluginSlot) => boolean
}

type Entry = { -readonly [Key in keyof TimelineEntry]: TimelineEntry[Key] }

/** One run of starts. */
export class StartRun {
  readonly #options: StartRunOptions
  readonly #origin = performance.now()
  readonly #timeline: Entry[] = []
  readonly #needs: readonly (readonly string[])[]
  #readyMs: Map<string, number> | undefined
  #cancelled: { readonly reason: unknown } | undefined

  constructor(options: StartRunOptions) {
    const { names, registry } = options
    this.#options = options
    this.#needs = names.map((name) => registry.dependenciesOf(name))
  }

  /** Starts every plugin that can be; never rejects: a failure is in its plugin's slot. Gives the timeline, in the order of starts. */
  run(): readonly TimelineEntry[] | Promise<readonly TimelineEntry[]> {
    const { core, names, parallel = true, concurrency, signal, shutdown } = this.#options
    const positions = parallel ? positionsOf(names, this.#needs) : names.map((_name, at) => (at === 0 ? [] : [at - 1]))
    const undo = onAbort([signal, shutdown], (reason) => this.#cancel(reason))
    const done = schedule(positions, (position) => this.#start(position), concurrency)
    if (!done) {
      undo()
      return this.#timeline
    }
    const timer = tellWhoIsLate(core, names, this.#needs)
    return done.then(() => {
      clearTimeout(timer)
      undo()
      return this.#timeline
    })
  }

  #cancel(reason: unknown): void {
    this.#cancelled ??= { reason }
    for (const name of this.#options.names) this.#options.core.roster.find(name)?.starting?.giveUp(reason)
  }

  #start(position: number): unknown {
    const { core, registry, names, signal, shutdown, resume } = this.#options
    const slot = core.roster.slot(names[position] as string)
    const dependencies = this.#needs[position] as readonly string[]
    const block = blockOf(core, registry, slot, dependencies)
    if (block) return this.#block(slot, block)
    if (signal?.aborted || shutdown.aborted) this.#cancel((signal?.aborted ? signal : shutdown).reason)
    if (slot.serving) return this.#cancelled ? undefined : resume(slot)
    const startedMs = performance.now() - this.#origin
    const entry: Entry = {
      plugin: slot.name,
      startedMs,
      endedMs: startedMs,
      registerMs: 0,
      setupMs: 0,
      waitedFor: dependencies.length > 0 ? this.#lastOf(dependencies) : undefined,
      outcome: 'failed',
    }
    this.#timeline.push(entry)
    if (this.#cancelled) return this.#fail(slot, entry, startCancelled(slot.name, this.#cancelled.reason))
    return this.#bringUp(slot, entry, dependencies)
  }

  #bringUp(slot: PluginSlot, entry: Entry, dependencies: readonly string[]): unknown {
    const { core, registry, enabling } = this.#options
    const record = registry.get(slot.name)
    if (!record) return undefined
    let isEnabling = false
    const fail = (error: unknown) =>
      this.#fail(slot, entry, failureOf({ name: slot.name, record }, 'setup', error), isEnabling)
    const succeed = (generation: Generation) => this.#succeed(slot, entry, generation)
    const finish = (generation: Generation) => {
      isEnabling = true
      return generation.call('onEnable')
    }
    core.roster.move(slot, 'starting')
    try {
      const started = bringUp(core, slot, record, {
        reason: 'start',
        lookup: core.host.findService,
        dependencies: dependencies.length === 0 ? NO_DEPENDENCIES : core.roster.numbersOf(dependencies),
        snapshot: slot.kept,
        finish: slot.name === enabling ? finish : undefined,
      })
      return isThenable(started) ? started.then(succeed, fail) : succeed(started)
    } catch (error) {
      return fail(error)
    }
  }

  #succeed(slot: PluginSlot, entry: Entry, generation: Generation): unknown {
    const { core } = this.#options
    let failure: PluginError | undefined
    if (this.#cancelled) failure = startCancelled(slot.name, this.#cancelled.reason)
    else {
      try {
        show(core, generation)
      } catch (error) {
        failure = failureOf(generation, 'setup', error)
      }
    }
    if (failure) {
      const why = failure
      generation.vanish()
      return chain(generation.end(), (problems) => {
        logProblems(core, problems)
        this.#fail(slot, entry, why)
      })
    }
    entry.registerMs = generation.registerMs
    entry.setupMs = generation.setupMs
    entry.outcome = 'active'
    this.#end(entry)
    return undefined
  }

  #fail(slot: PluginSlot, entry: Entry, failure: PluginError, isEnabling = false): void {
    if (isEnabling) slot.wanted = false
    this.#options.core.roster.move(slot, isEnabling ? 'disabled' : 'failed', failure)
    this.#end(entry)
    if (this.#options.isFatal(slot)) this.#cancel(failure)
  }

  #block(slot: PluginSlot, error: PluginError): void {
    this.#options.core.roster.move(slot, 'blocked', error)
    if (this.#options.isFatal(slot)) this.#cancel(error)
  }

  #end(entry: Entry): void {
    entry.endedMs = performance.now() - this.#origin
    this.#readyMs ??= new Map()
    this.#readyMs.set(entry.plugin, entry.endedMs)
  }

  /** The dependency that was ready last. */
  #lastOf(names: readonly string[]): string | undefined {
    let last: string | undefined
    let lastMs = -1
    for (const name of names) {
      const at = this.#readyMs?.get(name)
      if (at === undefined || at <= lastMs) continue
      last = name
      lastMs = at
    }
    return last
  }
}

// One plugin on its way up in a run of starts: with the state that it is given back, and without that where it must be.
import type { PluginError, PluginRecord } from '@cf-plugins/plugin-api'
import { BringUp } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import type { Generation } from './generation.ts'
import type { Dependencies, ServiceLookup, StartReason } from './generation-start.ts'
import { isLeft, usesState } from './lasting-state.ts'
import type { PluginSlot } from './plugin-slot.ts'
import type { TimelineEntry } from './start-report.ts'
import { restoreState } from './state.ts'

/** A line of the timeline that is being written. */
export type Entry = { -readonly [Key in keyof TimelineEntry]: TimelineEntry[Key] }

/** The run that a plugin starts in. */
export interface StartOwner {
  readonly core: LifecycleCore
  /** The plugin that a person switches on right now: its `onEnable` belongs to its start. */
  readonly enabling: string | undefined
  readonly isCancelled: boolean
  /** Aborts with the run. */
  signal(): AbortSignal
  /** Takes note of what keeps no plugin from starting. */
  tell(problem: PluginError): void
  succeed(start: PluginStart, generation: Generation): unknown
  /** @param isEnabling whether the plugin runs, and could not be switched on */
  fail(start: PluginStart, failure: PluginError, isEnabling: boolean): unknown
  /** Starts it once more, without the state of an earlier process, which `failure` says it could not be given. */
  startWithoutState(start: PluginStart, failure: PluginError): unknown
  ended(position: number): void
}

/** A plugin's place in its run. */
export interface StartPlace {
  readonly position: number
  readonly entry: Entry
  readonly record: PluginRecord
  readonly dependencies: Dependencies
}

export class PluginStart extends BringUp {
  readonly position: number
  readonly entry: Entry
  readonly #run: StartOwner
  readonly #stateError: PluginError | undefined
  /** Without state that another process left a plugin may start, and so it is told apart why it could not. */
  readonly #left: unknown
  #step: 'start' | 'restore' | 'enable' = 'start'

  /** @param stateError why state of an earlier process is not given to it */
  constructor(run: StartOwner, slot: PluginSlot, place: StartPlace, stateError?: PluginError) {
    super(run.core, slot, place.record, place.dependencies)
    this.position = place.position
    this.entry = place.entry
    this.#run = run
    this.#stateError = stateError
    this.#left = isLeft(run.core, slot) ? slot.kept : undefined
  }

  get reason(): StartReason {
    return 'start'
  }

  get lookup(): ServiceLookup {
    return this.core.host.offersOf
  }

  override get snapshot(): unknown {
    return this.#left === undefined ? this.slot.kept : undefined
  }

  override get kept(): unknown {
    return this.slot.kept
  }

  override get finish(): BringUp['finish'] {
    if (this.#left === undefined && !this.#isEnabling) return undefined
    return async (generation) => {
      this.#step = 'restore'
      if (this.#left !== undefined) {
        await restoreState(this.core, generation, this.#left, undefined, this.#run.signal())
      }
      if (!this.#isEnabling) return
      this.#step = 'enable'
      await generation.call('onEnable')
    }
  }

  get #isEnabling(): boolean {
    return this.slot.name === this.#run.enabling
  }

  protected succeed(generation: Generation): unknown {
    if (this.#stateError && usesState(generation)) this.#run.tell(this.#stateError)
    return this.#run.succeed(this, generation)
  }

  protected fail(failure: PluginError): unknown {
    const isOfState = this.#step === 'restore' || (this.#left !== undefined && failure.phase === 'migrateState')
    if (!isOfState || this.#run.isCancelled) return this.#run.fail(this, failure, this.#step === 'enable')
    return this.#run.startWithoutState(this, failure)
  }

  protected over(): void {
    this.#run.ended(this.position)
  }
}

// Brings one plugin up: a new generation, started, with its state, or ended again; and shows it.
import { isThenable, type PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { chain } from './chain.ts'
import type { LifecycleCore } from './core.ts'
import { failureOf } from './failures.ts'
import { Generation } from './generation.ts'
import type { Dependencies, GenerationStart, ServiceLookup, StartReason } from './generation-start.ts'
import { isThreaded } from './host.ts'
import { attempt, type HookLimit, type StartWaiter } from './instance-hooks.ts'
import type { PluginSlot } from './plugin-slot.ts'
import { LATER } from './schedule.ts'
import { prepareState, restoreState } from './state.ts'

/**
 * One plugin on its way up: `begin` starts a generation of its record, invisible still, and gives back its state. Then
 * `succeed` is called; or `fail`, where anything failed and what was begun has been ended. One object a plugin, and no
 * promise of its own: what starts a thousand plugins pays for each.
 */
export abstract class BringUp implements GenerationStart, StartWaiter {
  readonly core: LifecycleCore
  readonly slot: PluginSlot
  readonly record: PluginRecord
  readonly dependencies: Dependencies
  startedMs = 0
  registerMs = 0
  setupMs = 0
  #generation: Generation | undefined
  #waited = false

  constructor(core: LifecycleCore, slot: PluginSlot, record: PluginRecord, dependencies: Dependencies) {
    this.core = core
    this.slot = slot
    this.record = record
    this.dependencies = dependencies
  }

  /** When it was up; now, where something came after its hooks. */
  get upMs(): number {
    return this.#waited ? performance.now() : this.startedMs + this.registerMs + this.setupMs
  }

  abstract get reason(): StartReason
  abstract get lookup(): ServiceLookup

  /** A configuration that is checked already. @default the host's, checked at the start */
  get config(): GenerationStart['config'] {
    return undefined
  }
  /** State of an earlier instance; nothing where there is none. */
  get snapshot(): unknown {
    return undefined
  }
  get kept(): unknown {
    return undefined
  }
  /** How long the next step may take where its own bound is longer, in milliseconds. */
  get limit(): HookLimit {
    return undefined
  }
  /** The same for the end of what failed; asked when it has. */
  get endLimit(): HookLimit {
    return undefined
  }
  /** Ends the wait for a state that is given back. */
  get signal(): AbortSignal | undefined {
    return undefined
  }
  /** Called last, before the generation is shown: an enabling's `onEnable`. */
  get finish(): ((generation: Generation) => unknown) | undefined {
    return undefined
  }

  /** What it gives is waited for where it is a promise; so is `LATER`, until the `over` of whatever gave that. */
  protected abstract succeed(generation: Generation): unknown
  /** The same. */
  protected abstract fail(error: PluginError): unknown
  /** Told last, where `begin` gave `LATER`. */
  protected abstract over(): void

  /** Begins. Gives `LATER` where it is not over at once. */
  begin(): unknown {
    const generation = new Generation(this.record, this.slot, this.core.host, this)
    this.#generation = generation
    this.slot.starting = generation
    let isUp: boolean
    try {
      const { limit } = this
      const prepared = prepareState(this.core, generation, limit?.())
      if (isThenable(prepared)) {
        prepared.then(
          () => attempt(() => generation.start(this, limit), this),
          (error) => this.failed(error),
        )
        return LATER
      }
      isUp = generation.start(this, limit)
    } catch (error) {
      return this.#ending(this.#down(generation, error))
    }
    return isUp ? this.#ending(this.#ready(generation)) : LATER
  }

  /** The generation has been set up. */
  done(): void {
    if (this.#ending(this.#ready(this.#begun)) !== LATER) this.over()
  }

  /** It could not be. */
  failed(error: unknown): void {
    if (this.#ending(this.#down(this.#begun, error)) !== LATER) this.over()
  }

  get #begun(): Generation {
    return this.#generation as Generation
  }

  #ready(generation: Generation): unknown {
    const { snapshot, finish } = this
    if (snapshot === undefined && !finish) return this.#up(generation)
    this.#waited = true
    return restoreState(this.core, generation, snapshot, this.limit?.(), this.signal)
      .then(() => finish?.(generation))
      .then(
        () => this.#up(generation),
        (error) => this.#down(generation, error),
      )
  }

  #up(generation: Generation): unknown {
    this.slot.starting = undefined
    this.#warnIfSlow(generation)
    return this.succeed(generation)
  }

  #down(generation: Generation, error: unknown): unknown {
    const failure = failureOf(generation, 'setup', error)
    generation.vanish()
    return chain(generation.end(this.endLimit?.()), (problems) => {
      this.slot.starting = undefined
      logProblems(this.core, problems)
      return this.fail(failure)
    })
  }

  /** Has `over` told of what is waited for. */
  #ending(result: unknown): unknown {
    if (!isThenable(result)) return result
    const over = () => this.over()
    result.then((value) => value === LATER || over(), over)
    return LATER
  }

  #warnIfSlow({ name, record, host }: Generation): void {
    const { registerMs, setupMs, core } = this
    // What a thread takes to start is not the plugin's doing, and keeps nobody else waiting.
    const ownMs = isThreaded(host, record.meta) ? setupMs : registerMs + setupMs
    if (ownMs <= core.slowMs) return
    const times = `register() ${Math.round(registerMs)} ms, setup() ${Math.round(setupMs)} ms`
    core.host.logger.warn({ plugin: name, registerMs, setupMs }, `Plugin "${name}" was slow to start: ${times}.`)
  }
}

/**
 * Shows generations in one synchronous step: services before handlers, so that no handler misses a service, and what
 * they published before only when all of them can hear it.
 */
export function show(core: LifecycleCore, ...generations: readonly Generation[]): void {
  for (const generation of generations) publish(core, generation)
  const slots = generations.map(({ name }) => core.roster.slot(name))
  let awaited: PluginSlot[] | undefined
  for (const [at, generation] of generations.entries()) {
    const slot = slots[at] as PluginSlot
    if (slot.serve(generation)) {
      awaited ??= []
      awaited.push(slot)
    }
    generation.goLive()
  }
  for (const slot of slots) core.roster.move(slot, 'active')
  for (const slot of awaited ?? []) slot.openGate()
  for (const generation of generations) generation.flush()
}

/** The same for one that starts: its slot is at hand. */
export function showOne(core: LifecycleCore, slot: PluginSlot, generation: Generation): void {
  publish(core, generation)
  const isAwaited = slot.serve(generation)
  generation.goLive()
  core.roster.move(slot, 'active')
  if (isAwaited) slot.openGate()
  generation.flush()
}

function publish({ services }: LifecycleCore, generation: Generation): void {
  if (generation.offersMore) services.publish(generation.name, generation.services())
  else if (generation.service !== undefined) services.publishOwn(generation.name, generation.service)
}

/** Tells the log what went wrong without changing what came of it. */
export function logProblems(core: LifecycleCore, problems: readonly PluginError[]): void {
  for (const problem of problems) core.host.logger.warn({ err: problem }, problem.message)
}

// Brings one plugin up: a new generation, started, with its state, or ended again; and shows it.
import { isThenable, type PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { chain } from './chain.ts'
import type { LifecycleCore } from './core.ts'
import { failureOf } from './failures.ts'
import { Generation } from './generation.ts'
import type { GenerationStart } from './generation-start.ts'
import { isThreaded } from './host.ts'
import type { PluginSlot } from './plugin-slot.ts'
import { prepareState, restoreState } from './state.ts'

/** How a new generation starts. */
export interface BringUp extends GenerationStart {
  /** State of an earlier instance; nothing where there is none. */
  readonly snapshot?: unknown
  /** How long the next step may take where its own bound is longer, in milliseconds. */
  readonly limit?: (() => number) | undefined
  /** The same for the end of what failed; asked when it has. */
  readonly endLimit?: (() => number) | undefined
  /** Ends the wait for a state that is given back. */
  readonly signal?: AbortSignal | undefined
  /** Called last, before the generation is shown: an enabling's `onEnable`. */
  readonly finish?: ((generation: Generation) => unknown) | undefined
}

/**
 * Starts a generation of `record`, invisible still, and gives back its state. Then it calls `succeed`; or, where anything
 * failed and what was begun has been ended, `fail`. Gives what that returns; a promise only where something in it was one.
 */
export function bringUp<T>(
  core: LifecycleCore,
  slot: PluginSlot,
  record: PluginRecord,
  options: BringUp,
  succeed: (generation: Generation) => T | PromiseLike<T>,
  fail: (error: PluginError) => T,
): T | PromiseLike<T> {
  const generation = new Generation(record, slot, core.host, options)
  const { snapshot, finish, limit, endLimit, signal } = options
  slot.starting = generation
  const up = () => {
    slot.starting = undefined
    warnIfSlow(core, generation)
    return succeed(generation)
  }
  const down = (error: unknown) => {
    const failure = failureOf(generation, 'setup', error)
    generation.vanish()
    return chain(generation.end(endLimit?.()), (problems) => {
      slot.starting = undefined
      logProblems(core, problems)
      return fail(failure)
    })
  }
  let started: unknown
  try {
    started = chain(prepareState(core, generation, limit?.()), () => generation.start(limit))
    if (snapshot !== undefined || finish) {
      const complete = () =>
        chain(restoreState(core, generation, snapshot, limit?.(), signal), () => finish?.(generation))
      started = chain(started, complete)
    }
  } catch (error) {
    return down(error)
  }
  return isThenable(started) ? (started as PromiseLike<void>).then(up, down) : up()
}

/**
 * Shows generations in one synchronous step: services before handlers, so that no handler misses a service, and what
 * they published before only when all of them can hear it.
 */
export function show(core: LifecycleCore, ...generations: readonly Generation[]): void {
  for (const generation of generations) {
    if (generation.offersMore) core.services.publish(generation.name, generation.services())
    else if (generation.service !== undefined) core.services.publishOwn(generation.name, generation.service)
  }
  let awaited: PluginSlot[] | undefined
  for (const generation of generations) {
    const slot = core.roster.slot(generation.name)
    if (slot.serve(generation)) {
      awaited ??= []
      awaited.push(slot)
    }
    generation.goLive()
  }
  for (const { name } of generations) core.roster.move(core.roster.slot(name), 'active')
  for (const slot of awaited ?? []) slot.openGate()
  for (const generation of generations) generation.flush()
}

/** Tells the log what went wrong without changing what came of it. */
export function logProblems(core: LifecycleCore, problems: readonly PluginError[]): void {
  for (const problem of problems) core.host.logger.warn({ err: problem }, problem.message)
}

function warnIfSlow(core: LifecycleCore, { name, record, host, hooks: { registerMs, setupMs } }: Generation): void {
  // What a thread takes to start is not the plugin's doing, and keeps nobody else waiting.
  const ownMs = isThreaded(host, record.meta) ? setupMs : registerMs + setupMs
  if (ownMs <= core.slowMs) return
  const times = `register() ${Math.round(registerMs)} ms, setup() ${Math.round(setupMs)} ms`
  core.host.logger.warn({ plugin: name, registerMs, setupMs }, `Plugin "${name}" was slow to start: ${times}.`)
}

// Brings one plugin up: a new generation, started, with its state, or ended again.
import { isThenable, type PluginRecord } from '@cf-plugins/plugin-api'
import type { LifecycleCore } from './core.ts'
import { chain } from './deadline.ts'
import { failureOf } from './failures.ts'
import { Generation, type ServiceLookup, type StartReason } from './generation.ts'
import type { StatefulPlugin } from './host.ts'
import type { PluginSlot } from './plugin-slot.ts'

/** How a new generation starts. */
export interface BringUp {
  readonly reason: StartReason
  readonly lookup: ServiceLookup
  readonly dependencies: ReadonlyMap<string, Generation | undefined>
  /** State of an earlier instance; nothing where there is none. */
  readonly snapshot?: unknown
  readonly limitMs?: number | undefined
  /** Called last, before the generation is shown: an enabling's `onEnable`. */
  readonly finish?: ((generation: Generation) => unknown) | undefined
}

/**
 * Starts a generation of `record`, invisible still, and gives back its state. Where anything fails, what was begun
 * is ended before the error is thrown.
 */
export function bringUp(
  core: LifecycleCore,
  slot: PluginSlot,
  record: PluginRecord,
  options: BringUp,
): Generation | PromiseLike<Generation> {
  const generation = new Generation(record, slot, core.host, options)
  const fail = async (error: unknown): Promise<never> => {
    generation.vanish()
    for (const problem of await generation.end()) core.host.logger.warn({ err: problem }, problem.message)
    throw failureOf(generation, 'setup', error)
  }
  let started: unknown
  try {
    started = chain(generation.start(options.limitMs), () =>
      chain(restore(core, generation, options.snapshot), () => options.finish?.(generation)),
    )
  } catch (error) {
    return fail(error)
  }
  if (!isThenable(started)) return warnIfSlow(core, generation)
  return started.then(() => warnIfSlow(core, generation), fail)
}

/** Shows a generation: its services first, then its handlers, so that no handler misses a service. */
export function show(core: LifecycleCore, generation: Generation): void {
  core.services.publish(generation.name, generation.services())
  generation.slot.serving = generation
  generation.slot.kept = undefined
  generation.goLive()
  core.roster.move(generation.slot, 'active')
}

/** The plugin, as the keeper of its state sees it. */
export function stateful(generation: Generation): StatefulPlugin {
  const { name, record, instance, slot } = generation
  return { name, meta: record.meta, instance, enabled: slot.wanted ?? record.meta.enabled }
}

function restore(core: LifecycleCore, generation: Generation, snapshot: unknown): unknown {
  if (snapshot === undefined || !core.keeper || generation.record.meta.reload.state === 'discard') return undefined
  return core.keeper.restore(stateful(generation), snapshot)
}

function warnIfSlow(core: LifecycleCore, generation: Generation): Generation {
  const { registerMs, setupMs, name } = generation
  if (registerMs + setupMs > core.slowMs) {
    const times = `register() ${Math.round(registerMs)} ms, setup() ${Math.round(setupMs)} ms`
    core.host.logger.warn({ plugin: name, registerMs, setupMs }, `Plugin "${name}" was slow to start: ${times}.`)
  }
  return generation
}

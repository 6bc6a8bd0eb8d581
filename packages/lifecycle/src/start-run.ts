// Starts plugins side by side, each as soon as its own dependencies are ready.
import { isThenable, PluginError } from '@cf-plugins/plugin-api'
import type { PluginRegistry } from '@cf-plugins/registry'
import { bringUp, show } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import { failureOf } from './failures.ts'
import type { Generation, ServiceLookup } from './generation.ts'
import { positionsOf } from './ordered.ts'
import type { PluginSlot } from './plugin-slot.ts'
import { schedule } from './schedule.ts'
import type { TimelineEntry } from './start-report.ts'

/** How plugins are started. */
export interface StartOptions {
  /** Independent plugins side by side, or all of them one after another. @default true */
  readonly parallel?: boolean
  /** How many may start at a time. @default no limit */
  readonly concurrency?: number
  /** Cancels what has not begun; what has begun is ended again. */
  readonly signal?: AbortSignal
}

/** What a run of starts works with. */
export interface StartRun extends StartOptions {
  readonly core: LifecycleCore
  readonly registry: PluginRegistry
  /** Plugins to start, dependencies first. */
  readonly names: readonly string[]
  /** Called for a plugin that a person enabled, once it is set up. */
  readonly finish?: ((generation: Generation) => unknown) | undefined
  /** Takes up a plugin that has an instance already, at rest. */
  readonly resume: (slot: PluginSlot) => unknown
}

/** Starts every plugin of the run that can be. Never rejects: a failure is in its plugin's slot. */
export function runStarts(run: StartRun): readonly TimelineEntry[] | Promise<readonly TimelineEntry[]> {
  const { core, registry, names, parallel = true, concurrency } = run
  const origin = performance.now()
  const timeline: TimelineEntry[] = []
  const ready = new Map<string, number>()
  const needs = names.map((name) => registry.dependenciesOf(name))
  const positions = parallel ? positionsOf(names, needs) : names.map((_name, at) => (at === 0 ? [] : [at - 1]))

  const startOne = (position: number): unknown => {
    const slot = core.roster.slot(names[position] as string)
    const dependencies = needs[position] as string[]
    const block = blockOf(core, registry, slot, dependencies)
    if (block) return core.roster.move(slot, 'blocked', block)
    if (slot.serving) return run.resume(slot)
    const startedMs = performance.now() - origin
    const end = (generation: Generation | undefined) => {
      const endedMs = performance.now() - origin
      ready.set(slot.name, endedMs)
      timeline.push({
        plugin: slot.name,
        startedMs,
        endedMs,
        registerMs: generation?.registerMs ?? 0,
        setupMs: generation?.setupMs ?? 0,
        waitedFor: lastOf(dependencies, ready),
        outcome: generation ? 'active' : 'failed',
      })
    }
    return startPlugin(run, slot, dependencies, end)
  }
  const done = schedule(positions, startOne, concurrency)
  const inOrder = () => timeline.sort((a, b) => a.startedMs - b.startedMs)
  return done ? done.then(inOrder) : inOrder()
}

/** The generation that a plugin's dependency is at now; nothing where it is not active. */
export function activeGeneration(core: LifecycleCore, name: string): Generation | undefined {
  const slot = core.roster.find(name)
  return slot?.state === 'active' ? slot.serving : undefined
}

function startPlugin(
  { core, registry, signal, finish }: StartRun,
  slot: PluginSlot,
  dependencies: readonly string[],
  end: (generation: Generation | undefined) => void,
): unknown {
  const record = registry.get(slot.name)
  if (!record) return undefined
  const fail = (error: unknown) => {
    const failure = failureOf({ name: slot.name, record }, 'setup', error)
    const isEnabling = failure.code === 'CFP_ENABLE_FAILED' || failure.code === 'CFP_ENABLE_TIMEOUT'
    if (isEnabling) slot.wanted = false
    core.roster.move(slot, isEnabling ? 'disabled' : 'failed', failure)
    end(undefined)
  }
  const succeed = (generation: Generation) => {
    try {
      show(core, generation)
    } catch (error) {
      generation.vanish()
      return generation.end().then(() => fail(error))
    }
    end(generation)
  }
  if (signal?.aborted) {
    return fail(
      new PluginError('CFP_OPERATION_ABORTED', `Plugin "${slot.name}" was not started: the start was cancelled.`, {
        plugin: slot.name,
        cause: signal.reason,
      }),
    )
  }
  core.roster.move(slot, 'starting')
  const lookup: ServiceLookup = (service) => core.services.lookup(service)
  const started = bringUp(core, slot, record, {
    reason: 'start',
    lookup,
    dependencies: new Map(dependencies.map((name) => [name, activeGeneration(core, name)])),
    snapshot: slot.kept,
    finish,
  })
  return isThenable(started) ? started.then(succeed, fail) : succeed(started)
}

/** Why a plugin cannot start now: the first of its required dependencies that is not active. */
function blockOf(
  core: LifecycleCore,
  registry: PluginRegistry,
  slot: PluginSlot,
  dependencies: readonly string[],
): PluginError | undefined {
  for (const name of dependencies) {
    const dependency = core.roster.find(name)
    if (dependency?.state === 'active' || registry.requires(slot.name, name) !== 'required') continue
    const cause = dependency?.error
    const why = cause ? rootMessage(cause) : `which is ${dependency?.state ?? 'not there'}.`
    return new PluginError(
      'CFP_DEPENDENCY_FAILED',
      `Plugin "${slot.name}" was not started: it needs "${name}", ${why}`,
      {
        plugin: slot.name,
        phase: 'resolve',
        file: registry.get(slot.name)?.source.file,
        cause,
      },
    )
  }
  return undefined
}

/** A dependency's error as the end of a sentence: `which failed in setup(): connect ECONNREFUSED`. */
function rootMessage(error: PluginError): string {
  const { plugin, phase, cause, message } = error
  if (error.code === 'CFP_DEPENDENCY_FAILED')
    return `which was not started: ${message.replace(/^Plugin "[^"]*" was not started: /, '')}`
  if (plugin !== undefined && phase !== undefined && cause instanceof Error)
    return `which failed in ${phase}(): ${cause.message}`
  return `which failed: ${message}`
}

function lastOf(names: readonly string[], ready: ReadonlyMap<string, number>): string | undefined {
  let last: string | undefined
  for (const name of names) {
    const at = ready.get(name)
    if (at !== undefined && at > (last === undefined ? -1 : (ready.get(last) as number))) last = name
  }
  return last
}

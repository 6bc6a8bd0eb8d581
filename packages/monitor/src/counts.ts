// What is counted of one host, from what it publishes.
import type { AuditMessage } from '@cf-plugins/plugin-api/host'
import { BoundedNames, OTHER } from './bounded-names.ts'
import { Histogram } from './histogram.ts'
import type { HookCall } from './hook-calls.ts'
import type { ObservedBlock, ObservedHandler, ObservedReport, ObservedState, ObservedThread } from './messages.ts'
import { isServing } from './plugin-standing.ts'
import { HandlerTally, PluginTally } from './tallies.ts'

export class Counts {
  readonly since = new Date()
  readonly plugins: BoundedNames<PluginTally>
  /** The state that was told last of each plugin; of one that was unloaded there is none. */
  readonly states = new Map<string, string>()
  readonly reloads = new Map<string, number>()
  readonly reloadDuration = new Histogram()
  starts = 0
  failures = 0
  // By kind, name and plugin, without a key that would have to be made at each call.
  readonly #handlers = new Map<string, Map<string, Map<string, HandlerTally>>>()
  #room: number

  constructor(maxNames: number) {
    this.plugins = new BoundedNames(maxNames, (name) => new PluginTally(name))
    this.#room = maxNames
  }

  /** @returns what became of the plugin, where that is counted */
  state({ plugin, from, to }: ObservedState): 'start' | 'failure' | undefined {
    // One that is known and not started, as one is that is unloaded, is the same as one that nothing was told of.
    if (to === 'resolved') this.states.delete(plugin)
    else this.states.set(plugin, to)
    if (to === 'active' && !isServing(from)) {
      this.starts++
      this.plugins.of(plugin).starts++
      return 'start'
    }
    if (to !== 'failed') return undefined
    this.failures++
    this.plugins.of(plugin).failures++
    return 'failure'
  }

  hook({ hook, plugin, durationMs, syncMs }: HookCall): PluginTally {
    const tally = this.plugins.of(plugin)
    tally.kept(syncMs)
    tally.hooks[hook].record(durationMs)
    return tally
  }

  reload({ outcome, durationMs }: ObservedReport): void {
    this.reloads.set(outcome, (this.reloads.get(outcome) ?? 0) + 1)
    this.reloadDuration.record(durationMs)
  }

  handler(message: ObservedHandler): HandlerTally {
    const handler = this.#handlerOf(message.kind, message.name, message.plugin)
    handler.count(message)
    const tally = handler.owner ?? this.plugins.of(message.plugin)
    tally.kept(message.syncMs)
    if (message.outcome === 'failed') tally.errors++
    else if (message.outcome === 'timeout') tally.timeouts++
    return handler
  }

  audit({ action, outcome, plugin }: AuditMessage): PluginTally | undefined {
    if (plugin === undefined) return undefined
    const isStray = action === 'stray-error'
    if (!isStray && outcome !== 'denied') return undefined
    const tally = this.plugins.of(plugin)
    if (isStray) tally.strayErrors++
    else tally.denied++
    return tally
  }

  block({ plugin, blockedMs }: ObservedBlock): PluginTally {
    const tally = this.plugins.of(plugin)
    tally.blocked(blockedMs)
    return tally
  }

  thread(message: ObservedThread): PluginTally {
    const tally = this.plugins.of(message.plugin)
    tally.threads.count(message)
    return tally
  }

  handlers(): HandlerTally[] {
    return [...this.#handlers.values()].flatMap((names) =>
      [...names.values()].flatMap((plugins) => [...plugins.values()]),
    )
  }

  #handlerOf(kind: ObservedHandler['kind'], name: string, plugin: string): HandlerTally {
    const found = this.#handlers.get(kind)?.get(name)?.get(plugin)
    if (found) return found
    const isOther = name === OTHER && plugin === OTHER
    if (!isOther && this.#room === 0) return this.#handlerOf(kind, OTHER, OTHER)
    if (!isOther) this.#room--
    const made = new HandlerTally(kind, name, isOther ? undefined : this.plugins.of(plugin))
    const names = this.#handlers.get(kind) ?? new Map<string, Map<string, HandlerTally>>()
    const plugins = names.get(name) ?? new Map<string, HandlerTally>()
    this.#handlers.set(kind, names.set(name, plugins.set(plugin, made)))
    return made
  }
}

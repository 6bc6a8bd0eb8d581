// What may be asked of a lifecycle: where its plugins stand, why, and how they are.
import type { Pipelines, PluginEvents, PluginHooks } from '@cf-plugins/hooks'
import { type Explanation, PluginRegistry } from '@cf-plugins/registry'
import { createCore, type LifecycleCore, type LifecycleOptions } from './core.ts'
import { askHealth, type PluginHealthReport } from './health.ts'
import type { PluginSlot, PluginStatus } from './plugin-slot.ts'
import type { StateListener } from './roster.ts'
import { notActive } from './service-access.ts'

/** A lifecycle, as an observer sees it: nothing here changes anything. */
export abstract class LifecycleView<App = unknown, Shared = unknown> {
  /** Which host this is, in every message that observers get. */
  readonly id: string
  readonly registry: PluginRegistry
  readonly events: PluginEvents
  readonly hooks: PluginHooks
  readonly pipelines: Pipelines
  protected readonly core: LifecycleCore

  constructor(options: LifecycleOptions<App, Shared>) {
    this.registry = options.registry ?? new PluginRegistry()
    this.core = createCore(options, this.registry)
    this.id = this.core.host.id
    this.events = this.core.host.events
    this.hooks = this.core.host.hooks
    this.pipelines = this.core.host.pipelines
  }

  /** How many calls a plugin has in flight. @throws `CFP_PLUGIN_UNKNOWN` */
  inFlight(name: string): number {
    return this.slotOf(name).inFlight
  }

  /** How many events and calls wait for a plugin that is being replaced, or is down. @throws `CFP_PLUGIN_UNKNOWN` */
  parked(name: string): number {
    return this.slotOf(name).parked
  }

  /** The instance that serves a plugin, active or at rest. */
  instance(name: string): object | undefined {
    return this.slotOf(name).serving?.instance
  }

  /** @throws `CFP_PLUGIN_UNKNOWN` */
  status(name: string): PluginStatus {
    const slot = this.slotOf(name)
    const { threads } = this.core.host
    return {
      plugin: slot.name,
      state: slot.state,
      version: (slot.serving?.record ?? this.registry.get(slot.name))?.meta.version ?? '',
      generation: slot.serving?.record.source.generation ?? 0,
      zombies: slot.zombies,
      orphaned: slot.orphaned,
      error: slot.error,
      blocked: slot.blocked,
      threadEnds: threads?.endsOf?.(name),
      isQueueFull: threads?.isFull?.(name),
    }
  }

  /** Every registered plugin, dependencies first. */
  statuses(): PluginStatus[] {
    return this.registry.order().map((name) => this.status(name))
  }

  /**
   * Asks plugins how they are: every active one, side by side, or one of them. A plugin that throws or does not answer in its
   * `timeouts.reloadMs` is unhealthy, one without the hook is healthy.
   *
   * @throws `CFP_PLUGIN_UNKNOWN`, and `CFP_NOT_ACTIVE` where the one that is asked is not active
   */
  health(): Promise<PluginHealthReport[]>
  health(name: string): Promise<PluginHealthReport>
  async health(name?: string): Promise<PluginHealthReport[] | PluginHealthReport> {
    if (name === undefined) return askHealth(this.registry.order().map((each) => this.slotOf(each)))
    const slot = this.slotOf(name)
    const [report] = await askHealth([slot])
    if (!report) throw notActive(slot)
    return report
  }

  /** Why a plugin is where it is, down to the root cause. @throws `CFP_PLUGIN_UNKNOWN` */
  explain(name: string): Explanation {
    return this.registry.explain(name, (other) => this.status(other))
  }

  /** Listens to every transition of a plugin's state. */
  watch(listener: StateListener): () => void {
    return this.core.roster.watch(listener)
  }

  /** @throws `CFP_PLUGIN_UNKNOWN` */
  protected slotOf(name: string): PluginSlot {
    if (!this.registry.has(name)) throw this.registry.unknown(name)
    return this.core.roster.slot(name)
  }
}

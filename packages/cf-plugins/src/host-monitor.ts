// The monitor of a manager: told whom to ask, and started as far as its host wants it.
import type { HotReloader } from '@cf-plugins/hot-reload'
import { type HealthSource, Monitor, type WorkSource } from '@cf-plugins/monitor'
import type { Logger } from '@cf-plugins/plugin-api'
import type { PluginManagerOptions } from './plugin-manager-options.ts'

/** A monitor, begun and ended with its manager. */
export class HostMonitor {
  readonly monitor: Monitor
  readonly #isWanted: boolean
  #isStarted = false

  constructor(
    reloader: HotReloader,
    {
      monitor = false,
      audit,
      hideSecrets,
      logger,
    }: Pick<PluginManagerOptions, 'monitor' | 'audit' | 'hideSecrets'> & { readonly logger: Logger | undefined },
  ) {
    this.#isWanted = monitor !== false || audit !== undefined
    this.monitor = new Monitor({
      ...(typeof monitor === 'object' ? monitor : { metrics: monitor ? {} : (false as const) }),
      host: reloader.lifecycle.id,
      source: sourceOf(reloader, () => this.#isStarted),
      ...(audit !== undefined && { audit }),
      ...(hideSecrets && { hideSecrets }),
      ...(logger && { logger }),
    })
  }

  /** Before the plugins' own start, which would be missed. */
  async begin(): Promise<void> {
    if (this.#isWanted) await this.monitor.start()
  }

  /** The plugins' start has ended. */
  started(): void {
    this.#isStarted = true
  }

  async end(): Promise<void> {
    this.#isStarted = false
    if (this.#isWanted) await this.monitor.stop()
  }
}

function sourceOf(reloader: HotReloader, isStarted: () => boolean): HealthSource & WorkSource {
  const { lifecycle } = reloader
  return {
    // One whose file cannot be loaded is no plugin of the lifecycle's, and is missing all the same.
    statuses: () => [
      ...lifecycle.statuses(),
      ...reloader.absent().map(({ plugin, error }) => ({ plugin, state: 'failed', error })),
    ],
    health: (plugin) => lifecycle.health(plugin),
    inFlight: (plugin) => lifecycle.inFlight(plugin),
    parked: (plugin) => lifecycle.parked(plugin),
    get started() {
      return isStarted()
    },
    get watcher() {
      return reloader.watching
    },
  }
}

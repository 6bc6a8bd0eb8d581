// What a host and its lifecycle say to plugins, as events.
import { eventRef, messageOf } from '@cf-plugins/plugin-api'
import { atMost } from '@cf-plugins/plugin-api/host'
import type { StateChange } from './channels.ts'
import type { LifecycleCore } from './core.ts'
import type { SystemListener } from './roster.ts'
import { drainWaits, tellWhoIsLate } from './slow-start.ts'
import type { StartReport } from './start-report.ts'

/** What `app.shutdown` tells. */
export interface ShutdownNotice {
  /** How long its handlers are waited for, in milliseconds. */
  readonly boundMs: number
}

/** Once, after the first start that came to its end. `start()` waits for its handlers, for 5 s at most. */
export const AppStartup = eventRef<StartReport>('app.startup')
/** Once, before anything is torn down. `stop()` waits for its handlers, for 5 s and a quarter of its bound at most. */
export const AppShutdown = eventRef<ShutdownNotice>('app.shutdown')
/** Each transition of a plugin's state, in order, soon after it. */
export const PluginStateChanged = eventRef<StateChange>('plugin.state-changed')

/** How long handlers are waited for, in milliseconds. */
const ANNOUNCED_MS = 5000

/** The part of a stop's bound that is for telling of it. */
const SHARE = 0.25

/** Says it. Nothing of this throws, nor waits for ever: what handlers fail of is told to the log. */
export class SystemEvents implements SystemListener {
  readonly #core: LifecycleCore
  #hasStarted = false
  #changes: StateChange[] | undefined

  constructor(core: LifecycleCore) {
    this.#core = core
  }

  async started(report: StartReport): Promise<void> {
    if (this.#hasStarted) return
    this.#hasStarted = true
    await this.#announce(AppStartup.name, report, ANNOUNCED_MS)
  }

  async stopping(boundMs: number): Promise<void> {
    const ms = Math.min(ANNOUNCED_MS, boundMs * SHARE)
    const notice: ShutdownNotice = { boundMs: ms }
    await this.#announce(AppShutdown.name, notice, ms)
  }

  /** Whether any handler is told of transitions, or was a moment ago. */
  get isListening(): boolean {
    return this.#changes !== undefined || this.#core.host.events.listeners(PluginStateChanged.name).length > 0
  }

  /** After the step that it is a part of: a commit is one, and no handler's business before it is done. */
  changed(change: StateChange): void {
    if (this.#changes) {
      this.#changes.push(change)
      return
    }
    const { events } = this.#core.host
    if (!this.isListening) return
    const changes = [change]
    this.#changes = changes
    queueMicrotask(() => {
      this.#changes = undefined
      for (const each of changes) events.publish(PluginStateChanged.name, each)
    })
  }

  async #announce(event: string, payload: unknown, ms: number): Promise<void> {
    const { host, roster } = this.#core
    const { events, logger } = host
    const ended = tellWhoIsLate(this.#core, `waiting for handlers of "${event}"`, () => drainWaits(roster.slots()))
    const told = events.emit(event, payload, { timeoutMs: ms }).then(({ failures }) => {
      for (const { plugin, error } of failures) {
        logger.error({ event, plugin, err: error }, `Plugin "${plugin}" failed in "${event}": ${messageOf(error)}`)
      }
    })
    await atMost(told, ms)
    ended()
  }
}

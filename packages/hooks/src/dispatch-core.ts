// What `PluginEvents` and `PluginHooks` have in common: who is called, for how long, and who hears of failures.
import { type HandlerFailure, type Logger, messageOf } from '@cf-plugins/plugin-api'
import { Deadlines } from '@cf-plugins/plugin-api/host'
import { checkTimeout } from './handler-entry.ts'
import type { HandlerStage } from './handler-stage.ts'
import { HandlerTable } from './handler-table.ts'

/** A failure that no caller is told of. */
export interface ReportedFailure extends HandlerFailure {
  /** The event's or the hook's name. */
  readonly event: string
}

/** What the constructors of `PluginEvents` and `PluginHooks` take. */
export interface DispatchOptions {
  /** Silent where there is none. */
  readonly logger?: Logger | undefined
  /** How long a handler without a time of its own may take, in milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined
  /** Gets each failure that no caller is told of. What it throws is logged. */
  readonly onFailure?: ((failure: ReportedFailure) => void) | undefined
}

/** Whose handlers `on` adds, and who calls where no plugin is named. */
export const HOST = 'host'

export class DispatchCore<Handler> {
  readonly table = new HandlerTable<Handler>()
  readonly deadlines = new Deadlines()
  /** The host's own handlers. */
  readonly own: HandlerStage<Handler>
  readonly usualMs: number
  readonly #options: DispatchOptions

  /** @throws `CFP_HANDLER_INVALID` */
  constructor(options: DispatchOptions) {
    const { timeoutMs = 30_000 } = options
    checkTimeout(timeoutMs, 'timeoutMs')
    this.usualMs = timeoutMs
    this.#options = options
    this.own = this.table.stage({ name: HOST, rank: 0 })
    this.own.commit()
  }

  /** Tells of a failure that no caller hears of. Never throws. */
  report(event: string, plugin: string, error: unknown): void {
    this.#log(`Plugin "${plugin}" failed in "${event}": ${messageOf(error)}`, { event, plugin, err: error })
    const broken = (err: unknown) => this.#log(`onFailure itself failed: ${messageOf(err)}`, { err })
    try {
      const told: unknown = this.#options.onFailure?.({ event, plugin, error })
      // An async onFailure is not waited for, but its rejection would end the process.
      if (told instanceof Promise) told.catch(broken)
    } catch (thrown) {
      broken(thrown)
    }
  }

  #log(message: string, details: object): void {
    try {
      this.#options.logger?.error(details, message)
    } catch {
      // A logger that throws must not become the plugins' problem, and there is no one left to tell.
    }
  }
}

// What `PluginEvents` and `PluginHooks` have in common: who is called, for how long, and who hears of failures.
import { randomUUID } from 'node:crypto'
import { type HandlerFailure, type Logger, messageOf } from '@cf-plugins/plugin-api'
import { audit, Deadlines } from '@cf-plugins/plugin-api/host'
import { handlerUnknown } from './failures.ts'
import type { HandlerEntry } from './handler-entry.ts'
import { checkTimeout } from './handler-options.ts'
import type { HandlerStage } from './handler-stage.ts'
import { HandlerTable, type TableRules } from './handler-table.ts'
import type { HandlerKind } from './handler-trace.ts'
import { type HandlerView, viewOf } from './handler-view.ts'
import { type HandlerPolicy, HandlerWatch } from './handler-watch.ts'
import { blockedMessage, LoopWatch } from './loop-watch.ts'

/** A failure that no caller is told of. */
export interface ReportedFailure extends HandlerFailure {
  /** The event's or the hook's name. */
  readonly event: string
  /** Of an event, which one it was. */
  readonly eventId?: string
}

/** What the constructors of `PluginEvents`, `PluginHooks` and `Pipelines` take. */
export interface DispatchOptions {
  /** Silent where there is none. */
  readonly logger?: Logger | undefined
  /** How long a handler without a time of its own may take, in milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined
  /** Gets each failure that no caller is told of. What it throws is logged. */
  readonly onFailure?: ((failure: ReportedFailure) => void) | undefined
  /** Which host it is of, for messages to observers. @default 8 random hexadecimal digits */
  readonly host?: string | undefined
  /** What becomes of handlers that keep being slow or failing. @default slow ones are told to the log */
  readonly policy?: HandlerPolicy | undefined
  /** What of the host's event loop its handlers take; one for all that dispatch for it. @default a new one, by `policy` */
  readonly loop?: LoopWatch | undefined
}

/** Whose handlers `on` adds, and who calls where no plugin is named. */
export const HOST = 'host'

export class DispatchCore<Handler> {
  readonly table: HandlerTable<Handler>
  readonly watch: HandlerWatch
  readonly deadlines = new Deadlines()
  /** The host's own handlers. */
  readonly own: HandlerStage<Handler>
  readonly usualMs: number
  readonly #kind: HandlerKind
  readonly #options: DispatchOptions

  /** @throws `CFP_HANDLER_INVALID` */
  constructor(kind: HandlerKind, options: DispatchOptions, rules: Partial<TableRules<Handler>> = {}) {
    const { timeoutMs = 30_000, host = randomUUID().slice(0, 8), policy = {}, loop } = options
    checkTimeout(timeoutMs, 'timeoutMs')
    this.usualMs = timeoutMs
    this.#kind = kind
    this.#options = options
    this.table = new HandlerTable<Handler>(kind, {
      ...rules,
      onCircle: (entry, error) => this.log('error', { plugin: entry.owner.name, err: error }, error.message),
    })
    this.watch = new HandlerWatch(
      host,
      kind,
      policy,
      loop ?? new LoopWatch({ host, policy, warn: (block) => this.log('warn', block, blockedMessage(block)) }),
      (level, details, message) => this.log(level, details, message),
      (entry, reason) => this.#switch(entry as HandlerEntry<Handler>, reason),
    )
    this.own = this.table.stage({ name: HOST, rank: 0 })
    this.own.commit()
  }

  /** Every handler of `name`, or of all names, those that are switched off among them. */
  handlers(name?: string): readonly HandlerView[] {
    return this.table.known(name).map((entry) => viewOf(this.#kind, entry, this.table.callsOf(entry)))
  }

  /** @throws `CFP_HANDLER_UNKNOWN` */
  switchOff(id: string, reason: string): void {
    const entry = this.#found(id)
    if (entry.record.off === undefined) this.#switch(entry, reason)
  }

  /** @throws `CFP_HANDLER_UNKNOWN` */
  switchOn(id: string): void {
    const entry = this.#found(id)
    if (entry.record.off !== undefined) this.#switch(entry, undefined)
  }

  /** Tells of a failure that no caller hears of. Never throws. */
  report(event: string, plugin: string, error: unknown, eventId?: string): void {
    const which = eventId === undefined ? {} : { eventId }
    this.log(
      'error',
      { event, ...which, plugin, err: error },
      `Plugin "${plugin}" failed in "${event}": ${messageOf(error)}`,
    )
    const broken = (err: unknown) => this.log('error', { err }, `onFailure itself failed: ${messageOf(err)}`)
    try {
      const told: unknown = this.#options.onFailure?.({ event, ...which, plugin, error })
      // An async onFailure is not waited for, but its rejection would end the process.
      if (told instanceof Promise) told.catch(broken)
    } catch (thrown) {
      broken(thrown)
    }
  }

  /** Never throws. */
  log(level: 'warn' | 'error', details: object, message: string): void {
    try {
      this.#options.logger?.[level](details, message)
    } catch {
      // A logger that throws must not become the plugins' problem, and there is no one left to tell.
    }
  }

  #found(id: string): HandlerEntry<Handler> {
    const entry = this.table.known().find((each) => each.id === id)
    if (entry === undefined) throw handlerUnknown(this.#kind, id)
    return entry
  }

  #switch(entry: HandlerEntry<Handler>, reason: string | undefined): void {
    this.table.switch(entry, reason)
    audit({
      host: this.watch.host,
      action: reason === undefined ? 'handler.switch-on' : 'handler.switch-off',
      outcome: 'done',
      plugin: entry.owner.name,
      subject: `${entry.id} of ${entry.owner.name}: ${this.#kind} ${entry.name}`,
      reason,
    })
  }
}

// What is done about one cause after the other: reloads, what they leave behind, and who is told.
import type { Lifecycle } from '@cf-plugins/lifecycle'
import type { PluginLoader } from '@cf-plugins/loader'
import { type Logger, messageOf, type PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'
import type { FileChange, ReloadTrigger, WatcherError } from '@cf-plugins/watcher'
import type { ChangeQueue } from './change-queue.ts'
import { type ReloadMessage, reloadChannel } from './channels.ts'
import { callHost } from './host-hook.ts'
import { LoadedContents } from './loaded-contents.ts'
import type { HostHooks } from './options.ts'
import { Orphans } from './orphans.ts'
import { OwedChanges } from './owed-changes.ts'
import { Reload, type ReloadParts } from './reload.ts'
import { logPlan, logReport } from './reload-log.ts'
import { type PlanSources, planReload, type ReloadCause, type ReloadPlan } from './reload-plan.ts'
import type { ReloadReport } from './reload-report.ts'
import { unreadReport } from './unread-file.ts'
import { UnregisteredFiles } from './unregistered-files.ts'

/** What reloads work with. */
export interface ReloadsParts extends Pick<HostHooks, 'beforeReload' | 'afterReload'> {
  readonly loader: PluginLoader
  readonly lifecycle: Lifecycle<never, never> | Lifecycle
  readonly changes: ChangeQueue
  /** Nothing where nobody watches the files. */
  readonly trigger: () => Pick<ReloadTrigger, 'isSettled' | 'rested'> | undefined
  readonly settleTimeoutMs: number
  readonly logger: Logger | undefined
  /** Aborted when the reloader stops; its reason is the error that a cancelled reload is told with. */
  readonly signal: AbortSignal
}

/** Those of one reloader. */
export class Reloads {
  readonly unregistered = new UnregisteredFiles()
  readonly #parts: ReloadsParts
  readonly #orphans: Orphans
  readonly #contents = new LoadedContents()
  readonly #owed = new OwedChanges()
  readonly #settleMs = new WeakMap<FileChange, number>()
  #current: Reload | undefined

  constructor(parts: ReloadsParts) {
    this.#parts = parts
    this.#orphans = new Orphans(parts.lifecycle)
  }

  /** What loads and reloads work with. */
  get parts(): ReloadParts {
    const { loader, lifecycle, beforeReload, settleTimeoutMs, signal, changes, trigger, logger } = this.#parts
    return {
      loader,
      lifecycle,
      unregistered: this.unregistered,
      orphans: this.#orphans,
      contents: this.#contents,
      beforeReload,
      settleTimeoutMs,
      signal,
      sources: (added) => this.#sources(added),
      onPlan: (plan) => this.#onPlan(plan),
      onStartOver: (why) => logger?.info({ why }, `starting over: ${why}`),
      takeChanges: () => changes.take(),
      isSettled: (file, hash) => trigger()?.isSettled(file, hash) ?? true,
      rested: (files, ms) => this.#rested(files, ms),
      settleMsOf: (some) => maxOf(some.flatMap((change) => this.#settleMs.get(change) ?? [])),
    }
  }

  /** What a cause comes to at this moment. @throws `CFP_FOLDER_UNREADABLE` */
  plan(cause: ReloadCause): ReloadPlan {
    return planReload(cause, this.#sources())
  }

  /** Tells of changes that have come: what is under way may give way to them. */
  meet(changes: readonly FileChange[], settleMs: number): void {
    for (const change of changes) this.#settleMs.set(change, settleMs)
    this.#current?.meet(changes)
  }

  /** Deals with a cause, one that was dealt with in vain on its own. Never rejects: what went wrong is in the report. */
  async run({ changes, names }: ReloadCause, { isAgain = false } = {}): Promise<ReloadReport> {
    const all = isAgain ? changes : this.#withOwed({ changes, names })
    const reload = new Reload({ changes: all, names }, this.parts)
    this.#current = reload
    const { report, logged } = await reload.run()
    this.#current = undefined
    this.#owed.after(report)
    this.dropLoaded()
    const { error, plan } = report
    if (error?.code === 'CFP_RELOAD_UNSETTLED' && error.file) this.whenRested([error.file], plan.changes)
    this.#tryApart(report, changes, reload.joined)
    await this.#publish(report, logged)
    return report
  }

  /** A file of a plugin that cannot be read, or never rests, is told of as the reload that it keeps from coming. */
  watchFailed(error: WatcherError): void {
    const { logger, changes, lifecycle } = this.#parts
    const generationOf = (plugin?: string) => (plugin === undefined ? undefined : lifecycle.status(plugin).generation)
    // Before all are started, their loads tell what is wrong.
    const report = changes.isOpen ? unreadReport(error, (cause) => this.plan(cause), generationOf) : undefined
    if (report) void changes.between(() => this.#publish(report))
    else logger?.warn({ err: error }, error.message)
  }

  /** Deals with changes once more when what kept them from being loaded has come to rest. */
  whenRested(files: readonly string[], changes: readonly FileChange[]): void {
    void this.#parts
      .trigger()
      ?.rested(files)
      .then(() => this.#parts.changes.addAgain(changes))
  }

  /** Forgets changes that have come and are loaded already: a load may be quicker than the news. */
  dropLoaded(): void {
    this.#parts.changes.drop(this.isLoaded())
  }

  /** Tells of changes whether all that they concern runs with them, as of now. */
  isLoaded(): (change: FileChange) => boolean {
    const { loader, lifecycle } = this.#parts
    const records = new Map(lifecycle.registry.records().map((record) => [record.source.file, record]))
    // One that is down is tried again by every save of it, whatever that holds.
    const isUp = (record?: PluginRecord) =>
      record !== undefined && lifecycle.status(record.meta.name).state !== 'failed'
    return (change) => {
      const candidate = loader.isCandidate(change.file)
      const users = [...loader.usersOf(change.file), ...(candidate ? [candidate] : [])]
      return (
        users.length > 0 &&
        users.every(({ file }) => isUp(records.get(file)) && this.#contents.has(records.get(file), change))
      )
    }
  }

  async #publish(report: ReloadReport, logged: readonly PluginError[] = []): Promise<void> {
    const { logger, afterReload, signal } = this.#parts
    this.#tellObservers({ report })
    if (logger) logReport(report, logged, logger)
    try {
      await callHost('afterReload', () => afterReload?.(report), signal)
    } catch (error) {
      if (!signal.aborted) logger?.error({ err: error }, messageOf(error))
    }
  }

  /**
   * Saves of different times may be one unit, and need not: where that fails, the good one comes in without the bad one.
   *
   * @param saved what it began with, without what was owed
   * @param joined files whose changes joined it later
   */
  #tryApart({ error, outcome, plan }: ReloadReport, saved: readonly FileChange[], joined: ReadonlySet<string>): void {
    if (!error || outcome === 'committed' || NOT_FOR_CONTENT.has(error.code)) return
    const later = plan.changes.filter(({ file }) => joined.has(file))
    const earlier = saved.filter(({ file }) => !joined.has(file))
    for (const part of [earlier, later]) {
      if (part.length > 0 && part.length < plan.changes.length) this.#parts.changes.addAgain(part)
    }
  }

  #onPlan(plan: ReloadPlan): void {
    const { logger } = this.#parts
    if (logger) logPlan(plan, logger)
    this.#tellObservers({ plan })
  }

  #tellObservers(what: { readonly plan: ReloadPlan } | { readonly report: ReloadReport }): void {
    if (!reloadChannel.hasSubscribers) return
    const message: ReloadMessage = { host: this.#parts.lifecycle.id, ...what }
    reloadChannel.publish(message)
  }

  /**
   * Changes, with those that failed together with one of the plugins whose code they change. A dependent is made anew
   * from the code that it has: what is wrong with its file is nothing to them.
   */
  #withOwed({ changes, names }: ReloadCause): readonly FileChange[] {
    return this.#owed.join(changes, (joined) => {
      try {
        const { reload, unload, start } = this.plan({ changes: joined, names })
        const files = start.map(({ found }) => found.file)
        const heirs = files.flatMap((file) => this.unregistered.at(file)?.name ?? [])
        return new Set([...[...reload, ...unload].map(({ plugin }) => plugin), ...files, ...heirs])
      } catch {
        // It is told of when the plan is made.
        return NONE
      }
    })
  }

  async #rested(files: readonly string[], ms: number): Promise<boolean> {
    const { trigger, signal } = this.#parts
    try {
      await within(trigger()?.rested(files), { ms, signal, late: () => new Error('not in time') })
      return true
    } catch {
      return false
    }
  }

  #sources(added: ReadonlySet<string> = NONE): PlanSources {
    const { loader, lifecycle } = this.#parts
    const { registry } = lifecycle
    return {
      loader,
      unregistered: this.unregistered,
      records: registry.records(),
      affectedBy: (names) => registry.affectedBy(names),
      dependenciesOf: (name) => registry.dependenciesOf(name),
      stateOf: (name) => lifecycle.status(name).state,
      hasTaken: (name, change) => added.has(name) && this.#contents.has(registry.get(name), change),
    }
  }
}

const NONE: ReadonlySet<string> = new Set()

/** Refusals that are not about what was saved. */
const NOT_FOR_CONTENT: ReadonlySet<string> = new Set([
  'CFP_DRAIN_TIMEOUT',
  'CFP_RELOAD_STOPPED',
  'CFP_RELOAD_UNSETTLED',
  'CFP_RELOAD_VETOED',
])

function maxOf(numbers: readonly number[]): number | undefined {
  return numbers.length > 0 ? Math.max(...numbers) : undefined
}

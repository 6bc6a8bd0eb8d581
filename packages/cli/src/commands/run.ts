// `cf run`: a host of some plugin folders, until a signal ends it.
import { PluginError } from '@cf-plugins/plugin-api'
import {
  PluginManager,
  type ReloadMessage,
  type ReloadPlan,
  type ReloadReport,
  reloadChannel,
  type StartReport,
  type StateOptions,
} from 'cf-plugins'
import type { Command } from 'commander'
import { commanderScope } from '../commander-scope.ts'
import { controlAddress } from '../control-address.ts'
import { type ControlServer, openControlServer } from '../control-server.ts'
import { ExitCode } from '../exit-code.ts'
import { foldersOf } from '../folders.ts'
import { hostMethods } from '../host-methods.ts'
import type { Output } from '../output.ts'
import { plainReload, plainStart, plainStop } from '../plain-report.ts'
import { Progress } from '../progress.ts'
import { renderPlan } from '../render-plan.ts'
import { renderReload } from '../render-reload.ts'
import { renderTimeline } from '../render-timeline.ts'
import { Signals } from '../signals.ts'
import { assertSome } from '../static-plugins.ts'
import { type HostEnd, isStateProblem, stopHost } from '../stop-host.ts'
import { StrayErrors } from '../stray-errors.ts'

/** How `cf run` runs. */
export interface RunOptions {
  /** Replace plugins when their files change. */
  readonly watch: boolean
  /** Stop right after the start. */
  readonly once: boolean
  /** Independent plugins side by side. */
  readonly parallel: boolean
  /** How many may start at a time. */
  readonly concurrency?: number | undefined
  /** How long the plugins may take to stop, in milliseconds. @default 20000 */
  readonly stopMs?: number | undefined
  /** Where state is kept for the next process. */
  readonly state: StateOptions | undefined
  /** The file with the plugins' configuration. */
  readonly config?: string | undefined
  /** The file with the audit trail. */
  readonly audit?: string | undefined
  /** Whether plugins' threads may use no files but their own, no processes and no threads. */
  readonly restrictThreads?: boolean | undefined
}

/** The longest delay that a timer takes, in milliseconds. */
const FOR_EVER_MS = 2 ** 31 - 1

/** Runs a host. `program` is the app that plugins add commands to. */
export async function run(
  program: Command,
  folders: readonly string[],
  options: RunOptions,
  output: Output,
): Promise<number> {
  const signals = new Signals()
  // A host lives until it is told to end, whether or not a plugin of its keeps the process alive.
  const alive = setInterval(() => {}, FOR_EVER_MS)
  try {
    return await new Run(program, folders, options, output, signals).run()
  } finally {
    clearInterval(alive)
    signals[Symbol.dispose]()
  }
}

class Run {
  readonly #folders: readonly string[]
  readonly #options: RunOptions
  readonly #output: Output
  readonly #signals: Signals
  readonly #manager: PluginManager<Command>
  /** Errors that a report told, so that the log need not. */
  readonly #told = new WeakSet<object>()
  #isEnding = false
  #progress: Progress | undefined
  #report: StartReport | undefined

  constructor(program: Command, folders: readonly string[], options: RunOptions, output: Output, signals: Signals) {
    this.#folders = folders
    this.#options = options
    this.#output = output
    this.#signals = signals
    const stderr = { write: (text: string) => (this.#progress?.around ?? output.stderr).write(text) }
    this.#manager = new PluginManager({
      app: program,
      scopeApp: commanderScope,
      paths: folders,
      hotReload: options.watch,
      logger: output.logger(stderr, (error) => this.#isTold(error)),
      ...(options.state && { state: options.state }),
      ...(options.config !== undefined && { config: options.config }),
      ...(options.audit !== undefined && { audit: options.audit }),
      ...(options.restrictThreads && { threads: { restrict: true } }),
      monitor: !options.once,
      afterReload: (report) => this.#reloaded(report),
    })
  }

  async run(): Promise<number> {
    const { once, watch } = this.#options
    const found = await this.#manager.loader.discover()
    // Who watches an empty folder means to fill it.
    if (!watch || once) assertSome(found, this.#folders)
    const server = once ? undefined : await this.#openSocket()
    const onReport = (message: unknown) => {
      const { plan, report } = message as ReloadMessage & { plan?: ReloadPlan; report?: ReloadReport }
      if (plan && !this.#output.json) this.#output.stdout.write(renderPlan(plan, this.#output))
      for (const problem of report?.problems ?? []) this.#told.add(problem)
    }
    reloadChannel.subscribe(onReport)
    try {
      return await this.#serve()
    } finally {
      reloadChannel.unsubscribe(onReport)
      await server?.close()
    }
  }

  #openSocket(): Promise<ControlServer> {
    const methods = hostMethods(this.#manager, { report: () => this.#report })
    return openControlServer(controlAddress(foldersOf(this.#folders)), methods)
  }

  async #serve(): Promise<number> {
    const stray = new StrayErrors((error) => this.#output.error(error, { event: 'stray-error' }))
    try {
      const report = await this.#start()
      if (report) this.#tellStart(report)
      const isIdle = report?.active.length === 0 && report.failed.length > 0
      // With nothing that runs and nobody who would mend it, there is nothing to serve.
      const ends = this.#options.once || (isIdle && !this.#options.watch)
      if (!ends) await this.#untilEnd(stray)
      const end = await this.#end()
      if (this.#output.json) this.#output.result(() => ({ event: 'stopped', ...plainStop(end.report) }), String)
      const isUnwell = (stray.isAny && !this.#options.watch) || (ends && (report?.failed.length ?? 0) > 0)
      return isUnwell || !end.isWell ? ExitCode.failed : ExitCode.ok
    } catch (error) {
      await this.#end()
      throw error
    } finally {
      stray[Symbol.dispose]()
    }
  }

  #end(): Promise<HostEnd> {
    this.#isEnding = true
    return stopHost(this.#manager, this.#output, { boundMs: this.#options.stopMs, guarded: true })
  }

  /** Nothing where a signal ended the start. */
  async #start(): Promise<StartReport | undefined> {
    const { parallel, concurrency } = this.#options
    const { stderr, errorTheme } = this.#output
    this.#progress = new Progress(this.#manager, { stream: stderr, theme: errorTheme })
    try {
      this.#report = await this.#manager.start({
        parallel,
        ...(concurrency !== undefined && { concurrency }),
        signal: this.#signals.signal,
      })
      return this.#signals.signal.aborted ? undefined : this.#report
    } catch (error) {
      if (this.#signals.signal.aborted) return undefined
      throw error
    } finally {
      this.#progress[Symbol.dispose]()
      this.#progress = undefined
    }
  }

  #tellStart(report: StartReport): void {
    const { theme, stdout, json } = this.#output
    this.#output.result(
      () => ({ event: 'started', ...plainStart(report) }),
      () => renderTimeline(report, { width: stdout.columns ?? 80, theme, reasons: false }),
    )
    if (!json) for (const { error } of report.failed) this.#output.error(error)
    const { watch, once } = this.#options
    if (once || json) return
    const hint = watch ? 'watching; edit a plugin, or end with Ctrl-C' : 'running; end with Ctrl-C'
    if (stdout.isTTY === true) stdout.write(theme.faint(`${hint}\n`))
  }

  #reloaded(report: ReloadReport): void {
    const { theme, json } = this.#output
    if (report.outcome === 'nothing') return
    this.#output.result(
      () => ({ event: 'reloaded', ...plainReload(report) }),
      () => renderReload(report, { theme, reasons: false }),
    )
    if (json) return
    for (const problem of report.problems) if (!this.#isEnding || !isOfTheEnd(problem)) this.#output.error(problem)
  }

  /** Whether the log need not tell an error. */
  #isTold(error: unknown): boolean {
    return this.#told.has(error as object) || (this.#isEnding && (isStateProblem(error) || isOfTheEnd(error)))
  }

  /** Waits for a signal, for whoever reads the output to go, or, where nobody watches, for an error that nobody caught. */
  async #untilEnd(stray: StrayErrors): Promise<void> {
    const gone = new Promise<void>((resolve) => process.stdout.once('error', () => resolve()))
    const ends: Promise<unknown>[] = [this.#signals.first, gone]
    if (!this.#options.watch) ends.push(stray.first)
    await Promise.race(ends)
  }
}

const OF_THE_END: ReadonlySet<string> = new Set([
  'CFP_OPERATION_ABORTED',
  'CFP_RELOAD_STOPPED',
  'CFP_STATE_ABORTED',
  'CFP_STOPPED',
])

/** Whether an error says no more than that the host ends: what was under way was given up, what waited was not delivered. */
function isOfTheEnd(error: unknown): boolean {
  return error instanceof PluginError && OF_THE_END.has(error.code)
}

// One reload: runs its plan, and starts over where newer content comes before anything is touched.
import type { FileChange } from '@cf-plugins/watcher'
import { emptyPlan, type PlanSources, planReload, type ReloadCause, type ReloadPlan } from './reload-plan.ts'
import { plainReport, type ReloadPhaseTiming, type ReloadReport, slowPhase } from './reload-report.ts'
import { ReloadRun, type RunEnd, type RunParts } from './reload-run.ts'
import { RunProgress } from './run-progress.ts'
import { unsettledError } from './settled-reads.ts'

/** How often a reload gives way to newer content before it goes through, and the newer content follows. */
const MOST_STARTS = 3

/** What a reload works on. */
export interface ReloadParts extends RunParts {
  sources(added: ReadonlySet<string>): PlanSources
  /** Told of each plan before it runs. */
  onPlan(plan: ReloadPlan): void
  /** Told why it starts over. */
  onStartOver(why: string): void
  /** Takes over the changes that have come since. */
  takeChanges(): FileChange[]
  /** Whether none of these files changes any more, after `ms` at most. */
  rested(files: readonly string[], ms: number): Promise<boolean>
  /** How long files that are being written are waited for, in milliseconds. */
  readonly settleTimeoutMs: number
  /** How long changes took to come to rest, in milliseconds. */
  settleMsOf(changes: readonly FileChange[]): number | undefined
  /** Aborted when the reloader stops; its reason is the error that a cancelled reload is told with. */
  readonly signal: AbortSignal
}

/** Of one cause, which grows while newer changes join it. */
export class Reload {
  readonly #parts: ReloadParts
  readonly #progress: RunProgress
  readonly #from = performance.now()
  readonly #startedOver: string[] = []
  readonly #joined = new Set<string>()
  #cause: ReloadCause
  #run: ReloadRun | undefined
  #logged: ReloadRun['logged'] = []
  #timesSuperseded = 0
  #unsettledSince: number | undefined

  constructor(cause: ReloadCause, parts: ReloadParts) {
    this.#cause = cause
    this.#parts = parts
    this.#progress = new RunProgress(parts.lifecycle, parts.signal)
  }

  /** Never rejects. `logged` problems are in the log already. */
  async run(): Promise<{ readonly report: ReloadReport; readonly logged: ReloadRun['logged'] }> {
    const { signal } = this.#parts
    const stop = () => this.#run?.stop(signal.reason)
    signal.addEventListener('abort', stop)
    try {
      for (;;) {
        const plan = this.#plan()
        if (!('reload' in plan))
          return this.#complete({ report: this.#refused(emptyPlan(this.#cause.changes), plan.failure) })
        const end = await this.#try(plan)
        if ('report' in end) return this.#complete(end)
        this.#startedOver.push(end.startOver)
        this.#parts.onStartOver(end.startOver)
        if (!(await this.#rest(end.unsettled)))
          return this.#complete({ report: this.#refused(plan, this.#neverSettled(plan, end.unsettled)) })
        this.#progress.startOver()
        const later = this.#parts.takeChanges()
        for (const { file } of later) this.#joined.add(file)
        this.#cause = { ...this.#cause, changes: newest(this.#cause.changes, later) }
      }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** Files whose changes came while it was under way, and joined it. */
  get joined(): ReadonlySet<string> {
    return this.#joined
  }

  /** Tells of changes that have come: where they concern what is under way, it gives way to them. */
  meet(changes: readonly FileChange[]): void {
    const run = this.#run
    if (!run || this.#timesSuperseded >= MOST_STARTS) return
    let coming: ReloadPlan
    try {
      coming = planReload({ changes, names: [] }, this.#parts.sources(new Set()))
    } catch {
      // It is told of when it is dealt with.
      return
    }
    const concerned = concernedBy(run.plan)
    const [who] = [...concernedBy(coming)].filter((each) => concerned.has(each))
    if (who === undefined || !run.supersede(`${who} changed again`)) return
    this.#timesSuperseded++
  }

  #plan(): ReloadPlan | { readonly failure: unknown } {
    try {
      return planReload(this.#cause, this.#parts.sources(this.#progress.added))
    } catch (failure) {
      return { failure }
    }
  }

  async #try(plan: ReloadPlan): Promise<RunEnd> {
    this.#parts.onPlan(plan)
    const run = new ReloadRun(plan, this.#parts, this.#progress)
    this.#run = run
    try {
      if (this.#parts.signal.aborted) run.stop(this.#parts.signal.reason)
      return await run.run()
    } finally {
      this.#run = undefined
      this.#logged = run.logged
    }
  }

  /** Whether files came to rest within the time that all of a reload's files have for it. */
  async #rest(files: readonly string[]): Promise<boolean> {
    const { settleTimeoutMs, rested, signal } = this.#parts
    if (files.length === 0) return true
    this.#unsettledSince ??= performance.now()
    const left = settleTimeoutMs - (performance.now() - this.#unsettledSince)
    return left > 0 && (await rested(files, left)) && !signal.aborted
  }

  #neverSettled({ reload }: ReloadPlan, files: readonly string[]): unknown {
    const { signal, settleTimeoutMs, lifecycle } = this.#parts
    if (signal.aborted) return signal.reason
    const plugin = reload[0]?.plugin
    const generation = plugin === undefined ? undefined : lifecycle.status(plugin).generation
    return unsettledError(files, settleTimeoutMs, { plugin, generation })
  }

  #refused(plan: ReloadPlan, failure: unknown): ReloadReport {
    const isDown = plan.reload.some(({ plugin }) => this.#progress.wasDown(plugin))
    return plainReport(isDown ? 'failed' : 'kept', plan, { error: this.#progress.note(failure) })
  }

  #complete({ report }: { readonly report: ReloadReport }): { report: ReloadReport; logged: ReloadRun['logged'] } {
    const durationMs = performance.now() - this.#from
    const phases: ReloadPhaseTiming[] = [...report.phases]
    if (this.#startedOver.length > 0)
      phases.unshift({ phase: 'start-over', durationMs: durationMs - report.durationMs })
    const settleMs = this.#parts.settleMsOf(report.plan.changes)
    if (settleMs !== undefined) phases.unshift({ phase: 'settle', durationMs: settleMs })
    const slow = slowPhase(durationMs, phases)
    return { report: { ...report, startedOver: this.#startedOver, phases, durationMs, slow }, logged: this.#logged }
  }
}

/** Plugins by name, and files that may be plugins. */
function concernedBy({ reload, order, unload, start }: ReloadPlan): Set<string> {
  const plugins = [...reload, ...unload].map(({ plugin }) => plugin)
  return new Set([...plugins, ...order, ...start.map(({ found }) => found.file)])
}

/** The last change of each file. */
function newest(earlier: readonly FileChange[], later: readonly FileChange[]): FileChange[] {
  return [...new Map([...earlier, ...later].map((change) => [change.file, change])).values()]
}

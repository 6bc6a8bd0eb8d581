// What a reload has done so far, however often it starts over.
import type { Lifecycle, LifecycleState } from '@cf-plugins/lifecycle'
import { HotReloadError, messageOf, PluginError } from '@cf-plugins/plugin-api'

/** Where a plugin stood before. */
interface Standing {
  readonly state: LifecycleState
  readonly error: PluginError | undefined
}

/** What an operation that a stop cancelled ends with. */
const CANCELLED = new Set(['CFP_LOAD_ABORTED', 'CFP_STOPPED', 'CFP_OPERATION_ABORTED'])

/** Of one reload. */
export class RunProgress {
  readonly unloaded: string[] = []
  readonly added = new Set<string>()
  readonly #before: ReadonlyMap<string, Standing>
  readonly #problems = new Set<PluginError>()
  readonly #lifecycle: Pick<Lifecycle, 'statuses'>
  readonly #signal: AbortSignal

  /** @param signal aborted when the reloader stops; its reason is what a cancelled reload is told with */
  constructor(lifecycle: Pick<Lifecycle, 'statuses'>, signal: AbortSignal) {
    this.#lifecycle = lifecycle
    this.#signal = signal
    this.#before = new Map(lifecycle.statuses().map(({ plugin, state, error }) => [plugin, { state, error }]))
  }

  /** Each once. */
  get problems(): readonly PluginError[] {
    return [...this.#problems]
  }

  note(error: unknown): PluginError {
    const problem =
      error instanceof PluginError
        ? error
        : new HotReloadError('CFP_RELOAD_PLAN_FAILED', messageOf(error), { cause: error })
    const told = this.#signal.aborted && CANCELLED.has(problem.code) ? (this.#signal.reason as PluginError) : problem
    this.#problems.add(told)
    return told
  }

  /** What went wrong with content that is old by now is nobody's concern. */
  startOver(): void {
    this.#problems.clear()
  }

  wasDown(plugin: string): boolean {
    return this.#before.get(plugin)?.state === 'failed'
  }

  /** Plugins that run now and did not before, but for `members`. */
  started(members: readonly string[]): string[] {
    const isNew = (name: string) => this.added.has(name) || this.#before.get(name)?.state !== 'active'
    return this.#lifecycle
      .statuses()
      .flatMap(({ plugin, state }) =>
        state === 'active' && isNew(plugin) && !members.includes(plugin) ? [plugin] : [],
      )
  }

  /** Plugins that were tried because of this reload, and failed: they may have waited for what came. */
  noteFailedStarts(members: readonly string[]): void {
    for (const { plugin, state, error } of this.#lifecycle.statuses()) {
      if (state !== 'failed' || !error || error === this.#before.get(plugin)?.error) continue
      if (!members.includes(plugin)) this.note(error)
    }
  }
}

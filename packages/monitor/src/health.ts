// One answer to whether a host is well, from all that its plugins say and from where they stand.
import type { Awaitable, PluginHealth } from '@cf-plugins/plugin-api'
import { invalid, wholeNumber } from './options.ts'
import { findingOf, type PluginBlocks, type PluginFinding, type PluginStanding } from './plugin-standing.ts'

/** Who is asked. A `Lifecycle` is one as it is. */
export interface HealthSource {
  /** Every plugin and where it stands. */
  statuses(): Iterable<PluginStanding>
  /** What an active plugin says of itself; nothing where it has no say. Where it throws, the plugin is unhealthy. */
  health(plugin: string): Awaitable<PluginHealth | undefined>
  /** Whether the host's start has ended. @default true */
  readonly started?: boolean
  /** How the watching of files fares. */
  readonly watcher?: { readonly status: 'healthy' | 'degraded'; readonly message?: string } | undefined
}

export interface HealthOptions {
  /** For how long an answer is given again, in milliseconds. Asked meanwhile, everybody gets the same. @default 1000 */
  readonly cacheMs?: number
  /** How long a plugin may take to answer, in milliseconds: then it counts as unhealthy. @default 2000 */
  readonly timeoutMs?: number
  /** The process is no longer live where one turn of the event loop takes longer than this, in milliseconds. @default 5000 */
  readonly loopMs?: number
  /** Plugins without which the process had better be started anew: it is not live while one of them is `failed`. @default [] */
  readonly critical?: readonly string[]
}

/** One plugin's part of the answer. */
export interface PluginHealthEntry {
  readonly status: PluginHealth['status']
  /** Where it stands: `active`, `disabled`, `failed`, ... */
  readonly state: string
  /** Why it is not healthy, or what it says besides. */
  readonly message?: string
  /** How often code of it kept the event loop for too long since the host started, and how long at once, in milliseconds. */
  readonly blocked?: PluginBlocks
}

/** How a host is. */
export interface HealthReport {
  /** The worst of all: of the plugins that are switched on, and of the host's own parts. */
  readonly status: PluginHealth['status']
  /** Whether the process is fit to go on, and need not be started anew. */
  readonly live: boolean
  /** Whether the host is fit to work: it has started, and every plugin that is switched on is active and not unhealthy. */
  readonly ready: boolean
  readonly plugins: Readonly<Record<string, PluginHealthEntry>>
  /** What is wrong with the host itself: how it watches files, an event loop that hardly turns. */
  readonly problems: readonly string[]
  /** When this was found, as ISO 8601. */
  readonly checkedAt: string
}

/**
 * Asks all plugins of a host at once how they are, and makes one answer of it, which is given again for a short time: a probe
 * that asks often costs little.
 *
 * @throws `CFP_MONITOR_OPTIONS`
 * @example
 * const { ready, plugins } = await new Health(lifecycle).check()
 */
export class Health {
  readonly #source: HealthSource
  readonly #options: Required<HealthOptions>
  #checking: Promise<HealthReport> | undefined
  #last: { readonly report: HealthReport; readonly at: number } | undefined

  constructor(source: HealthSource, options: HealthOptions = {}) {
    const { cacheMs = 1000, timeoutMs = 2000, loopMs = 5000, critical = [] } = options
    this.#source = source
    this.#options = { cacheMs, timeoutMs, loopMs, critical }
    wholeNumber('Health', 'cacheMs', cacheMs, 0, LONGEST_MS)
    wholeNumber('Health', 'timeoutMs', timeoutMs, 1, LONGEST_MS)
    wholeNumber('Health', 'loopMs', loopMs, 1, LONGEST_MS)
    if (!Array.isArray(critical)) throw invalid('Health', 'critical must be a list of names of plugins')
  }

  /**
   * How the host is now, or was at most `cacheMs` ago. It is there as soon as every plugin has answered, and within `timeoutMs`
   * and a turn of the event loop in any case.
   */
  check(): Promise<HealthReport> {
    if (this.#last && performance.now() - this.#last.at < this.#options.cacheMs)
      return Promise.resolve(this.#last.report)
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  async #check(): Promise<HealthReport> {
    const { timeoutMs, loopMs, critical } = this.#options
    const turn = turnOfLoop()
    const ask = (plugin: string) => this.#source.health(plugin)
    const findings = await Promise.all(
      [...this.#source.statuses()].map((standing) => findingOf(standing, ask, timeoutMs)),
    )
    const turnMs = await turn
    const isLost = findings.some(
      ({ plugin, state, isLost }) => isLost || (state === 'failed' && critical.includes(plugin)),
    )
    const live = turnMs <= loopMs && !isLost
    const { started = true, watcher } = this.#source
    const problems: string[] = []
    if (turnMs > loopMs) problems.push(`One turn of the event loop took ${Math.round(turnMs)} ms: something keeps it.`)
    if (!started) problems.push('The start has not ended.')
    if (watcher?.status === 'degraded') problems.push(watcher.message ?? 'Changes of files may be seen late.')
    const on = findings.filter(({ isOn }) => isOn)
    const report: HealthReport = {
      status: worst([
        live ? 'healthy' : 'unhealthy',
        ...(problems.length > 0 ? ['degraded' as const] : []),
        ...on.map(({ status }) => status),
      ]),
      live,
      ready: live && started && on.every(({ isServing, status }) => isServing && status !== 'unhealthy'),
      plugins: Object.fromEntries(findings.map((finding) => [finding.plugin, reportOf(finding)])),
      problems,
      checkedAt: new Date().toISOString(),
    }
    this.#last = { report, at: performance.now() }
    return report
  }
}

/** The longest delay that Node's timers take. */
const LONGEST_MS = 2 ** 31 - 1

/** How long it takes until everything that waits now has had its turn, in milliseconds. */
function turnOfLoop(): Promise<number> {
  const from = performance.now()
  return new Promise((resolve) => setImmediate(() => resolve(performance.now() - from)))
}

function worst(all: readonly PluginHealth['status'][]): PluginHealth['status'] {
  if (all.includes('unhealthy')) return 'unhealthy'
  return all.includes('degraded') ? 'degraded' : 'healthy'
}

function reportOf({ status, state, message, blocked }: PluginFinding): PluginHealthEntry {
  return { status, state, ...(message !== undefined && { message }), ...(blocked && { blocked }) }
}

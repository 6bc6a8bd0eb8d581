// One change of configurations: all of it, or nothing.
import { isDeepStrictEqual } from 'node:util'
import { HotReloadError, messageOf, PluginError } from '@cf-plugins/plugin-api'
import { audit, within } from '@cf-plugins/plugin-api/host'
import type { PluginRegistry } from '@cf-plugins/registry'
import { aborted, assertNotAborted, onAbort } from './abort.ts'
import { logProblems } from './bring-up.ts'
import { checkedConfigs } from './checked-configs.ts'
import type { LifecycleCore } from './core.ts'
import type { Generation } from './generation.ts'
import { inOrder, inReverse } from './ordered.ts'
import type { Reconciler } from './reconciler.ts'
import type { ReconfigureReport } from './reconfigure-report.ts'
import type { ReloadUnit } from './reload-unit.ts'

/** What works on changes of configurations. */
export interface ReconfigurationParts {
  readonly core: LifecycleCore
  readonly registry: PluginRegistry
  readonly reconciler: Reconciler
  readonly shutdown: AbortSignal
}

/** An instance that was told, and what it had before. */
interface Told {
  readonly generation: Generation
  readonly previous: unknown
}

/**
 * Tells those that can be told, dependencies first, and makes the others anew with all that depend on them. After any
 * failure everybody has what it had: who was told is told again, and who cannot bear that is made anew.
 */
export class Reconfiguration {
  readonly #parts: ReconfigurationParts
  readonly #raws: ReadonlyMap<string, unknown>
  readonly #signal: AbortSignal | undefined
  readonly #told = new Map<string, Told>()
  readonly #problems: PluginError[] = []
  #isLost = false

  /** @param raws the configurations as they were written, by plugin */
  constructor(parts: ReconfigurationParts, raws: ReadonlyMap<string, unknown>, signal: AbortSignal | undefined) {
    this.#parts = parts
    this.#raws = raws
    this.#signal = signal
  }

  /** @throws `CFP_PLUGIN_UNKNOWN`, `CFP_CONFIG_INVALID` with every problem of every plugin; nothing was touched then */
  async run(): Promise<ReconfigureReport> {
    const { core, registry } = this.#parts
    try {
      const report = await this.#change(await checkedConfigs(core.host, registry, this.#raws))
      this.#audit(report.error)
      return report
    } catch (error) {
      this.#audit(error)
      throw error
    }
  }

  async #change(configs: ReadonlyMap<string, unknown>): Promise<ReconfigureReport> {
    const names = [...configs.keys()]
    const running = names.filter((name) => this.#isActive(name))
    const changed = running.filter((name) => this.#isNew(name, configs.get(name)))
    const deaf = changed.filter((name) => !this.#serving(name)?.hooks.has('onConfigChange'))
    const restarted = this.#membersOf(deaf)
    const told = changed.filter((name) => !restarted.includes(name))
    const later = names.filter((name) => !running.includes(name))
    const commit = () => this.#commit(configs)
    try {
      await this.#tell(told, configs)
      if (restarted.length === 0) commit()
      else await this.#restart(restarted, { configs, commit, signal: this.#signal })
    } catch (error) {
      const outcome = await this.#rollBack()
      return { outcome, told: [], restarted: [], later: [], error: failureOf(error), problems: this.#problems }
    }
    await this.#takeUp(later, restarted.length > 0)
    return { outcome: 'committed', told, restarted, later, problems: this.#problems }
  }

  /** Tells instances, dependencies first. @throws the first failure, when none is being told any more */
  async #tell(names: readonly string[], configs: ReadonlyMap<string, unknown>): Promise<void> {
    const { registry, shutdown } = this.#parts
    const abort = new AbortController()
    const undo = onAbort([this.#signal, shutdown], (reason) => abort.abort(reason))
    // The hook has a bound of its own.
    const bound = { ms: Number.POSITIVE_INFINITY, late: () => new Error('late'), signal: abort.signal, aborted }
    try {
      await inOrder(registry, names, async (name) => {
        assertNotAborted(this.#signal, shutdown)
        const generation = this.#serving(name) as Generation
        this.#told.set(name, { generation, previous: generation.config })
        await within(generation.configuration.change(configs.get(name), generation.hooks), bound)
      })
      assertNotAborted(this.#signal, shutdown)
    } finally {
      undo()
    }
  }

  /** Makes plugins anew. @throws where they are what they were, or worse */
  async #restart(members: readonly string[], unit: Pick<ReloadUnit, 'configs' | 'commit' | 'signal'>): Promise<void> {
    const { outcome, error, problems } = await this.#parts.reconciler.restart(members, unit)
    this.#problems.push(...problems)
    this.#isLost ||= outcome === 'failed'
    if (error) throw error
  }

  /** In one synchronous step with the new instances, where there are any. */
  #commit(configs: ReadonlyMap<string, unknown>): void {
    const { configs: raws, roster } = this.#parts.core
    for (const [name, raw] of this.#raws) {
      raws.set(name, raw)
      const { serving, state } = roster.find(name) ?? {}
      // One at rest takes it up when it comes back.
      const isResting = state === 'disabled' || state === 'blocked'
      if (serving && isResting) serving.configuration.isOutdated = this.#isNew(name, configs.get(name))
    }
  }

  /** Who failed may have failed for want of this very change. */
  async #takeUp(later: readonly string[], hasRestarted: boolean): Promise<void> {
    const { core, reconciler, shutdown } = this.#parts
    const failed = later.filter((name) => core.roster.find(name)?.state === 'failed')
    if (shutdown.aborted || (failed.length === 0 && !hasRestarted)) return
    for (const name of failed) reconciler.retry(name)
    await reconciler.run({})
    for (const name of failed) {
      const { state, error } = core.roster.find(name) ?? {}
      if (state === 'failed' && error) this.#problems.push(error)
    }
  }

  /** Gives everybody what it had. */
  async #rollBack(): Promise<'rolled-back' | 'failed'> {
    const { core, registry, reconciler, shutdown } = this.#parts
    const doubtful = new Map<string, unknown>()
    await inReverse(registry, [...this.#told.keys()], async (name) => {
      const { generation, previous } = this.#told.get(name) as Told
      // Whoever is about to end need not hear of it.
      if (shutdown.aborted) {
        generation.configuration.value = previous
        return
      }
      try {
        await generation.configuration.change(previous, generation.hooks)
      } catch (error) {
        doubtful.set(name, previous)
        this.#problems.push(error as PluginError)
      }
    })
    logProblems(core, this.#problems)
    // What an instance is like that failed both ways, nobody knows.
    const members = this.#membersOf([...doubtful.keys()])
    if (members.length > 0) {
      try {
        await this.#restart(members, { configs: doubtful, commit: () => {} })
      } catch (error) {
        this.#isLost = true
        this.#problems.push(error as PluginError)
      }
    }
    if (!shutdown.aborted) await reconciler.run({})
    return this.#isLost ? 'failed' : 'rolled-back'
  }

  /** Those of `names` that run, and all that depend on them and run. */
  #membersOf(names: readonly string[]): string[] {
    return this.#parts.registry.affectedBy(names).filter((name) => this.#isActive(name))
  }

  #isActive(name: string): boolean {
    return this.#parts.core.roster.find(name)?.state === 'active'
  }

  #isNew(name: string, config: unknown): boolean {
    return !isDeepStrictEqual(config, this.#serving(name)?.config)
  }

  #serving(name: string): Generation | undefined {
    return this.#parts.core.roster.find(name)?.serving
  }

  #audit(error: unknown): void {
    const { id, secrets } = this.#parts.core.host
    const outcome = error === undefined ? 'done' : 'failed'
    const why = error === undefined ? undefined : messageOf(error)
    const reason = why !== undefined && secrets ? secrets.text(why) : why
    for (const subject of this.#raws.keys()) audit({ host: id, action: 'config.change', outcome, subject, reason })
  }
}

function failureOf(error: unknown): PluginError {
  if (error instanceof PluginError) return error
  const message = `The configurations could not be changed: ${messageOf(error)}`
  return new HotReloadError('CFP_RELOAD_FAILED', message, { phase: 'configure', cause: error })
}

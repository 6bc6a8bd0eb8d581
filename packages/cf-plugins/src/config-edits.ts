// Edits of a host's configuration files while it runs: put in force as a whole, or not at all.
import { type ConfigSnapshot, configError } from '@cf-plugins/config'
import { callHost } from '@cf-plugins/hot-reload'
import type { Lifecycle } from '@cf-plugins/lifecycle'
import { type Logger, messageOf, PluginError } from '@cf-plugins/plugin-api'
import { ReloadTrigger } from '@cf-plugins/watcher'
import type { HostConfig } from './host-config.ts'

/** How an edit of the configuration ended. */
export interface ConfigEditReport {
  /** `committed`: it is in force. `kept`: it was refused, and nothing was touched. `rolled-back`, `failed`: some plugin could not bear it. */
  readonly outcome: 'committed' | 'kept' | 'rolled-back' | 'failed'
  /** Plugins whose configuration it changed. */
  readonly plugins: readonly string[]
  readonly error?: PluginError | undefined
}

/** What it works on. */
export interface ConfigEditsParts {
  readonly config: HostConfig
  readonly lifecycle: Lifecycle<never, never>
  readonly logger?: Logger | undefined
  readonly debounceMs?: number | undefined
  /** Told of each edit that changed something, or was refused. */
  readonly afterConfigChange?: ((report: ConfigEditReport) => unknown) | undefined
}

/** Watches the files, and deals with one edit after the other. */
export class ConfigEdits {
  readonly #parts: ConfigEditsParts
  readonly #abort = new AbortController()
  #trigger: ReloadTrigger | undefined
  #isOpen = false
  #isDue = false
  #turn: Promise<void> = Promise.resolve()

  constructor(parts: ConfigEditsParts) {
    this.#parts = parts
  }

  /** Watches, before the files are read, so that no edit falls between; edits are dealt with from `open` on. */
  async watch(): Promise<void> {
    const { config, logger, debounceMs } = this.#parts
    if (!config.source) return
    this.#trigger = new ReloadTrigger({
      roots: config.source.roots,
      extensions: ['.yaml', '.yml'],
      ...(debounceMs !== undefined && { debounceMs }),
      onChanges: () => {
        this.#isDue = true
        this.#next()
      },
      onError: (error) => logger?.warn({ err: error }, error.message),
    })
    await this.#trigger.start({ signal: this.#abort.signal })
  }

  open(): void {
    this.#isOpen = true
    this.#next()
  }

  /** Resolves when every edit that was seen so far has been dealt with. */
  idle(): Promise<void> {
    return this.#turn
  }

  /** What is under way is given up; what has begun to take effect ends. */
  async close(): Promise<void> {
    this.#isOpen = false
    this.#abort.abort(new Error('the host ends'))
    await Promise.allSettled([this.#trigger?.stop(), this.#turn])
  }

  #next(): void {
    if (!this.#isOpen || !this.#isDue) return
    this.#turn = this.#turn.then(async () => {
      if (!this.#isOpen || !this.#isDue) return
      this.#isDue = false
      await this.#deal()
    })
  }

  /** Never rejects. */
  async #deal(): Promise<void> {
    const { config, logger, afterConfigChange } = this.#parts
    try {
      const report = await this.#take()
      if (!report) return
      const { error, outcome, plugins } = report
      if (error) logger?.error({ err: error, outcome, plugins }, error.message)
      else logger?.info({ plugins }, `the configuration was changed: ${plugins.join(', ')}`)
      if (outcome === 'committed') await config.tellWarnings(logger)
      await callHost('afterConfigChange', () => afterConfigChange?.(report), this.#abort.signal)
    } catch (error) {
      if (!this.#abort.signal.aborted) logger?.error({ err: error }, `The configuration: ${messageOf(error)}`)
    }
  }

  async #take(): Promise<ConfigEditReport | undefined> {
    const { config, lifecycle } = this.#parts
    const { signal } = this.#abort
    const before = config.snapshot
    const next = await config.source?.load({ signal })
    if (!before || !next) return undefined
    const errors = (await config.check(next, signal)).filter(({ severity }) => severity === 'error')
    if (errors.length > 0) return { outcome: 'kept', plugins: namesOf(errors), error: configError(errors) }
    const metas = config.metas().filter(({ name }) => !config.isByHand(name))
    const known = new Set(metas.map(({ name }) => name))
    const changes = [...before.changesTo(next, metas)].filter(([name]) => known.has(name))
    // Also where nothing of it matters now: a plugin that comes later is to find it.
    if (changes.length === 0) return void config.take(next)
    const plugins = changes.map(([name]) => name)
    const raws = new Map(
      metas
        .filter(({ name }) => changes.some(([changed, { settings }]) => changed === name && settings))
        .map((meta) => [meta.name, next.settingsFor(meta, metas)]),
    )
    if (raws.size > 0) {
      const { outcome, error } = await lifecycle.reconfigure(raws, { signal, wait: true })
      if (outcome === 'rolled-back' || outcome === 'failed') return { outcome, plugins, error }
    }
    config.take(next)
    return { outcome: 'committed', plugins, error: await this.#follow(changes, next) }
  }

  /** What is the framework's: who runs, and what it may use. Gives what went wrong with it. */
  async #follow(changes: readonly Change[], next: ConfigSnapshot): Promise<PluginError | undefined> {
    const { lifecycle } = this.#parts
    const failures: PluginError[] = []
    const attempt = async (task: Promise<unknown>) => {
      try {
        await task
      } catch (error) {
        if (!(error instanceof PluginError)) throw error
        failures.push(error)
      }
    }
    const regranted = changes
      .filter(([name, { permissions }]) => permissions && lifecycle.status(name).state === 'active')
      .map(([name]) => name)
    if (regranted.length > 0) {
      await attempt(
        lifecycle.reload({ restart: regranted, wait: true }).then(({ error }) => error && failures.push(error)),
      )
    }
    for (const [name, { enabled, settings }] of changes) {
      const isOn = next.plugins.get(name)?.enabled ?? lifecycle.registry.get(name)?.meta.enabled
      // One that has failed may have failed of what was configured; with other settings it was tried again already.
      const isDown = isOn === true && !settings && lifecycle.status(name).state === 'failed'
      if (enabled || isDown) await attempt(isOn ? lifecycle.enable(name) : lifecycle.disable(name))
    }
    return failures[0]
  }
}

type Change = readonly [
  name: string,
  change: { readonly settings: boolean; readonly enabled: boolean; readonly permissions: boolean },
]

function namesOf(problems: readonly { readonly plugin?: string | undefined }[]): string[] {
  return [...new Set(problems.flatMap(({ plugin }) => plugin ?? []))]
}

// What a change means: which plugins are loaded, started or taken out, in which order, how, and why.
import { existsSync } from 'node:fs'
import type { LifecycleState, ReloadStrategy } from '@cf-plugins/lifecycle'
import type { FoundPlugin, PluginLoader } from '@cf-plugins/loader'
import type { PluginRecord } from '@cf-plugins/plugin-api'
import { shownFile } from '@cf-plugins/plugin-api/host'
import type { FileChange } from '@cf-plugins/watcher'
import type { UnregisteredFiles } from './unregistered-files.ts'

/** A plugin whose code is loaded anew. */
export interface PlannedReload {
  readonly plugin: string
  /** What is loaded; nothing for a plugin that the host added by value, or whose file is gone: it is made anew from the code that it has. */
  readonly found: FoundPlugin | undefined
  readonly why: string
}

/** A plugin file that is not registered: new, restored, mended, or a registered plugin's new place. */
export interface PlannedStart {
  readonly found: FoundPlugin
  readonly why: string
}

/** A plugin whose file is gone. Should one of `start` turn out to be that very plugin, it moves there instead. */
export interface PlannedUnload {
  readonly plugin: string
  readonly why: string
}

/** A plugin that is made anew from the code that it has. */
export interface PlannedDependent {
  readonly plugin: string
  readonly why: string
}

/** What a change, or a request, comes to. */
export interface ReloadPlan {
  /** What set it off; empty where it was asked for by name. */
  readonly changes: readonly FileChange[]
  readonly reload: readonly PlannedReload[]
  readonly start: readonly PlannedStart[]
  readonly unload: readonly PlannedUnload[]
  /** Plugins that are made anew because they depend on one of `reload`, dependencies first. */
  readonly dependents: readonly PlannedDependent[]
  /**
   * Every plugin that is replaced, dependencies first; stopped in reverse. Those at rest are not among them: what changed of
   * them is taken up when they are enabled.
   */
  readonly order: readonly string[]
  /** As the code that runs would have it: `overlap` where each plugin of `order` wants that. The report says what it was. */
  readonly strategy: ReloadStrategy
  /** Changes that concern no plugin, and why. */
  readonly passedOver: readonly { readonly file: string; readonly why: string }[]
}

/** What is to be dealt with: files that changed, and plugins that were asked for by name. */
export interface ReloadCause {
  readonly changes: readonly FileChange[]
  readonly names: readonly string[]
}

/** What plans are made from. */
export interface PlanSources {
  readonly loader: Pick<PluginLoader, 'usersOf' | 'isCandidate'>
  readonly records: readonly PluginRecord[]
  readonly unregistered: Pick<UnregisteredFiles, 'named' | 'at'>
  /** The plugins themselves and all that depend on them, dependencies first. */
  affectedBy(names: readonly string[]): string[]
  dependenciesOf(name: string): readonly string[]
  stateOf(name: string): LifecycleState
  /** Whether a plugin was added by the reload that is under way, with this very content. */
  hasTaken(plugin: string, change: FileChange): boolean
}

/** A plan that does nothing. */
export function emptyPlan(changes: readonly FileChange[] = []): ReloadPlan {
  const nothing = { reload: [], start: [], unload: [], dependents: [], order: [], passedOver: [] }
  return { changes, ...nothing, strategy: 'exclusive' }
}

/** @throws `CFP_FOLDER_UNREADABLE` */
export function planReload({ changes, names }: ReloadCause, sources: PlanSources): ReloadPlan {
  const draft = new Draft(sources)
  for (const change of changes) draft.add(change)
  for (const name of new Set(names)) draft.request(name)
  return draft.plan(changes)
}

/** Whether a plugin's file is not where it was. One added by value has none. */
export function isHomeless({ source }: PluginRecord): boolean {
  return source.file !== undefined && !existsSync(source.file)
}

class Draft {
  readonly #sources: PlanSources
  readonly #records: ReadonlyMap<string, PluginRecord>
  readonly #byFile: ReadonlyMap<string | undefined, string>
  readonly #reload = new Map<string, PlannedReload>()
  readonly #start = new Map<string, PlannedStart>()
  readonly #unload = new Map<string, PlannedUnload>()
  readonly #passedOver: { file: string; why: string }[] = []

  constructor(sources: PlanSources) {
    this.#sources = sources
    this.#records = new Map(sources.records.map((record) => [record.meta.name, record]))
    this.#byFile = new Map(sources.records.map(({ source, meta }) => [source.file, meta.name]))
  }

  add(change: FileChange): void {
    const { file, kind } = change
    const { loader } = this.#sources
    const isGone = kind === 'unlink'
    const concerned = new Map(loader.usersOf(file).map((user) => [user.file, user]))
    const candidate = loader.isCandidate(file)
    if (candidate) concerned.set(candidate.file, candidate)
    const owner = isGone ? (this.#byFile.get(file) ?? this.#heirless(file)) : undefined
    const shown = shownFile(file)
    if (owner !== undefined) this.#unload.set(owner, { plugin: owner, why: `${shown} is gone` })
    if (isGone) concerned.delete(file)
    let isUsed = this.#byFile.has(file) || owner !== undefined
    for (const found of concerned.values()) {
      const plugin = this.#byFile.get(found.file)
      const why = found.file === file ? `${shown} ${kind === 'add' ? 'is new' : 'changed'}` : `it uses ${shown}`
      isUsed ||= plugin !== undefined
      if (plugin !== undefined) {
        const heir = this.#heirOf(plugin)
        if (heir) this.#addStart(heir, why)
        // One whose file is gone has no code but what it runs.
        if (this.#isHomeless(plugin)) continue
        // It came in while this was being dealt with, as it is.
        if (!this.#sources.hasTaken(plugin, change))
          this.#addReload(plugin, found, isGone ? `${why}, which is gone` : why)
        continue
      }
      // What a plugin once read is remembered beyond its end.
      if (!loader.isCandidate(found.file)) continue
      this.#addStart(found, why)
      isUsed = true
    }
    if (!isUsed) this.#passedOver.push({ file, why: 'no plugin reads it, and discovery does not take it for one' })
  }

  request(name: string): void {
    const { loader } = this.#sources
    const why = 'asked for'
    const record = this.#records.get(name)
    const heir = this.#heirOf(name)
    if (heir) this.#addStart(heir, why)
    else if (record) {
      const { file } = record.source
      this.#addReload(name, file === undefined ? undefined : loader.isCandidate(file), why)
    }
  }

  plan(changes: readonly FileChange[]): ReloadPlan {
    const { affectedBy, stateOf } = this.#sources
    for (const plugin of this.#unload.keys()) this.#reload.delete(plugin)
    const roots = [...this.#reload.keys()].filter((name) => ['active', 'failed'].includes(stateOf(name)))
    const order = affectedBy(roots).filter((name) => roots.includes(name) || stateOf(name) === 'active')
    const isOverlap = order.every((name) => this.#records.get(name)?.meta.reload.strategy === 'overlap')
    return {
      changes,
      reload: [...this.#reload.values()],
      start: [...this.#start.values()],
      unload: [...this.#unload.values()],
      dependents: this.#dependents(order),
      order,
      strategy: order.length > 0 && isOverlap ? 'overlap' : 'exclusive',
      passedOver: this.#passedOver,
    }
  }

  #addReload(plugin: string, found: FoundPlugin | undefined, why: string): void {
    this.#reload.set(plugin, { plugin, found, why: also(this.#reload.get(plugin)?.why, why) })
  }

  #addStart(found: FoundPlugin, why: string): void {
    this.#start.set(found.file, { found, why: also(this.#start.get(found.file)?.why, why) })
  }

  #isHomeless(plugin: string): boolean {
    const record = this.#records.get(plugin)
    return record !== undefined && isHomeless(record)
  }

  /** The file of a plugin that has none of its own: it was to move there, or could not be loaded from there. */
  #heirOf(plugin: string): FoundPlugin | undefined {
    if (this.#records.has(plugin) && !this.#isHomeless(plugin)) return undefined
    return this.#sources.unregistered.named(plugin)?.found
  }

  /** The plugin that was to move to this file, and has no other. */
  #heirless(file: string): string | undefined {
    const plugin = this.#sources.unregistered.at(file)?.name
    return plugin !== undefined && this.#isHomeless(plugin) ? plugin : undefined
  }

  #dependents(order: readonly string[]): PlannedDependent[] {
    const members = new Set(order)
    return order.flatMap((plugin) => {
      if (this.#reload.has(plugin)) return []
      const needs = this.#sources.dependenciesOf(plugin).filter((name) => members.has(name))
      return [{ plugin, why: `it depends on ${needs.join(', ')}` }]
    })
  }
}

function also(before: string | undefined, why: string): string {
  return before === undefined ? why : `${before}; ${why}`
}

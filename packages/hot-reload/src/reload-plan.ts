// What a change means: which plugins are loaded, started or taken out, and why.
import type { FoundPlugin, PluginLoader } from '@cf-plugins/loader'
import type { PluginRecord } from '@cf-plugins/plugin-api'
import type { FileChange } from '@cf-plugins/watcher'
import type { UnregisteredFiles } from './unregistered-files.ts'

/** A plugin whose code is loaded anew. */
export interface PlannedReload {
  readonly plugin: string
  /** What is loaded; nothing for a plugin that the host added by value, or whose file is gone: it is made anew from the code that it has. */
  readonly found: FoundPlugin | undefined
  readonly why: string
}

/** A plugin file that is not registered: new, restored, or mended. */
export interface PlannedStart {
  readonly found: FoundPlugin
  readonly why: string
}

/** A plugin whose file is gone. */
export interface PlannedUnload {
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
  readonly dependents: readonly string[]
  /** Changes that concern no plugin, and why. */
  readonly passedOver: readonly { readonly file: string; readonly why: string }[]
}

/** What plans are made from. */
export interface PlanSources {
  readonly loader: Pick<PluginLoader, 'usersOf' | 'isCandidate'>
  readonly records: readonly PluginRecord[]
  readonly unregistered: Pick<UnregisteredFiles, 'named'>
  affectedBy(names: readonly string[]): string[]
}

/** A plan that does nothing. */
export function emptyPlan(changes: readonly FileChange[] = []): ReloadPlan {
  return { changes, reload: [], start: [], unload: [], dependents: [], passedOver: [] }
}

/** The plan for files that changed. @throws `CFP_FOLDER_UNREADABLE` */
export function planChanges(changes: readonly FileChange[], sources: PlanSources): ReloadPlan {
  const { loader } = sources
  const byFile = new Map(sources.records.map(({ source, meta }) => [source.file, meta.name]))
  const reload = new Map<string, PlannedReload>()
  const start = new Map<string, PlannedStart>()
  const unload = new Map<string, PlannedUnload>()
  const passedOver: { file: string; why: string }[] = []
  for (const { file, kind } of changes) {
    const isGone = kind === 'unlink'
    const own = byFile.get(file)
    if (isGone && own !== undefined) unload.set(own, { plugin: own, why: `${file} is gone` })
    const concerned = new Map(loader.usersOf(file).map((user) => [user.file, user]))
    const candidate = loader.isCandidate(file)
    if (candidate) concerned.set(candidate.file, candidate)
    if (isGone) concerned.delete(file)
    let isUsed = own !== undefined
    for (const found of concerned.values()) {
      const plugin = byFile.get(found.file)
      const why = found.file === file ? `${file} changed` : `it uses ${file}`
      if (plugin !== undefined) reload.set(plugin, { plugin, found, why })
      // What a plugin once read is remembered beyond its end.
      else if (loader.isCandidate(found.file)) start.set(found.file, { found, why })
      else continue
      isUsed = true
    }
    if (!isUsed) passedOver.push({ file, why: 'no plugin reads it, and discovery does not take it for one' })
  }
  for (const plugin of unload.keys()) reload.delete(plugin)
  return {
    changes,
    reload: [...reload.values()],
    start: [...start.values()],
    unload: [...unload.values()],
    dependents: dependentsOf(reload, sources),
    passedOver,
  }
}

/** The plan for plugins that are asked for by name, those that could not be loaded before among them. */
export function planRequest(names: readonly string[], sources: PlanSources): ReloadPlan {
  const { loader, unregistered } = sources
  const why = 'asked for'
  const records = new Map(sources.records.map((record) => [record.meta.name, record]))
  const reload = new Map<string, PlannedReload>()
  const start: PlannedStart[] = []
  for (const name of new Set(names)) {
    const record = records.get(name)
    const found = record ? undefined : unregistered.named(name)?.found
    if (found) start.push({ found, why })
    if (!record) continue
    const { file } = record.source
    reload.set(name, { plugin: name, found: file === undefined ? undefined : loader.isCandidate(file), why })
  }
  return { ...emptyPlan(), reload: [...reload.values()], start, dependents: dependentsOf(reload, sources) }
}

function dependentsOf(reload: ReadonlyMap<string, PlannedReload>, sources: PlanSources): string[] {
  return sources.affectedBy([...reload.keys()]).filter((name) => !reload.has(name))
}

// What a change means: which plugins are loaded, started or taken out, and why.

import type { FoundPlugin, PluginLoader } from '@cf-plugins/loader'
import type { PluginRecord } from '@cf-plugins/plugin-api'
import type { FileChange } from '@cf-plugins/watcher'

/** A plugin whose code is loaded anew. */
export interface PlannedReload {
  readonly plugin: string
  /** What is loaded; nothing for a plugin that the host added by value, which is made anew from the code that it has. */
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
  affectedBy(names: readonly string[]): string[]
}

/** The plan for files that changed. */
export function planChanges(changes: readonly FileChange[], sources: PlanSources): ReloadPlan {
  const byFile = new Map(
    sources.records.flatMap((record) => (record.source.file ? [[record.source.file, record.meta.name]] : [])) as [
      string,
      string,
    ][],
  )
  const reload = new Map<string, PlannedReload>()
  const start = new Map<string, PlannedStart>()
  const unload = new Map<string, PlannedUnload>()
  const passedOver: { file: string; why: string }[] = []
  for (const { file, kind } of changes) {
    const own = byFile.get(file)
    if (kind === 'unlink' && own !== undefined) {
      unload.set(own, { plugin: own, why: `${file} is gone` })
      continue
    }
    const candidate = kind === 'unlink' ? undefined : sources.loader.isCandidate(file)
    const users = [...sources.loader.usersOf(file)]
    if (candidate && !users.some((user) => user.file === candidate.file)) users.push(candidate)
    for (const found of users) {
      const plugin = byFile.get(found.file)
      const why = found.file === file ? `${file} changed` : `it uses ${file}`
      if (plugin === undefined) start.set(found.file, { found, why })
      else reload.set(plugin, { plugin, found, why })
    }
    if (users.length === 0) passedOver.push({ file, why: 'no plugin reads it, and discovery does not take it for one' })
  }
  for (const plugin of unload.keys()) reload.delete(plugin)
  return {
    changes,
    start: [...start.values()],
    unload: [...unload.values()],
    passedOver,
    ...withDependents(reload, sources),
  }
}

/** The plan for plugins that are asked for by name. */
export function planRequest(names: readonly string[], sources: PlanSources): ReloadPlan {
  const reload = new Map<string, PlannedReload>()
  for (const record of sources.records) {
    const { name } = record.meta
    if (!names.includes(name)) continue
    const { file } = record.source
    reload.set(name, { plugin: name, found: file ? sources.loader.isCandidate(file) : undefined, why: 'asked for' })
  }
  return { changes: [], start: [], unload: [], passedOver: [], ...withDependents(reload, sources) }
}

function withDependents(
  reload: ReadonlyMap<string, PlannedReload>,
  sources: PlanSources,
): Pick<ReloadPlan, 'reload' | 'dependents'> {
  const dependents = sources.affectedBy([...reload.keys()]).filter((name) => !reload.has(name))
  return { reload: [...reload.values()], dependents }
}

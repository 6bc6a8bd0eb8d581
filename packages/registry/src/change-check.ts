// What a change of the registry may not do.
import { HotReloadError, type PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { conflict, listed } from './conflict.ts'
import type { PluginCatalog, ResolveOptions } from './plugin-catalog.ts'
import type { RegistryChange } from './staged-registry.ts'

/**
 * Refuses a change that would break something which holds now, or that brings in a plugin which cannot start.
 *
 * @throws HotReloadError: the one problem, or `CFP_CHANGE_REFUSED` with all of them
 */
export function checkChange(
  before: PluginCatalog,
  after: PluginCatalog,
  change: RegistryChange,
  options: ResolveOptions,
): void {
  const problems = [...identityConflicts(before, change), ...newConflicts(before, after, change, options)]
  const [first] = problems
  if (first === undefined) return
  const code: string = problems.length === 1 ? first.code : 'CFP_CHANGE_REFUSED'
  const message =
    problems.length === 1 ? first.message : `The change has ${problems.length} problems:\n${listed(problems)}`
  throw new HotReloadError(code, message, {
    plugin: first.plugin,
    phase: 'validate',
    file: first.file,
    generation: first.generation,
    issues: problems.flatMap((problem) => problem.issues ?? []),
    cause: first,
  })
}

/** Renames, and names that another file has already. What the change also takes out is in nobody's way. */
function identityConflicts(before: PluginCatalog, change: RegistryChange): PluginError[] {
  const removed = new Set(change.remove)
  const staying = stayingByFile(before, change.set ?? [], removed)
  const found: PluginError[] = []
  const incoming = new Map<string, PluginRecord[]>()
  for (const record of change.set ?? []) {
    const { name } = record.meta
    const own = removed.has(name) ? undefined : before.get(name)
    const earlier = incoming.get(name) ?? []
    const sameName = [...(own ? [own] : []), ...earlier].find((other) => elsewhere(other, record))
    const sameFile = staying.get(record.source.file)?.find((other) => other.meta.name !== name)
    if (sameName !== undefined) found.push(duplicateName(record, sameName))
    else if (sameFile !== undefined) found.push(renamed(record, sameFile.meta.name))
    incoming.set(name, [...earlier, record])
  }
  return found
}

/** Those that stay, by those of their files that a plugin comes in from: one walk over all, however many come in. */
function stayingByFile(
  before: PluginCatalog,
  set: readonly PluginRecord[],
  removed: ReadonlySet<string>,
): ReadonlyMap<string | undefined, PluginRecord[]> {
  const byFile = new Map<string | undefined, PluginRecord[]>()
  for (const { source } of set) if (source.file !== undefined) byFile.set(source.file, [])
  if (byFile.size === 0) return byFile
  for (const record of before.records()) {
    if (!removed.has(record.meta.name)) byFile.get(record.source.file)?.push(record)
  }
  return byFile
}

/** What is wrong with the plugins that come in, and what is newly wrong with the others. */
function newConflicts(
  before: PluginCatalog,
  after: PluginCatalog,
  change: RegistryChange,
  options: ResolveOptions,
): PluginError[] {
  const members = new Set(change.set?.map((record) => record.meta.name))
  const was = before.resolve(options)
  const willBe = after.resolve(options)
  const known = new Set(was.conflicts.map(identityOf))
  const found = willBe.conflicts.filter((problem) => {
    if (problem.code !== 'CFP_DEPENDENCY_DISABLED')
      return members.has(problem.plugin!) || !known.has(identityOf(problem))
    if (known.has(identityOf(problem))) return false
    return members.has(problem.plugin!) || !neededBy(problem, after).some((name) => members.has(name))
  })
  if (willBe.disabled.length > 0) found.push(...sleepingCycles(before, after, found))
  if (found.length > 0) return found
  // Nothing is wrong with the change itself: then nobody may come to wait for a plugin that could not start before.
  // That others wait for one which the change switches off is its very purpose.
  return [...willBe.blocked.values()].filter(({ code, plugin, cause }) => {
    if (code !== 'CFP_DEPENDENCY_BLOCKED' || was.blocked.has(plugin!)) return false
    return members.has(plugin!) || was.blocked.has((cause as PluginError).plugin!)
  })
}

/** The disabled plugins that a problem is about. */
function neededBy({ issues }: PluginError, catalog: PluginCatalog): readonly string[] {
  const [list, ...name] = issues![0]!.path.split('.')
  return list === 'requires' ? catalog.providersOf(name.join('.')) : [name.join('.')]
}

/** Circles that would be closed as soon as somebody switches a plugin on who is innocent of them. */
function sleepingCycles(before: PluginCatalog, after: PluginCatalog, found: readonly PluginError[]): PluginError[] {
  const everybody = { enabled: () => true }
  const isCycle = ({ code }: PluginError) => code === 'CFP_DEPENDENCY_CYCLE'
  const cycles = after.resolve(everybody).conflicts.filter(isCycle)
  if (cycles.length === 0) return []
  const known = new Set([...before.resolve(everybody).conflicts.filter(isCycle), ...found].map(identityOf))
  return cycles.filter((cycle) => !known.has(identityOf(cycle)))
}

function identityOf({ code, plugin, issues, message }: PluginError): string {
  return [code, plugin, issues?.[0]?.path, code === 'CFP_DEPENDENCY_CYCLE' ? message : ''].join('\n')
}

/** The error of two plugins with one name, told to the second. */
export function duplicateName(record: PluginRecord, first: PluginRecord): PluginError {
  const { name } = record.meta
  const message = `Two plugins are named "${name}": ${whereIs(first)} and ${whereIs(record)}. Rename one of them.`
  return conflict(record, 'CFP_DUPLICATE_NAME', 'name', message)
}

function renamed(record: PluginRecord, before: string): PluginError {
  const message = `${whereIs(record)} was plugin "${before}" and now says that it is "${record.meta.name}". Keep the name; a rename needs a restart, or removing the plugin and adding it again.`
  // Told of the plugin that people know.
  return conflict({ ...record, meta: { ...record.meta, name: before } }, 'CFP_PLUGIN_RENAMED', 'name', message)
}

function elsewhere(one: PluginRecord, other: PluginRecord): boolean {
  return one.source.file !== other.source.file
}

function whereIs({ source }: PluginRecord): string {
  return source.file ?? 'one that the host added'
}

// The new code of a plan, loaded while the old one serves.
import type { FoundPlugin, PluginLoader } from '@cf-plugins/loader'
import type { PluginError, PluginRecord } from '@cf-plugins/plugin-api'
import type { LoadedContents } from './loaded-contents.ts'
import type { Newcomer } from './newcomers.ts'
import type { ReloadPlan } from './reload-plan.ts'
import { type IsSettled, SettledReads } from './settled-reads.ts'

/** What loads work with. */
export interface LoadParts {
  readonly loader: Pick<PluginLoader, 'load' | 'loadAll'>
  readonly contents: LoadedContents
  readonly isSettled: IsSettled
}

/** What came of loading a plan's files. Nothing of it is to be used where something is unsettled. */
export interface NewCode {
  /** New records of registered plugins. */
  readonly records: readonly PluginRecord[]
  /** What is in the other files. */
  readonly newcomers: readonly Newcomer[]
  /** Why registered plugins could not be loaded. */
  readonly failures: readonly unknown[]
  /** Files that could not be loaded, and why. */
  readonly failedStarts: readonly { readonly found: FoundPlugin; readonly error: PluginError }[]
  /** Files that were being written while they were read. */
  readonly unsettled: readonly string[]
}

/** Loads all of it side by side. Never rejects. */
export async function loadPlan(plan: ReloadPlan, parts: LoadParts, signal: AbortSignal): Promise<NewCode> {
  const unsettled = new Set<string>()
  const load = (found: FoundPlugin) => loadOne(found, parts, signal, unsettled)
  const [reloads, starts] = await Promise.all([
    Promise.allSettled(plan.reload.flatMap(({ found }) => (found ? [load(found)] : []))),
    Promise.all(plan.start.map(async ({ found }) => ({ found, ...(await startOne(found, parts, signal, unsettled)) }))),
  ])
  return {
    records: reloads.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    newcomers: starts.flatMap(({ found, records }) => records.map((record) => ({ found, record }))),
    failures: reloads.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
    failedStarts: starts.flatMap(({ found, failures }) => failures.map((error) => ({ found, error }))),
    unsettled: [...unsettled],
  }
}

async function loadOne(
  found: FoundPlugin,
  { loader, contents, isSettled }: LoadParts,
  signal: AbortSignal,
  unsettled: Set<string>,
): Promise<PluginRecord> {
  const reads = new SettledReads(isSettled)
  try {
    const record = await loader.load(found, { signal, onRead: reads.onRead })
    contents.note(record, reads.hashes)
    return record
  } finally {
    for (const file of reads.unsettled) unsettled.add(file)
  }
}

/** The same for a file that need not be a plugin, if the loader passes over such files. */
export async function startOne(
  found: FoundPlugin,
  { loader, contents, isSettled }: LoadParts,
  signal: AbortSignal,
  unsettled: Set<string>,
): Promise<{ readonly records: readonly PluginRecord[]; readonly failures: readonly PluginError[] }> {
  const reads = new SettledReads(isSettled)
  const { records, failures } = await loader.loadAll([found], { signal, onRead: reads.onRead })
  for (const record of records) contents.note(record, reads.hashes)
  for (const file of reads.unsettled) unsettled.add(file)
  return { records, failures }
}

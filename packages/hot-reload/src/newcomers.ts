// Plugins that come in while others run: those that can be, and those that are kept waiting for a better moment.
import type { Lifecycle } from '@cf-plugins/lifecycle'
import type { FoundPlugin } from '@cf-plugins/loader'
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import type { UnregisteredFiles } from './unregistered-files.ts'

/** A plugin that was just loaded. */
export interface Newcomer {
  readonly found: FoundPlugin
  readonly record: PluginRecord
}

/** What newcomers come into. */
export interface NewcomerParts {
  readonly lifecycle: Pick<Lifecycle, 'add'>
  readonly unregistered: UnregisteredFiles
}

/**
 * Registers and starts newcomers, and those that were refused before: a name may be free again, a dependency there.
 * What is refused is noted and tried again with the next newcomers. Gives the names of those that came in.
 */
export async function addNewcomers(newcomers: readonly Newcomer[], parts: NewcomerParts): Promise<string[]> {
  const files = new Set(newcomers.map(({ found }) => found.file))
  const refused = parts.unregistered.refused().filter(({ found }) => !files.has(found.file)) as Newcomer[]
  const all = [...newcomers, ...refused]
  if (all.length === 0) return []
  if (await add(all, parts)) return all.map(({ record }) => record.meta.name)
  // One that is refused must not keep the others out; and one may need another, until a round gets nobody in.
  const added: string[] = []
  let before = Number.POSITIVE_INFINITY
  for (let waiting: Newcomer[] = all; waiting.length > 0 && waiting.length < before; ) {
    before = waiting.length
    waiting = await addEach(waiting, parts, added)
  }
  return added
}

async function addEach(waiting: readonly Newcomer[], parts: NewcomerParts, added: string[]): Promise<Newcomer[]> {
  const left: Newcomer[] = []
  for (const each of waiting) {
    if (await add([each], parts)) added.push(each.record.meta.name)
    else left.push(each)
  }
  return left
}

/** Whether all of them came in; one alone that did not is noted with the reason. */
async function add(batch: readonly Newcomer[], parts: NewcomerParts): Promise<boolean> {
  const { lifecycle, unregistered } = parts
  try {
    await lifecycle.add(batch.map(({ record }) => record))
  } catch (error) {
    if (!(error instanceof PluginError)) throw error
    const [only] = batch
    if (only && batch.length === 1) unregistered.note(only.found, error, { record: only.record })
    return false
  }
  for (const { found } of batch) unregistered.forget(found.file)
  return true
}

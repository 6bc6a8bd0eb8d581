// Lists resources by name, a page at a time, with no more in memory than a page's worth.
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { PluginError } from '@cf-plugins/plugin-api'
import type { ResourceInfo, ResourceJson, ResourceList } from './resource.ts'
import { type Head, infoOf } from './resource-file.ts'
import { fileNameOf, nameOfFile } from './resource-name.ts'
import { readHead } from './stored-file.ts'

/** Which resources are wanted, all of it checked. */
export interface Wanted {
  readonly prefix: string
  readonly metadata: { readonly [key: string]: ResourceJson }
  readonly after: string | undefined
  readonly limit: number
  /** Whether whoever asks may know of it. */
  readonly may: (name: string) => boolean
  /** Throws where nobody waits for the list any more. */
  readonly assertAwaited: () => void
}

/** Names that are kept in memory at a time. */
const WINDOW = 2000
/** Files that are read at a time. */
const AT_ONCE = 16
const MOST_DAMAGED = 100
const DAMAGED = 'damaged'

export async function listFolder(folder: string, wanted: Wanted): Promise<ResourceList> {
  const resources: ResourceInfo[] = []
  const damaged: string[] = []
  let after = wanted.after === undefined ? '' : fileNameOf(wanted.after)
  for (;;) {
    const names = await namesAfter(folder, after, wanted)
    for (let at = 0; at < names.length; at += AT_ONCE) {
      wanted.assertAwaited()
      const batch = names.slice(at, at + AT_ONCE)
      const heads = await Promise.all(batch.map((name) => headOf(folder, name)))
      for (const [index, head] of heads.entries()) {
        if (head === DAMAGED && damaged.length < MOST_DAMAGED) damaged.push(batch[index] ?? '')
        if (!head || head === DAMAGED || !isWanted(head, wanted)) continue
        // There is one more than asked for.
        const last = resources.length === wanted.limit ? resources.at(-1) : undefined
        if (last) return { resources, next: last.name, damaged }
        resources.push(infoOf(head))
      }
    }
    if (names.length < WINDOW) return { resources, damaged }
    after = fileNameOf(names.at(-1) ?? '')
  }
}

/** The first names, in lower case, whose files come after `after`: by the files' names, so that pages fit together. */
async function namesAfter(folder: string, after: string, { prefix, assertAwaited }: Wanted): Promise<string[]> {
  const start = fileNameOf(prefix).slice(0, -fileNameOf('').length)
  const files: string[] = []
  let seen = 0
  for await (const { name: file } of await opendir(folder, { bufferSize: 256 })) {
    if (++seen % 1024 === 0) assertAwaited()
    if (!file.startsWith(start) || file <= after || nameOfFile(file) === undefined) continue
    files.push(file)
    if (files.length >= 2 * WINDOW) files.sort().splice(WINDOW)
  }
  return files
    .sort()
    .slice(0, WINDOW)
    .flatMap((file) => nameOfFile(file) ?? [])
}

async function headOf(folder: string, name: string): Promise<Head | typeof DAMAGED | undefined> {
  const file = fileNameOf(name)
  try {
    const head = await readHead(join(folder, file))
    return !head || fileNameOf(head.name) === file ? head : DAMAGED
  } catch (error) {
    if (error instanceof PluginError) return DAMAGED
    throw error
  }
}

function isWanted({ name, metadata }: Head, wanted: Wanted): boolean {
  if (!name.startsWith(wanted.prefix) || !wanted.may(name)) return false
  return Object.entries(wanted.metadata).every(
    ([key, value]) => Object.hasOwn(metadata, key) && isDeepStrictEqual(metadata[key], value),
  )
}

// Where in a plugin's files a thrown error comes from.
import { fileURLToPath } from 'node:url'
import type { FilePlace } from './load-problem.ts'
import { originalPlace } from './positions.ts'

/**
 * The topmost frame of an error's stack that is in one of a plugin's own files. `mappingsOf` gives a file's source
 * map, by the file's URL, or nothing for files that are not the plugin's.
 */
export function errorPosition(thrown: unknown, mappingsOf: (url: string) => string | undefined): FilePlace | undefined {
  if (!(thrown instanceof Error) || typeof thrown.stack !== 'string') return undefined
  for (const [, url, line, column] of thrown.stack.matchAll(/\(?(file:\/\/[^\s)]+?):(\d+):(\d+)\)?$/gm)) {
    const mappings = url === undefined ? undefined : mappingsOf(url)
    if (url === undefined || mappings === undefined) continue
    const place = originalPlace(mappings, Number(line), Number(column))
    return { file: fileURLToPath(url), line: place?.line ?? Number(line), column: place?.column ?? Number(column) }
  }
  return undefined
}

/**
 * Reads every stack of an error once. Until then V8 keeps the functions of its frames, and with them a whole generation
 * for as long as anybody keeps the error.
 */
export function settleStacks(thrown: unknown, seen = new Set<unknown>()): void {
  if (!(thrown instanceof Error) || seen.has(thrown)) return
  seen.add(thrown)
  try {
    void thrown.stack
    settleStacks(thrown.cause, seen)
    if (thrown instanceof AggregateError) for (const error of thrown.errors) settleStacks(error, seen)
  } catch {
    // A getter of the plugin's own threw: nothing to settle.
  }
}

// Where in a plugin's files a thrown error comes from.
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { FilePlace } from './load-problem.ts'
import { oneBased, original, type Place } from './mappings.ts'

/**
 * The topmost frame of an error's stack that is in one of a plugin's own files. `mappingsOf` gives a file's source
 * map, by the file's URL, or nothing for files that are not the plugin's.
 */
export function errorPosition(thrown: unknown, mappingsOf: (url: string) => string | undefined): FilePlace | undefined {
  if (!(thrown instanceof Error) || typeof thrown.stack !== 'string') return undefined
  let added: FilePlace | undefined
  for (const [, at = '', ...numbers] of thrown.stack.matchAll(
    /[( ]((?:file:\/\/|\/|[A-Za-z]:\\).*?):(\d+):(\d+)\)?$/gm,
  )) {
    // Where the process reads source maps itself, what is mapped already is told by its path.
    const isMapped = !at.startsWith('file:')
    const mappings = mappingsOf(isMapped ? pathToFileURL(at).href : at)
    if (mappings === undefined) continue
    const file = isMapped ? at : fileURLToPath(at)
    const [line, column] = numbers.map(Number) as [number, number]
    const place = isMapped ? { line, column } : originalPlace(mappings, line, column)
    if (place) return { file, ...place }
    // Code that the rewriter put there, such as what reads an export: who called it is to blame.
    added ??= { file, line, column }
  }
  return added
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

/** What `mappings` say about a place of the running code, from 1 as in a stack. */
function originalPlace(mappings: string, line: number, column: number): Place | undefined {
  // When something has gone wrong, and no sooner: it costs a start 3 ms.
  const codec: typeof import('@jridgewell/sourcemap-codec') = createRequire(import.meta.url)(
    '@jridgewell/sourcemap-codec',
  )
  const found = original(codec.decode(mappings), { line: line - 1, column: column - 1 })
  return found && oneBased(found)
}

// Where a stack leads to.
import { fileURLToPath } from 'node:url'

/** A line of a file, from 1. */
export interface Place {
  readonly file: string
  readonly line: number
}

/** The topmost frame in one of the files that are looked for. Its line is that of the source: what runs has the source's lines. */
export function placeIn(thrown: unknown, isSought: (file: string) => boolean): Place | undefined {
  const stack = thrown instanceof Error && typeof thrown.stack === 'string' ? thrown.stack : ''
  for (const [, at = '', line] of stack.matchAll(/[( ]((?:file:\/\/|\/|[A-Za-z]:\\).*?):(\d+):\d+\)?$/gm)) {
    const file = at.startsWith('file:') ? fileURLToPath(at) : at
    if (isSought(file)) return { file, line: Number(line) }
  }
  return undefined
}

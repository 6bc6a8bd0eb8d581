// Where in a file each place of its code stands, also when a transform made the code.
import { decode, type SourceMapMappings } from '@jridgewell/sourcemap-codec'
import { oneBased, original, type Place, segmentAt } from './mappings.ts'

/** Looks up where offsets of a module's code stand in its file. */
export class Positions {
  /** Whether the code is a transform's output rather than the file's own text. */
  readonly transformed: boolean
  readonly #code: string
  readonly #lineStarts: readonly number[]
  readonly #mappings: SourceMapMappings | undefined

  /** `mappings` lead from `code` to the file, where a transform made `code`. */
  constructor(code: string, mappings?: string) {
    this.transformed = mappings !== undefined
    this.#code = code
    this.#lineStarts = lineStartsOf(code)
    this.#mappings = mappings === undefined ? undefined : decode(mappings)
  }

  /** Where the token at `offset` stands; nothing if the transform added it. */
  exactly(offset: number): Place | undefined {
    const place = this.#inCode(offset)
    if (!this.#mappings) return place
    const segment = segmentAt(this.#mappings, place)
    if (!segment || segment.length === 1) return undefined
    // esbuild maps the indentation before a statement rather than the statement.
    const between = this.#code.slice(offset - (place.column - segment[0]), offset)
    return between.trim() === '' ? { line: segment[2], column: segment[3] } : undefined
  }

  /** Where the code around `offset` stands, for people: from 1. */
  near(offset: number): Place {
    const place = this.#inCode(offset)
    return oneBased((this.#mappings && original(this.#mappings, place)) ?? place)
  }

  #inCode(offset: number): Place {
    const starts = this.#lineStarts
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low, column: offset - (starts[low] ?? 0) }
  }
}

function lineStartsOf(text: string): number[] {
  const starts = [0]
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 13 && code < 0x2028) continue
    if (code === 10 || code === 0x2028 || code === 0x2029 || (code === 13 && text.charCodeAt(index + 1) !== 10))
      starts.push(index + 1)
  }
  return starts
}

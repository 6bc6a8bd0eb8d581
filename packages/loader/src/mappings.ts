// What a source map says of a place.
import type { SourceMapMappings, SourceMapSegment } from '@jridgewell/sourcemap-codec'

/** From 0, both. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** Where a place of the code stands in the file; nothing if a transform added it. */
export function original(mappings: SourceMapMappings, place: Place): Place | undefined {
  const segment = segmentAt(mappings, place)
  if (!segment || segment.length === 1) return undefined
  return { line: segment[2], column: segment[3] + place.column - segment[0] }
}

/** The last segment at or before a place, on its line. */
export function segmentAt(mappings: SourceMapMappings, { line, column }: Place): SourceMapSegment | undefined {
  const segments = mappings[line] ?? []
  let low = 0
  let high = segments.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if ((segments[middle]?.[0] ?? 0) <= column) low = middle + 1
    else high = middle - 1
  }
  return segments[high]
}

/** As people count. */
export function oneBased({ line, column }: Place): Place {
  return { line: line + 1, column: column + 1 }
}

// Values that know where they stand: what is left of a YAML document once its aliases are followed and its variables put in.
import type { ConfigPosition } from './config-problem.ts'

export type Located = LocatedScalar | LocatedList | LocatedMap

interface LocatedBase {
  readonly position: ConfigPosition
  /** How many values it is, itself among them, with what its aliases repeat. */
  readonly size: number
  /** How many levels. */
  readonly height: number
  /** It stands for what was told to be wrong: what follows from it need not be. */
  readonly isBroken?: true
}

export interface LocatedScalar extends LocatedBase {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** Where `${...}` was in it: its type is for the schema to say. */
  readonly from?: {
    /** Variables whose values it has. */
    readonly variables: readonly string[]
    /** In quotes or a block, and so a text if nobody says otherwise. */
    readonly quoted: boolean
  }
}

export interface LocatedList extends LocatedBase {
  readonly kind: 'list'
  readonly items: readonly Located[]
}

export interface LocatedMap extends LocatedBase {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, LocatedEntry>
}

export interface LocatedEntry {
  readonly key: ConfigPosition
  readonly node: Located
}

/** Gives each scalar as `read` makes it, in plain arrays and objects, which are new each time. */
export function plainValue(
  node: Located,
  read: (scalar: LocatedScalar, path: readonly string[]) => unknown,
  path: readonly string[] = [],
): unknown {
  if (node.kind === 'scalar') return read(node, path)
  if (node.kind === 'list') return node.items.map((item, at) => plainValue(item, read, [...path, `${at}`]))
  return Object.fromEntries(
    Array.from(node.entries, ([key, entry]) => [key, plainValue(entry.node, read, [...path, key])]),
  )
}

/** Where a path leads, or how far: the value's own place, for what is missing or holds others its key's. */
export function placeOf(node: Located, path: readonly string[], own: ConfigPosition = node.position): ConfigPosition {
  const [key, ...rest] = path
  if (key === undefined) return node.kind === 'scalar' ? node.position : own
  if (node.kind === 'scalar') return node.position
  if (node.kind === 'list') {
    const item = node.items[Number(key)]
    return item ? placeOf(item, rest) : own
  }
  const entry = node.entries.get(key)
  return entry ? placeOf(entry.node, rest, entry.key) : own
}

/** The value at a path. */
export function nodeAt(node: Located | undefined, path: readonly string[]): Located | undefined {
  const [key, ...rest] = path
  if (!node || key === undefined) return node
  if (node.kind === 'scalar') return undefined
  return nodeAt(node.kind === 'list' ? node.items[Number(key)] : node.entries.get(key)?.node, rest)
}

// What is known of a setting: its types, what is inside it, and what is said of it.

/** The types of JSON Schema. */
export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'array' | 'object'

/** What is known of a value. */
export interface OptionNode {
  /** Empty where anything goes, or nobody knows. */
  readonly types: ReadonlySet<JsonType>
  readonly properties: ReadonlyMap<string, OptionProperty>
  /** What becomes of keys besides `properties`: kept, dropped without a word, or refused. Nothing where nobody says. */
  readonly otherKeys: 'kept' | 'dropped' | 'refused' | undefined
  /** The value of such a key. */
  readonly others: OptionNode | undefined
  /** An item of an array. */
  readonly items: OptionNode | undefined
  readonly description: string | undefined
  readonly hasDefault: boolean
  readonly default: unknown
  /** The values that it can have, where they are counted. */
  readonly values: readonly unknown[] | undefined
  /** What else must hold, in words: `at least 1`. */
  readonly rules: readonly string[]
  readonly secret: boolean
  readonly deprecated: boolean
}

export interface OptionProperty {
  readonly node: OptionNode
  readonly required: boolean
}

/** Of a value that nobody tells anything of. */
export const nothingKnown: OptionNode = {
  types: new Set(),
  properties: new Map(),
  otherKeys: undefined,
  others: undefined,
  items: undefined,
  description: undefined,
  hasDefault: false,
  default: undefined,
  values: undefined,
  rules: [],
  secret: false,
  deprecated: false,
}

/** A node whose inside is read when it is first asked for. */
export function withInside(
  node: Omit<OptionNode, 'properties' | 'others' | 'items'>,
  properties: () => OptionNode['properties'],
  others: () => OptionNode | undefined,
  items: () => OptionNode | undefined,
): OptionNode {
  const once = <T>(make: () => T) => {
    let made: { readonly value: T } | undefined
    return () => {
      made ??= { value: make() }
      return made.value
    }
  }
  const inside = { properties: once(properties), others: once(others), items: once(items) }
  return Object.defineProperties(node as OptionNode, {
    properties: { get: inside.properties },
    others: { get: inside.others },
    items: { get: inside.items },
  })
}

/** What is known of the value at a path; `isSecret` where it, or what it is in, is. */
export function optionAt(
  tree: OptionNode,
  path: readonly string[],
): { node: OptionNode | undefined; isSecret: boolean } {
  let node: OptionNode | undefined = tree
  let isSecret = tree.secret
  for (const key of path) {
    node = childOf(node, key)
    isSecret ||= node?.secret ?? false
  }
  return { node, isSecret }
}

/** What is known of what stands under a key, or at a number. */
export function childOf(node: OptionNode | undefined, key: string): OptionNode | undefined {
  return node?.properties.get(key)?.node ?? node?.others ?? (/^\d+$/.test(key) ? node?.items : undefined)
}

/** One option among those below another. */
export interface FoundOption {
  /** Where it stands: the keys from the top, `[]` for an item of a list and `*` for a key of one's own. */
  readonly path: readonly string[]
  readonly node: OptionNode
  readonly required: boolean
  /** Whether it, or what it is in, is. */
  readonly isSecret: boolean
}

/** More are not told: a schema can be wide, and go in circles. */
const MAX_OPTIONS = 2_000
const MAX_DEPTH = 16

/** Every option below a node, outer before inner, each node once on its way. Of items and free keys only what is in them is one of its own. */
export function* optionsBelow(tree: OptionNode): Generator<FoundOption, void, undefined> {
  let left = MAX_OPTIONS
  function* below(
    node: OptionNode,
    path: readonly string[],
    within: readonly OptionNode[],
    isSecret: boolean,
  ): Generator<FoundOption> {
    if (within.includes(node) || path.length >= MAX_DEPTH) return
    const way = [...within, node]
    for (const [key, { node: inner, required }] of node.properties) {
      if (left-- <= 0) return
      const found = { path: [...path, key], node: inner, required, isSecret: isSecret || inner.secret }
      yield found
      yield* below(inner, found.path, way, found.isSecret)
    }
    for (const [sign, inner] of [
      ['[]', node.items],
      ['*', node.others],
    ] as const) {
      if (inner) yield* below(inner, [...path, sign], way, isSecret || inner.secret)
    }
  }
  yield* below(tree, [], [], tree.secret)
}

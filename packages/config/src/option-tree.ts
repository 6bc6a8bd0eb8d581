// The options that a schema knows, read from its JSON Schema: references followed, unions and intersections laid together.
import { isObject, type JsonSchema } from './json-schema.ts'

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

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'])
/** What a schema that refers to itself, or to everything from everywhere, is cut off at. */
const MAX_NODES = 5_000
const MAX_LEVELS = 24

/** Reads a JSON Schema. Never throws; what it does not understand is a value of which nothing is known. */
export function optionTree(schema: JsonSchema): OptionNode {
  return new TreeReader(schema).read(schema, 0, [])
}

class TreeReader {
  readonly #root: JsonSchema
  #nodes = 0

  constructor(root: JsonSchema) {
    this.#root = root
  }

  /** @param within The references that lead here: one of them again is a circle. */
  read(schema: unknown, level: number, within: readonly string[]): OptionNode {
    if (!isObject(schema) || level > MAX_LEVELS || ++this.#nodes > MAX_NODES) return nothingKnown
    const inner = (each: unknown) => this.read(each, level + 1, within)
    const parts: OptionNode[] = []
    const { $ref, allOf, anyOf, oneOf } = schema
    if (typeof $ref === 'string' && !within.includes($ref)) {
      parts.push(this.read(this.#target($ref), level + 1, [...within, $ref]))
    }
    for (const part of listOf(allOf)) parts.push(inner(part))
    const union = [...listOf(anyOf), ...listOf(oneOf)].map(inner)
    if (union.length > 0) parts.push(either(union))
    return both([this.#own(schema, inner), ...parts])
  }

  #own(schema: JsonSchema, inner: (schema: unknown) => OptionNode): OptionNode {
    const { properties, required, additionalProperties, patternProperties, items, prefixItems } = schema
    const needed = new Set(listOf(required))
    const values = 'const' in schema ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : undefined
    const named = [schema.type].flat().filter((type): type is JsonType => TYPES.has(type))
    const patterns = isObject(patternProperties) ? Object.values(patternProperties) : []
    const other = isObject(additionalProperties) ? additionalProperties : patterns[0]
    return {
      types: new Set(named.length > 0 ? named : (values ?? []).map(typeOf)),
      properties: new Map(
        Object.entries(isObject(properties) ? properties : {}).map(([key, property]) => [
          key,
          { node: inner(property), required: needed.has(key) },
        ]),
      ),
      otherKeys:
        additionalProperties === true || other
          ? 'kept'
          : additionalProperties === false
            ? 'refused'
            : isObject(properties)
              ? 'dropped'
              : undefined,
      others: other === undefined ? undefined : inner(other),
      items: isObject(items)
        ? inner(items)
        : isObject(listOf(prefixItems)[0])
          ? inner(listOf(prefixItems)[0])
          : undefined,
      description: typeof schema.description === 'string' ? schema.description : undefined,
      hasDefault: 'default' in schema,
      default: schema.default,
      values,
      rules: rulesOf(schema),
      secret: schema.secret === true || schema.writeOnly === true || schema.format === 'password',
      deprecated: schema.deprecated === true,
    }
  }

  /** Where `#/$defs/name` leads in the document; elsewhere nothing is looked up. */
  #target(ref: string): unknown {
    if (!ref.startsWith('#')) return undefined
    const keys = ref
      .slice(1)
      .split('/')
      .filter(Boolean)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    return keys.reduce<unknown>(
      (at, key) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as JsonSchema)[key] : undefined,
      this.#root,
    )
  }
}

const nothingKnown: OptionNode = {
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

/** What holds all at once: the parts of one schema, of which the first says most. */
function both(nodes: readonly OptionNode[]): OptionNode {
  const [first = nothingKnown] = nodes
  if (nodes.length < 2) return first
  return {
    ...merged(nodes),
    types: nodes.reduce((types, node) => inBoth(types, node.types), first.types),
    otherKeys: keysOf(nodes, ['refused', 'dropped', 'kept']),
    properties: propertiesOf(nodes, (count) => count > 0),
    rules: nodes.flatMap(({ rules }) => rules),
  }
}

/** What holds one way or another: a union's branches. */
function either(nodes: readonly OptionNode[]): OptionNode {
  const anything = nodes.some(({ types }) => types.size === 0)
  const counted = nodes.every(({ values }) => values !== undefined)
  return {
    ...merged(nodes),
    types: new Set(anything ? [] : nodes.flatMap(({ types }) => [...types])),
    properties: propertiesOf(nodes, (count) => count === nodes.length),
    values: counted ? nodes.flatMap(({ values = [] }) => values) : undefined,
    otherKeys: nodes.some(({ otherKeys }) => otherKeys === undefined)
      ? undefined
      : keysOf(nodes, ['kept', 'dropped', 'refused']),
    hasDefault: false,
  }
}

/** What one part says of keys, the weightiest first. */
function keysOf(
  nodes: readonly OptionNode[],
  order: readonly NonNullable<OptionNode['otherKeys']>[],
): OptionNode['otherKeys'] {
  return order.find((each) => nodes.some(({ otherKeys }) => otherKeys === each))
}

/** Where one says nothing, what the other says. */
function inBoth(one: ReadonlySet<JsonType>, other: ReadonlySet<JsonType>): ReadonlySet<JsonType> {
  if (one.size === 0 || other.size === 0) return one.size === 0 ? other : one
  const isIn = (type: JsonType, types: ReadonlySet<JsonType>) =>
    types.has(type) || (type === 'integer' && types.has('number'))
  return new Set([...[...one].filter((type) => isIn(type, other)), ...[...other].filter((type) => isIn(type, one))])
}

function merged(nodes: readonly OptionNode[]): OptionNode {
  const first = <T>(of: (node: OptionNode) => T | undefined) => nodes.map(of).find((value) => value !== undefined)
  const defaulted = nodes.find(({ hasDefault }) => hasDefault)
  return {
    types: new Set(),
    properties: new Map(),
    otherKeys: undefined,
    others: first(({ others }) => others),
    items: first(({ items }) => items),
    description: first(({ description }) => description),
    hasDefault: defaulted !== undefined,
    default: defaulted?.default,
    values: first(({ values }) => values),
    rules: [],
    secret: nodes.some(({ secret }) => secret),
    deprecated: nodes.some(({ deprecated }) => deprecated),
  }
}

function propertiesOf(
  nodes: readonly OptionNode[],
  isRequired: (count: number) => boolean,
): ReadonlyMap<string, OptionProperty> {
  const keys = new Set(nodes.flatMap(({ properties }) => [...properties.keys()]))
  return new Map(
    Array.from(keys, (key) => {
      const found = nodes.flatMap(({ properties }) => properties.get(key) ?? [])
      const count = found.filter(({ required }) => required).length
      const [only] = found
      return [
        key,
        {
          node: found.length === 1 && only ? only.node : either(found.map(({ node }) => node)),
          required: isRequired(count),
        },
      ]
    }),
  )
}

function rulesOf(schema: JsonSchema): string[] {
  const rules: string[] = []
  const rule = (key: string, say: (value: string) => string) => {
    const value = schema[key]
    // The largest whole number is what libraries say of every integer.
    if (typeof value === 'string' || (typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER)) {
      rules.push(say(String(value)))
    }
  }
  rule('minimum', (value) => `at least ${value}`)
  rule('maximum', (value) => `at most ${value}`)
  rule('exclusiveMinimum', (value) => `over ${value}`)
  rule('exclusiveMaximum', (value) => `under ${value}`)
  rule('multipleOf', (value) => `a multiple of ${value}`)
  rule('minLength', (value) => `at least ${value} characters`)
  rule('maxLength', (value) => `at most ${value} characters`)
  rule('minItems', (value) => `at least ${value} items`)
  rule('maxItems', (value) => `at most ${value} items`)
  rule('format', (value) => `format ${value}`)
  rule('pattern', (value) => `pattern ${value}`)
  return rules
}

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return 'number'
  return typeof value === 'boolean' ? 'boolean' : typeof value === 'object' ? 'object' : 'string'
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
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

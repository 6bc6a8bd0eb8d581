// The options that a schema knows, read from its JSON Schema.
import { isObject, type JsonSchema } from './json-schema.ts'
import { both, either } from './option-merge.ts'
import { type JsonType, nothingKnown, type OptionNode, withInside } from './option-node.ts'

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'])
/** Unions in unions: more is a schema that nobody can follow. */
const MAX_LEVELS = 24

/** Reads a JSON Schema. Never throws; what it does not understand is a value of which nothing is known. */
export function optionTree(schema: JsonSchema): OptionNode {
  return new TreeReader(schema).read(schema)
}

/** Reads what is inside a value only when it is asked for: a schema may well refer to itself. */
class TreeReader {
  readonly #root: JsonSchema
  /** One node a schema, so that whoever comes by twice can tell. */
  readonly #known = new Map<unknown, OptionNode>()

  constructor(root: JsonSchema) {
    this.#root = root
  }

  /** @param within The schemas that this one is a part of: one of them again is a circle. */
  read(schema: unknown, within: readonly unknown[] = []): OptionNode {
    if (!isObject(schema) || within.includes(schema) || within.length > MAX_LEVELS) return nothingKnown
    const known = this.#known.get(schema) ?? this.#parts(schema, [...within, schema])
    this.#known.set(schema, known)
    return known
  }

  #parts(schema: JsonSchema, within: readonly unknown[]): OptionNode {
    const { $ref, allOf, anyOf, oneOf } = schema
    const target = typeof $ref === 'string' ? [this.#target($ref)] : []
    const parts = [...target, ...listOf(allOf)].map((part) => this.read(part, within))
    const union = [...listOf(anyOf), ...listOf(oneOf)].map((branch) => this.read(branch, within))
    return both([this.#own(schema), ...parts, ...(union.length > 0 ? [either(union)] : [])])
  }

  #own(schema: JsonSchema): OptionNode {
    const { properties, required, additionalProperties, patternProperties, items, prefixItems } = schema
    const needed = new Set(listOf(required))
    const values = 'const' in schema ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : undefined
    const named = [schema.type].flat().filter((type): type is JsonType => TYPES.has(type))
    const other = [additionalProperties, ...Object.values(isObject(patternProperties) ? patternProperties : {})].find(
      isObject,
    )
    const item = [items, ...listOf(prefixItems)].find(isObject)
    const keys = Object.entries(isObject(properties) ? properties : {})
    const property = ([key, inner]: readonly [string, unknown]) =>
      [key, { node: this.read(inner), required: needed.has(key) }] as const
    return withInside(
      {
        types: new Set(named.length > 0 ? named : (values ?? []).map(typeOf)),
        otherKeys: otherKeysOf(schema, other !== undefined),
        description: typeof schema.description === 'string' ? schema.description : undefined,
        hasDefault: 'default' in schema,
        default: schema.default,
        values,
        rules: rulesOf(schema),
        secret: schema.secret === true || schema.writeOnly === true || schema.format === 'password',
        deprecated: schema.deprecated === true,
      },
      () => new Map(keys.map(property)),
      () => other && this.read(other),
      () => item && this.read(item),
    )
  }

  /** Where `#/$defs/name` leads in the document; elsewhere nothing is looked up. */
  #target(ref: string): unknown {
    if (!ref.startsWith('#')) return undefined
    const keys = ref.slice(1).split('/').filter(Boolean)
    return keys.reduce<unknown>((at, key) => {
      const name = key.replaceAll('~1', '/').replaceAll('~0', '~')
      return typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as JsonSchema)[name] : undefined
    }, this.#root)
  }
}

function otherKeysOf({ additionalProperties, properties }: JsonSchema, hasOthers: boolean): OptionNode['otherKeys'] {
  if (additionalProperties === true || hasOthers) return 'kept'
  if (additionalProperties === false) return 'refused'
  return isObject(properties) ? 'dropped' : undefined
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

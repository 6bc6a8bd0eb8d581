// A Standard Schema's JSON Schema: by the standard's own extension, or by what its library offers.
import { messageOf, type StandardSchema } from '@cf-plugins/plugin-api'

/** A JSON Schema as data: nothing in it is taken for granted. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** The JSON Schema, or why there is none. */
export type JsonSchemaRead = { readonly schema: JsonSchema } | { readonly missing: string }

const TARGET = 'draft-2020-12'

/** Without these a library refuses the whole schema for one value that JSON does not have, such as a date. */
const LENIENT: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  zod: { unrepresentable: 'any' },
  valibot: { errorMode: 'ignore' },
}

/**
 * What a schema takes, as JSON Schema: from `~standard.jsonSchema`, which zod (4.2 and newer), arktype, and valibot's `toStandardJsonSchema()`
 * have. arktype's own method comes first, for only that tells defaults.
 */
export function jsonSchemaOf(schema: StandardSchema): JsonSchemaRead {
  const { vendor, jsonSchema } = schema['~standard'] as StandardSchema['~standard'] & {
    readonly jsonSchema?: Converter
  }
  const own = (schema as { readonly toJsonSchema?: (options: object) => unknown }).toJsonSchema
  try {
    const read =
      vendor === 'arktype' && typeof own === 'function'
        ? own.call(schema, { fallback: { default: ({ base }: { readonly base: unknown }) => base } })
        : jsonSchema?.input({ target: TARGET, ...(LENIENT[vendor] && { libraryOptions: LENIENT[vendor] }) })
    if (isObject(read)) return { schema: read }
  } catch (error) {
    return { missing: `its schema (of ${vendor}) cannot be told as JSON Schema: ${messageOf(error)}` }
  }
  const hint = vendor === 'valibot' ? '; wrap it in toStandardJsonSchema() of @valibot/to-json-schema' : ''
  return { missing: `its schema (of ${vendor}) has no JSON Schema (~standard.jsonSchema)${hint}` }
}

/** Whether a value is an object that braces make. */
export function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface Converter {
  input(options: { readonly target: string; readonly libraryOptions?: Readonly<Record<string, unknown>> }): unknown
}

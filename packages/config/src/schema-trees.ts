// The options of each schema, read once: libraries take their time to tell them.
import type { StandardSchema } from '@cf-plugins/plugin-api'
import { jsonSchemaOf } from './json-schema.ts'
import type { OptionNode } from './option-node.ts'
import { optionTree } from './option-tree.ts'

/** A schema's options, or why they are not known. */
export type SchemaTree =
  | { readonly tree: OptionNode; readonly missing?: undefined }
  | { readonly tree?: undefined; readonly missing: string }

/** Knows the options of schemas for as long as those live. */
export class SchemaTrees {
  readonly #known = new WeakMap<StandardSchema, SchemaTree>()

  of(schema: StandardSchema | undefined): SchemaTree {
    if (!schema) return { missing: 'the plugin has no schema of its configuration' }
    const known = this.#known.get(schema)
    if (known) return known
    const read = jsonSchemaOf(schema)
    const tree = 'schema' in read ? { tree: optionTree(read.schema) } : read
    this.#known.set(schema, tree)
    return tree
  }
}

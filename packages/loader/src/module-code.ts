// What is known of one file of a plugin before it runs: plain data, so that it can be kept on disk.

/** One `from '...'`, `import '...'` or their like; a specifier that stands in several statements is one request. */
export interface ModuleRequest {
  readonly specifier: string
  /** Where it first stands, from 1. */
  readonly line: number
  readonly column: number
}

/** A name that a module takes from a request: `*` is the namespace object. */
export interface ImportedName {
  readonly request: number
  readonly name: string
  readonly line: number
  readonly column: number
}

/** An export that belongs to another module. */
export interface IndirectExport extends ImportedName {
  readonly as: string
}

/** A file made ready to run. */
export interface ModuleCode {
  readonly kind: 'esm' | 'commonjs'
  /** The source of a function expression, a generator function of the module's bindings or a CommonJS wrapper, with its source map. */
  readonly code: string
  /** Whether it awaits at top level. */
  readonly async: boolean
  readonly usesMeta: boolean
  readonly usesImport: boolean
  /** What a CommonJS module gives to `require` as literals: made ready beforehand, because `require` can't wait. */
  readonly requires: readonly string[]
  readonly requests: readonly ModuleRequest[]
  readonly imported: readonly ImportedName[]
  /** Names of the module's own exports; of a CommonJS module those that can be told without running it. */
  readonly exports: readonly string[]
  /** Those of `exports` that may change after the module has run. */
  readonly live: readonly string[]
  readonly indirect: readonly IndirectExport[]
  readonly stars: readonly ImportedName[]
}

/** A file rewritten, and from the rewritten code to the file the `mappings` of a version 3 source map. */
export interface Rewritten {
  readonly module: ModuleCode
  readonly mappings: string
}

/** The namespace object itself, where an import or export means all of a module. */
export const ALL = '*'

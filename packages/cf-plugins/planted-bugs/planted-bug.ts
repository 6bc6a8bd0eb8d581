// What a planted bug is: a small patch, and the tests that must notice it.

/** One place of a patch. */
export interface Edit {
  /** From `packages/`. */
  readonly file: string
  /** What stands there now, once in the whole file. */
  readonly find: string
  readonly put: string
}

/** Test files, in one package. */
export interface TestFiles {
  /** The package, as its folder is called. */
  readonly project: string
  /** Beginnings of paths in its folder. */
  readonly files: readonly string[]
  /** What the environment has besides, when a bug is looked for. */
  readonly variables?: Readonly<Record<string, string>>
}

/** A bug that must not get past the tests. */
export interface PlantedBug {
  /** What to call it by on the command line. */
  readonly name: string
  /** One sentence: what is wrong then. */
  readonly what: string
  readonly edits: readonly Edit[]
  readonly foundBy: TestFiles
}

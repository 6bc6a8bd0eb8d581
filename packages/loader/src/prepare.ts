// Makes a file's text ready to run. Loaded when the first file needs it: with a warm cache none does.
import { wrapCommonJs } from './commonjs-code.ts'
import { withSourceMap } from './evaluate-source.ts'
import type { ModuleCode } from './module-code.ts'
import { type ModuleSystem, parseModule } from './parse.ts'
import { Positions } from './positions.ts'
import { rewriteModule } from './rewrite.ts'

export interface PrepareInput {
  /** JavaScript: the file's own text, or what a transform made of it, with the `mappings` to the file. */
  readonly text: string
  readonly mappings?: string
  readonly system: ModuleSystem
  readonly file: string
  readonly url: string
}

/** @throws LoadProblem `CFP_SYNTAX` with line and column */
export function prepare({ text, mappings, system, file, url }: PrepareInput): ModuleCode {
  const positions = new Positions(text, mappings)
  const parsed = parseModule(text, system, file, positions)
  const rewritten =
    parsed.kind === 'esm' ? rewriteModule({ code: text, ...parsed, positions }) : wrapCommonJs(text, parsed, positions)
  return { ...rewritten.module, code: withSourceMap(rewritten.module.code, url, rewritten.mappings) }
}

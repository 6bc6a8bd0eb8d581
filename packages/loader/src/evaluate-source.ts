// Turns the source of a function expression into the function, so that stacks and breakpoints find its file.
import { compileFunction } from 'node:vm'

/** A module's code as a function of its bindings. It holds nothing: each call is a new instance of the module. */
export type ModuleFunction = (...bindings: unknown[]) => unknown

/** Adds to code where it comes from. `url` is the same for every load of a file: so a breakpoint stays where it is. */
export function withSourceMap(code: string, url: string, mappings: string): string {
  const map = JSON.stringify({ version: 3, sources: [url], names: [], mappings })
  return `${code}\n${MAP_COMMENT}${Buffer.from(map).toString('base64')}\n//# sourceURL=${url}`
}

/** The mappings that `withSourceMap` added. */
export function mappingsIn(source: string): string {
  const start = source.lastIndexOf(MAP_COMMENT) + MAP_COMMENT.length
  const map = Buffer.from(source.slice(start, source.indexOf('\n', start)), 'base64').toString()
  return (JSON.parse(map) as { mappings: string }).mappings
}

export function evaluateSource(source: string, url: string): ModuleFunction {
  try {
    return indirectEval(source) as ModuleFunction
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    // Code generation from strings is forbidden in this process; this way does without, but not with source maps.
    return compileFunction(`return ${source}`, [], { filename: url })() as ModuleFunction
  }
}

const MAP_COMMENT = '//# sourceMappingURL=data:application/json;base64,'

/** Indirect, so that the code sees the global scope and nothing of this module. */
const indirectEval: (source: string) => unknown = globalThis.eval

// Turns the source of a function expression into the function, so that stacks and breakpoints find its file.
import { compileFunction } from 'node:vm'

/** A module's code as a function of its bindings. It holds nothing: each call is a new instance of the module. */
export type ModuleFunction = (...bindings: unknown[]) => unknown

/** `url` is the same for every load of a file: so a breakpoint stays where it is. */
export function evaluateSource(code: string, url: string, mappings: string): ModuleFunction {
  const map = JSON.stringify({ version: 3, sources: [url], names: [], mappings })
  const source = `${code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}\n//# sourceURL=${url}`
  try {
    return indirectEval(source) as ModuleFunction
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    // Code generation from strings is forbidden in this process; this way does without, but not with source maps.
    return compileFunction(`return ${code}`, [], { filename: url })() as ModuleFunction
  }
}

/** Indirect, so that the code sees the global scope and nothing of this module. */
const indirectEval: (source: string) => unknown = globalThis.eval

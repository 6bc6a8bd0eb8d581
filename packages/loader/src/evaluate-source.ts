// Turns the source of a function expression into the function, so that stacks and breakpoints find its file.
import { Script } from 'node:vm'

/** A module's code as a function of its bindings. It holds nothing: each call is a new instance of the module. */
export type ModuleFunction = (...bindings: unknown[]) => unknown

export interface KeptSource {
  readonly instantiate: ModuleFunction
  /** What V8 made of the source, to evaluate it sooner another time. Only where that is of use. */
  readonly data?: () => Buffer
}

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

/** For code that comes and goes: V8 lets go of it with the function. */
export function evaluateSource(source: string, url: string): ModuleFunction {
  try {
    // The only way in which Node itself finds the source map.
    return indirectEval(source) as ModuleFunction
  } catch (error) {
    // Where code generation from strings is forbidden a script does, but not with source maps.
    if (!(error instanceof EvalError)) throw error
    return new Script(source, { filename: url }).runInThisContext() as ModuleFunction
  }
}

/**
 * For code that the next start evaluates, too. With what V8 made of it at another time a module costs a third. V8 keeps such scripts in a cache of its
 * own long after they are gone: not for what is edited.
 *
 * @param data what V8 once made of the same source, perhaps another version of it
 */
export function evaluateKept(source: string, url: string, data?: Buffer): KeptSource {
  if (process.sourceMapsEnabled) return { instantiate: evaluateSource(source, url) }
  const isKept = data !== undefined && data.length > 0
  const script = new Script(source, { filename: url, ...(isKept ? { cachedData: data } : {}) })
  const instantiate = script.runInThisContext() as ModuleFunction
  return isKept && !script.cachedDataRejected ? { instantiate } : { instantiate, data: () => script.createCachedData() }
}

const MAP_COMMENT = '//# sourceMappingURL=data:application/json;base64,'

/** Indirect, so that the code sees the global scope and nothing of this module. */
const indirectEval: (source: string) => unknown = globalThis.eval

// The one error class of this package, and how circles read in its messages.
import type { GraphErrorCode } from './error-codes.ts'

/** What a {@link GraphError} knows besides its code. */
export interface GraphErrorDetails {
  /** Paths `[a, b, c]`, each meaning a -> b -> c -> a. */
  readonly cycles?: readonly (readonly string[])[]
  /** Who needs what that is not there. */
  readonly missing?: readonly { readonly name: string; readonly dependency: string }[]
}

/** What this package throws: a stable `code`, and a message that says what happened and what to do. */
export class GraphError extends Error implements GraphErrorDetails {
  readonly code: GraphErrorCode
  /** With `CFP_GRAPH_CYCLE`: paths `[a, b, c]`, each meaning a -> b -> c -> a; the first 100 at most. */
  declare readonly cycles?: readonly (readonly string[])[]
  /** With `CFP_GRAPH_MISSING`: each dependency that no record has, and who needs it. */
  declare readonly missing?: readonly { readonly name: string; readonly dependency: string }[]

  constructor(code: GraphErrorCode, message: string, details?: GraphErrorDetails) {
    super(message)
    this.code = code
    Object.assign(this, details)
    Object.defineProperty(this, 'name', { value: `GraphError [${code}]`, configurable: true, writable: true })
    // Taken again because the first line of a stack is fixed when it is captured, and the code belongs on it.
    Error.captureStackTrace(this, new.target)
  }
}

/** How many circles an error carries: enough to see what is wrong, whatever the size of the graph. */
export const CYCLES_IN_ERROR = 100

const CYCLES_IN_MESSAGE = 5
const NAMES_IN_MESSAGE = 20

export function cycleError(who: string, cycles: string[][], remedy: string): GraphError {
  const paths = cycles.slice(0, CYCLES_IN_MESSAGE).map(pathText)
  if (cycles.length > paths.length) paths.push('and more')
  return new GraphError('CFP_GRAPH_CYCLE', `${who} depend on each other in a circle: ${paths.join('; ')}. ${remedy}`, {
    cycles,
  })
}

function pathText(cycle: string[]): string {
  const shown =
    cycle.length > NAMES_IN_MESSAGE
      ? [...cycle.slice(0, NAMES_IN_MESSAGE), `(${cycle.length - NAMES_IN_MESSAGE} more)`]
      : cycle
  return [...shown, cycle[0]].join(' -> ')
}

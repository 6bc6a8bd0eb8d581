// Functions that are registered in place of those that a plugin gave.

const ORIGINAL = Symbol('original')
const IN_THREAD = Symbol('in a thread')

interface Standing {
  readonly [ORIGINAL]?: unknown
  readonly [IN_THREAD]?: boolean
  /** A step's. */
  readonly run?: unknown
}

/** Makes `run` known as what stands for `original`. @param inThread whether it calls a thread */
export function standsFor<F extends (...args: never[]) => unknown>(
  original: { readonly length: number },
  run: F,
  inThread = false,
): F {
  return Object.defineProperties(run, {
    // What is asked of a handler is its number of parameters: hooks refuse one that has too many.
    length: { value: original.length },
    [ORIGINAL]: { value: original },
    [IN_THREAD]: { value: inThread },
  })
}

/** What the plugin gave as a handler, and whether that runs in a thread. */
export function givenFor(handler: unknown): { readonly given: unknown; readonly inThread: boolean } {
  let given = handler
  let inThread = false
  while (typeof given === 'function') {
    const { [ORIGINAL]: original, [IN_THREAD]: isThere = false, run } = given as Standing
    inThread ||= isThere
    const next = original ?? run
    if (next === undefined) break
    given = next
  }
  return { given, inThread }
}

// Loops by hand: what calling the handlers takes by itself, once they are found by name, as everybody but tapable finds them.
import { type Handler, NAMES, type Payload } from './handlers.ts'

export function byName(lists: readonly Handler[][], names: readonly string[] = NAMES): Map<string, Handler[]> {
  return new Map(names.map((name, index) => [name, lists[index] as Handler[]]))
}

/** In order, with their results: what somebody writes who knows that handlers may be async. */
export async function awaitLoop(list: readonly Handler[], payload: Payload): Promise<unknown[]> {
  const results: unknown[] = []
  for (const handler of list) results.push(await handler(payload))
  return results
}

/** The same, each handler bound by a deadline of its own. */
export async function awaitLoopWithin(list: readonly Handler[], payload: Payload, ms: number): Promise<unknown[]> {
  const results: unknown[] = []
  for (const handler of list) {
    const result = handler(payload)
    results.push(result instanceof Promise ? await within(result, ms) : result)
  }
  return results
}

/** As hosts bind a promise by hand: a timer for each. */
export async function within<T>(result: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}

// Work on several things side by side, with the results in the order in which the things came.

/**
 * Asks for the next thing only once there is room for it: at most `atOnce` are under way, or done and not taken yet. So whoever is slow
 * to take results holds up whatever gives the things.
 */
export async function* inOrder<Thing, Result>(
  things: AsyncIterable<Thing> | Iterable<Thing>,
  atOnce: number,
  work: (thing: Thing) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const begun: Promise<Result>[] = []
  try {
    for await (const thing of things) {
      const result = work(thing)
      // It is thrown where its turn comes, or not at all where an earlier one has failed.
      result.catch(() => {})
      begun.push(result)
      if (begun.length >= atOnce) yield await (begun.shift() as Promise<Result>)
    }
    while (begun.length > 0) yield await (begun.shift() as Promise<Result>)
  } finally {
    await Promise.allSettled(begun)
  }
}

// What is done without the cache while it is away.

/** For `catch`: nothing where the cache is away, which its own health tells. Whatever else went wrong is thrown. */
export function unlessAway(error: unknown): undefined {
  if ((error as { readonly code?: unknown }).code !== 'CACHE_UNAVAILABLE') throw error
  return undefined
}

// Whether state can be walked by recursion, as `v8.serialize` and `v8.deserialize` do.

/** Far less than overflows the smallest stack. */
const MOST_DEPTH = 200

/**
 * Whether no object is deeper than that on the walk of `v8.serialize`, for state of the kinds that it keeps. What else holds
 * an object does not count: an array of all the links of a long chain does not help where the chain is walked first.
 */
export function isShallow(state: unknown): boolean {
  const seen = new Set<object>()
  const isFine = (value: unknown, depth: number): boolean => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return true
    if (depth > MOST_DEPTH) return false
    seen.add(value)
    if (Array.isArray(value)) return value.every((element) => isFine(element, depth + 1))
    if (value instanceof Map) {
      for (const [key, held] of value) if (!isFine(key, depth + 1) || !isFine(held, depth + 1)) return false
    } else if (value instanceof Set) {
      for (const item of value) if (!isFine(item, depth + 1)) return false
    } else {
      for (const key in value) if (!isFine((value as Record<string, unknown>)[key], depth + 1)) return false
    }
    return true
  }
  return isFine(state, 0)
}

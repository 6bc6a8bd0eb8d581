// State as a plugin reads it.

/**
 * The copy that a thread was given, deeply frozen; or as it is, where something in it is of a kind that freezing does not protect, such as
 * a Map: then each read gives another copy, and nobody takes a change of it for one of the state.
 */
export function frozenState(copy: unknown): unknown {
  const found = new Set<object>()
  if (!canFreeze(copy, found)) return copy
  for (const each of found) Object.freeze(each)
  return copy
}

/** Goes through lists rather than by recursion, so that a long chain cannot overflow the stack. */
function canFreeze(copy: unknown, found: Set<object>): boolean {
  const open: unknown[] = [copy]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null || found.has(value)) continue
    if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return false
    found.add(value)
    // Not spread: an array may have more elements than a call may have arguments.
    for (const each of Object.values(value)) open.push(each)
  }
  return true
}

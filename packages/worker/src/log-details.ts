// Details of a log entry as they go to another thread: whatever they are, for a log must not be what its plugin fails of.
import { inspect, types } from 'node:util'

/** How deep details are looked into. What is deeper is told as text. */
const DEEPEST = 4

/**
 * The details as something that can be cloned. Errors stay what they are, for they cross as errors; what has no copy, such as a function,
 * is told as text. Never throws.
 */
export function logDetails(details: object): object {
  return copyOf(details, []) as object
}

function copyOf(value: unknown, above: readonly object[]): unknown {
  try {
    if (typeof value === 'function' || typeof value === 'symbol') return inspect(value)
    if (typeof value !== 'object' || value === null || isCloneable(value)) return value
    if (above.includes(value)) return '[Circular]'
    const path = [...above, value]
    if (path.length > DEEPEST) return inspect(value, { depth: 1 })
    if (types.isMap(value)) return new Map([...value].map(([key, each]) => [copyOf(key, path), copyOf(each, path)]))
    if (types.isSet(value)) return new Set([...value].map((each) => copyOf(each, path)))
    if (Array.isArray(value)) return value.map((each) => copyOf(each, path))
    const { toJSON } = value as { toJSON?: unknown }
    if (typeof toJSON === 'function') return copyOf(toJSON.call(value), path)
    return Object.fromEntries(Object.keys(value).map((key) => [key, propertyOf(value, key, path)]))
  } catch (error) {
    return `[not shown: ${error}]`
  }
}

/** A getter that throws costs its own property alone. */
function propertyOf(value: object, key: string, path: readonly object[]): unknown {
  try {
    return copyOf((value as Record<string, unknown>)[key], path)
  } catch (error) {
    return `[not shown: ${error}]`
  }
}

function isCloneable(value: object): boolean {
  return (
    types.isNativeError(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isAnyArrayBuffer(value) ||
    ArrayBuffer.isView(value)
  )
}

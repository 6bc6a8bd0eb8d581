// Looks into values that nobody vouches for: getters that throw, proxies, class instances, `__proto__` keys.
import { messageOf } from './errors.ts'
import type { Tell } from './value-readers.ts'

/** Path, value and key. */
type Entry = readonly [string, unknown, string]

/** Stands for a value whose getter threw. */
class Unreadable {
  readonly why: string

  constructor(thrown: unknown) {
    this.why = messageOf(thrown)
  }
}

/** `Array.isArray`, but for a revoked proxy too. */
export function isArray(value: unknown): value is readonly unknown[] {
  return read(() => Array.isArray(value)) === true
}

/** `value[key]`, or what stands for it where reading it throws. */
export function valueAt(value: unknown, key: PropertyKey): unknown {
  return read(() => (value as Record<PropertyKey, unknown>)[key])
}

/** Path, value and key of all that an array or a plain object holds, each read once. What is not of `kind` is told. */
export function entriesOf(
  value: unknown,
  path: string,
  tell: Tell,
  kind: 'an array' | 'a plain object' | 'an array or a plain object' = 'a plain object',
): Entry[] | undefined {
  const keys = read(() => {
    if (Array.isArray(value)) return kind.includes('array') && Array.from(value.keys(), String)
    return kind.includes('object') && isPlain(value) && Object.keys(value)
  })
  if (Array.isArray(keys)) return keys.map((key) => [below(path, key), valueAt(value, key), key])
  return void tell(path, `must be ${kind}, not ${shown(keys || value)}`)
}

/** The path of what `key` holds. */
export function below(path: string, key: string): string {
  return path ? `${path}.${key}` : key
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60))
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  const what = read(() => {
    if (value instanceof Unreadable) return `one that can't be read (${value.why})`
    if (Array.isArray(value)) return 'an array'
    return isPlain(value) ? 'an object' : 'an instance of a class'
  })
  return typeof what === 'string' ? what : 'a revoked proxy'
}

/** Whether a value is an object that braces make, in any realm, or one without a prototype, such as a module. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function read<T>(look: () => T): T | Unreadable {
  try {
    return look()
  } catch (error) {
    return new Unreadable(error)
  }
}

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
export function valueAt(value: object, key: PropertyKey): unknown {
  return read(() => (value as Record<PropertyKey, unknown>)[key])
}

/** Path, value and key of all that a plain object or an array holds, each read once. What is neither is told. */
export function entriesOf(value: unknown, path: string, tell: Tell): Entry[] | undefined {
  const keys = read(() => {
    if (Array.isArray(value)) return Array.from(value.keys(), String)
    if (typeof value === 'object' && value !== null && isPlain(value)) return Object.keys(value)
    return undefined
  })
  if (!isArray(keys)) {
    tell(path, `must be a plain object, not ${shown(keys ?? value)}`)
    return undefined
  }
  return keys.map((key) => [path ? `${path}.${key}` : `${key}`, valueAt(value as object, `${key}`), `${key}`])
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value)
  if (typeof value === 'function') return 'a function'
  if (isArray(value)) return 'an array'
  if (value instanceof Unreadable) return `one that can't be read (${value.why})`
  if (typeof value !== 'object' || value === null) return String(value)
  return read(() => isPlain(value)) === true ? 'an object' : 'an instance of a class'
}

/** Whether an object is one that braces make, in any realm, or one without a prototype, such as a module. */
function isPlain(value: object): boolean {
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

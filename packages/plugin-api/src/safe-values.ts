// Looks into values that nobody vouches for: getters that throw, proxies, class instances, `__proto__` keys.
import { messageOf } from './errors.ts'
import type { Tell } from './value-readers.ts'

/** Path, value and key. */
type Entry = readonly [string, unknown, string]

/** What may be taken apart: as a message says it, whether arrays may, and whether plain objects may. */
const KINDS = {
  array: ['an array', true, false],
  object: ['a plain object', false, true],
  either: ['an array or a plain object', true, true],
} as const

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

/** Path, value and key of all that an array or a plain object holds, each read once. What is not of `kind` is told. */
export function entriesOf(
  value: unknown,
  path: string,
  tell: Tell,
  kind: keyof typeof KINDS = 'object',
): Entry[] | undefined {
  const [rule, takesArray, takesObject] = KINDS[kind]
  const keys = read(() => {
    if (Array.isArray(value)) return takesArray && Array.from(value.keys(), String)
    return takesObject && isObject(value) && isPlain(value) && Object.keys(value)
  })
  if (Array.isArray(keys)) return keys.map((key) => [below(path, key), valueAt(value as object, key), key])
  return void tell(path, `must be ${rule}, not ${shown(keys || value)}`)
}

/** The path of what `key` holds. */
export function below(path: string, key: string): string {
  return path ? `${path}.${key}` : key
}

/** Whether a value can have properties of its own, functions aside. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60))
  if (typeof value === 'function') return 'a function'
  if (isArray(value)) return 'an array'
  if (value instanceof Unreadable) return `one that can't be read (${value.why})`
  if (!isObject(value)) return String(value)
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

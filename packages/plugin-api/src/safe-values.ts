// Looks into values that nobody vouches for: getters that throw, proxies, class instances, `__proto__` keys.
import { messageOf } from './errors.ts'

/** Notes one problem: the path of the value, and what is wrong as the rest of a sentence that begins with the path. */
export type Tell = (path: string, problem: string) => void

/** Something in an object, by its key, or in an array, by its number. */
type Entry = readonly [path: string, value: unknown, key: string | number]

/** `value[key]`, or an error in its stead where reading it throws. */
export function valueAt(value: unknown, key: PropertyKey): unknown {
  return read(() => (value as Record<PropertyKey, unknown>)[key])
}

/** All that an array or a plain object holds, each read once. What is not of `kind` is told. */
export function entriesOf(
  value: unknown,
  path: string,
  tell: Tell,
  kind: 'an array' | 'a plain object' | 'an array or a plain object' = 'a plain object',
): Entry[] | undefined {
  const at = (key: string | number) => (path ? `${path}.${key}` : `${key}`)
  const entries = read(() => {
    if (Array.isArray(value)) return kind.includes('array') && [...value.keys()]
    return kind.includes('object') && isPlain(value) && Object.keys(value)
  })
  if (!Array.isArray(entries)) return void tell(path, `must be ${kind}, not ${shown(entries || value)}`)
  return entries.map((key) => [at(key), valueAt(value, key), key])
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  const what = read(() => {
    if (typeof value === 'string') return JSON.stringify(value.slice(0, 60))
    if (typeof value === 'function') return /^class\b/.test(`${value}`) ? 'a class' : 'a function'
    if (Array.isArray(value)) return 'an array'
    if (isPlain(value)) return 'an object'
    return value instanceof Object && !(value instanceof Error) ? 'a class instance' : String(value)
  })
  return `${what}`
}

/** Whether a value is an object that braces make, in any realm, or one without a prototype, such as a module. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function read<T>(look: () => T): T | Error {
  try {
    return look()
  } catch (error) {
    return new Error(messageOf(error))
  }
}

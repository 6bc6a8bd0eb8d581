// Readers of single metadata values: each gives the value back, or tells what is wrong with it. None of them throws,
// whatever it is given: metadata may come from plain JavaScript, with getters, proxies and `__proto__` keys.
import type { PluginDependency } from './meta.ts'
import { nearest } from './nearest.ts'
import { isPermission } from './permissions.ts'
import { entriesOf, shown, type Tell, valueAt } from './safe-values.ts'
import type { StandardSchema } from './standard-schema.ts'

/** Gives the value as it is to be used, or tells what is wrong and gives nothing. */
export type Reader<T> = (value: unknown, path: string, tell: Tell) => T | undefined

export type Readers<T> = { readonly [Key in keyof T]-?: Reader<NonNullable<T[Key]>> }

/** The largest delay that Node's timers take; anything longer would fire at once. */
export const MAX_DURATION_MS = 2 ** 31 - 1

export const TWICE = 'is named twice'
const NAME = /^[a-z0-9][a-z0-9._-]{0,213}$/
const VERSION =
  /^(?!.{257})(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-(0|[1-9]\d*|\d*[a-z-][\da-z-]*)(\.(0|[1-9]\d*|\d*[a-z-][\da-z-]*))*)?(\+[\da-z-]+(\.[\da-z-]+)*)?$/i

const one =
  <T>(rule: string, accepts: (value: unknown) => boolean): Reader<T> =>
  (value, path, tell) =>
    accepts(value) ? (value as T) : void tell(path, `must be ${rule}, not ${shown(value)}`)

const textLike = (rule: string, pattern = /^/) =>
  one<string>(rule, (value) => typeof value === 'string' && pattern.test(value))

export const text = textLike('a string')
export const permission = one<string>('a permission such as "service:database" or "event:user.*"', isPermission)
/** Whatever it is. */
export const anything: Reader<object> = (value) => value as object
export const word = textLike('a string, not blank', /\S/)
export const range = textLike('a semver range', /\S/)
export const version = textLike('a semver version such as "1.2.0"', VERSION)
export const pluginName = textLike(`a name (${NAME})`, NAME)
export const flag = one<boolean>('true or false', (value) => typeof value === 'boolean')
export const callable = one<(...args: never[]) => unknown>('a function', (value) => typeof value === 'function')
export const wholeNumber = one<number>(
  'a whole number from 0',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
)
export const heapSize = one<number>(
  'a whole number from 8 to 1048576',
  (value) => Number.isSafeInteger(value) && (value as number) >= 8 && (value as number) <= 2 ** 20,
)
export const duration = one<number>(
  `over 0, at most ${MAX_DURATION_MS}`,
  (value) => typeof value === 'number' && value > 0 && value <= MAX_DURATION_MS,
)
export const oneOf = <const Values extends readonly string[]>(...values: Values) =>
  one<Values[number]>(`"${values.join('" or "')}"`, (value) => values.includes(value as string))

/** Any library's schema, given back as it is. */
export const standardSchema = one<StandardSchema>('a Standard Schema', (value) => {
  const standard = valueAt(value, '~standard')
  return valueAt(standard, 'version') === 1 && typeof valueAt(standard, 'validate') === 'function'
})

/** An array whose items `item` reads, none of them twice. */
export const list =
  (item: Reader<string>): Reader<readonly string[]> =>
  (value, path, tell) => {
    const items = new Set<unknown>()
    for (const [at, each] of entriesOf(value, path, tell, 'an array') ?? []) {
      const read = item(each, at, tell)
      if (read !== undefined && items.size === items.add(read).size) tell(at, TWICE)
    }
    return [...items] as string[]
  }

/** Names, or names with ranges; one shape for both. */
export const dependencyList: Reader<readonly PluginDependency[]> = (value, path, tell) => {
  const ranges = new Map<string, string | undefined>()
  for (const [at, each, key] of entriesOf(value, path, tell, 'an array or a plain object') ?? []) {
    const isItem = typeof key === 'number'
    const name = pluginName(isItem ? each : key, at, tell)
    const wanted = isItem ? '*' : range(each, at, tell)
    if (name && ranges.size === ranges.set(name, wanted).size) tell(at, TWICE)
  }
  return Array.from(ranges, ([name, range]) => Object.freeze({ name, range }) as PluginDependency)
}

/** A plain object with known keys only. Its result has every key that was given, `undefined` for what is wrong. */
export const shape =
  <T extends object>(readers: Readers<T>): Reader<T> =>
  (value, path, tell) => {
    const read: Partial<Record<string, unknown>> = {}
    const entries = entriesOf(value, path, tell)
    for (const [at, each, key] of entries ?? []) {
      if (!Object.hasOwn(readers, key)) {
        const meant = nearest(key as string, Object.keys(readers))
        tell(at, `is not known${meant ? `; did you mean "${meant}"?` : ''}`)
      } else if (each !== undefined) read[key] = readers[key as keyof T](each, at, tell)
    }
    return entries && (read as T)
  }

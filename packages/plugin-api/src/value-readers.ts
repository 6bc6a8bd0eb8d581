// Readers of single metadata values: each gives the value back, or tells what is wrong with it. None of them throws,
// whatever it is given: metadata may come from plain JavaScript, with getters, proxies and `__proto__` keys.
import type { PluginDependency } from './meta.ts'
import { nearest } from './nearest.ts'
import { below, entriesOf, isArray, shown, valueAt } from './safe-values.ts'
import type { StandardSchema } from './standard-schema.ts'

/** Notes one problem: the path of the value, and what is wrong as the rest of a sentence that begins with the path. */
export type Tell = (path: string, problem: string) => void

/** Gives the value as it is to be used, or tells what is wrong and gives nothing. */
export type Reader<T> = (value: unknown, path: string, tell: Tell) => T | undefined

export type Readers<T> = { readonly [Key in keyof T]-?: Reader<NonNullable<T[Key]>> }

/** The largest delay that Node's timers take; anything longer would fire at once. */
export const MAX_DURATION_MS = 2 ** 31 - 1

const AGAIN = 'is there already'
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
export const word = textLike('a string that is not blank', /\S/)
export const range = textLike('a semver range', /\S/)
export const version = textLike('a semver version such as "1.2.0"', VERSION)
export const pluginName = textLike(`a name (${NAME})`, NAME)
export const flag = one<boolean>('true or false', (value) => typeof value === 'boolean')
export const callable = one<(...args: never[]) => unknown>('a function', (value) => typeof value === 'function')
export const wholeNumber = one<number>(
  'a whole number from 0',
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
)
export const duration = one<number>(
  `milliseconds over 0, at most ${MAX_DURATION_MS}`,
  (value) => typeof value === 'number' && value > 0 && value <= MAX_DURATION_MS,
)
export const oneOf = <const Values extends readonly string[]>(...values: Values) =>
  one<Values[number]>(`"${values.join('" or "')}"`, (value) => values.includes(value as string))

/** Any library's schema, given back as it is. */
export const standardSchema = one<StandardSchema>(
  'a Standard Schema, as zod, valibot and arktype make them',
  (value) => {
    const standard = valueAt(value, '~standard')
    return valueAt(standard, 'version') === 1 && typeof valueAt(standard, 'validate') === 'function'
  },
)

/** An array whose items `item` reads, none of them twice. */
export const list =
  (item: Reader<string>): Reader<readonly string[]> =>
  (value, path, tell) => {
    const items = new Set<string>()
    for (const [at, each] of entriesOf(value, path, tell, 'an array') ?? []) {
      const read = item(each, at, tell)
      if (items.has(read as string)) tell(at, AGAIN)
      if (read !== undefined) items.add(read)
    }
    return [...items]
  }

/** Names, or names with ranges; one shape for both. */
export const dependencyList: Reader<readonly PluginDependency[]> = (value, path, tell) => {
  const isList = isArray(value)
  const ranges = new Map<string, string>()
  for (const [at, each, key] of entriesOf(value, path, tell, 'an array or a plain object') ?? []) {
    const name = pluginName(isList ? each : key, at, tell)
    const wanted = isList ? '*' : range(each, at, tell)
    if (ranges.has(name as string)) tell(at, AGAIN)
    if (name && wanted) ranges.set(name, wanted)
  }
  return Array.from(ranges, ([name, range]) => Object.freeze({ name, range }))
}

/** A plain object with known keys only. What is wrong is left out of the result, and told. */
export const shape =
  <T extends object>(readers: Readers<T>, required: readonly (keyof T & string)[] = []): Reader<T> =>
  (value, path, tell) => {
    const entries = entriesOf(value, path, tell)
    if (!entries) return undefined
    const read: Partial<Record<string, unknown>> = {}
    const missing = new Set<string>(required)
    for (const [at, each, key] of entries) {
      if (!Object.hasOwn(readers, key)) {
        const meant = nearest(key, Object.keys(readers))
        tell(at, `is not known${meant ? `; did you mean "${meant}"?` : ''}`)
      } else if (each !== undefined) {
        missing.delete(key)
        read[key] = readers[key as keyof T](each, at, tell)
      }
    }
    for (const key of missing) tell(below(path, key), 'is missing')
    return read as T
  }

// Readers of single metadata values: each gives the value back, or tells what is wrong with it. None of them throws,
// whatever it is given: metadata may come from plain JavaScript, with getters, proxies and `__proto__` keys.
import type { PluginDependency } from './meta.ts'
import { nearest } from './nearest.ts'
import { entriesOf, isArray, shown } from './safe-values.ts'
import type { StandardSchema } from './standard-schema.ts'

/** Notes one problem: the path of the value, and what is wrong as the rest of a sentence that begins with the path. */
export type Tell = (path: string, problem: string) => void

/** Gives the value as it is to be used, or tells what is wrong and gives nothing. */
export type Reader<T> = (value: unknown, path: string, tell: Tell) => T | undefined

export type Readers<T> = { readonly [Key in keyof T]-?: Reader<NonNullable<T[Key]>> }

/** The largest delay that Node's timers take; anything longer would fire at once. */
export const MAX_DURATION_MS = 2 ** 31 - 1

const NAME = /^[a-z0-9][a-z0-9._-]*$/
const NUMBER = '(?:0|[1-9]\\d*)'
const VERSION = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-ID(?:\\.ID)*)?(?:\\+[\\w-]+(?:\\.[\\w-]+)*)?$`.replaceAll(
    'ID',
    `(?:${NUMBER}|\\d*[a-zA-Z-][\\da-zA-Z-]*)`,
  ),
)

const one =
  <T>(rule: string, accepts: (value: unknown) => boolean): Reader<T> =>
  (value, path, tell) =>
    accepts(value) ? (value as T) : void tell(path, `must be ${rule}, not ${shown(value)}`)

const isText = (value: unknown, pattern: RegExp): value is string => typeof value === 'string' && pattern.test(value)

export const text = one<string>('a string', (value) => typeof value === 'string')
export const word = one<string>('a string that is not blank', (value) => isText(value, /\S/))
export const range = one<string>('a semver range such as "^1.2.0" or "*"', (value) => isText(value, /\S/))
export const flag = one<boolean>('true or false', (value) => typeof value === 'boolean')
export const callable = one<(...args: never[]) => unknown>('a function', (value) => typeof value === 'function')
export const wholeNumber = one<number>(
  'a whole number from 0',
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
)
export const duration = one<number>(
  `milliseconds: a number over 0, at most ${MAX_DURATION_MS}`,
  (value) => typeof value === 'number' && value > 0 && value <= MAX_DURATION_MS,
)
export const version = one<string>(
  'a semver version such as "1.2.0"',
  (value) => isText(value, VERSION) && value.length <= 256,
)
export const pluginName = one<string>(
  'a name: a-z, 0-9, ".", "_" and "-", beginning with a letter or digit, at most 214 long',
  (value) => isText(value, NAME) && value.length <= 214,
)
export const oneOf = <const Values extends readonly string[]>(...values: Values) =>
  one<Values[number]>(values.map((value) => JSON.stringify(value)).join(' or '), (value) =>
    values.includes(value as string),
  )

/** Any library's schema, given back as it is. */
export const standardSchema: Reader<StandardSchema> = (value, path, tell) => {
  try {
    const standard = (value as StandardSchema)['~standard']
    if (standard.version === 1 && typeof standard.validate === 'function') return value as StandardSchema
  } catch {}
  tell(path, 'must be a Standard Schema (version 1), such as one of zod, valibot or arktype')
}

/** An array whose items `item` reads, none of them twice. */
export const list =
  (item: Reader<string>): Reader<readonly string[]> =>
  (value, path, tell) => {
    if (!isArray(value)) return void tell(path, `must be an array, not ${shown(value)}`)
    const items = new Set<string>()
    for (const [at, each] of entriesOf(value, path, tell) ?? []) {
      const read = item(each, at, tell)
      if (read === undefined) continue
      if (items.has(read)) tell(at, `names ${shown(read)} a second time`)
      items.add(read)
    }
    return Object.freeze([...items])
  }

/** Names, or names with ranges; one shape for both. */
export const dependencyList: Reader<readonly PluginDependency[]> = (value, path, tell) => {
  const names = isArray(value) ? list(pluginName)(value, path, tell) : undefined
  if (names) return Object.freeze(names.map((name) => Object.freeze({ name, range: '*' })))
  const read: PluginDependency[] = []
  for (const [at, each, key] of entriesOf(value, path, tell) ?? []) {
    const name = pluginName(key, at, tell)
    const wanted = range(each, at, tell)
    if (name && wanted) read.push(Object.freeze({ name, range: wanted }))
  }
  return Object.freeze(read)
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
        const result = readers[key as keyof T](each, at, tell)
        if (result !== undefined) read[key] = result
      }
    }
    for (const key of missing) tell(path ? `${path}.${key}` : key, 'is missing')
    return Object.freeze(read) as T
  }

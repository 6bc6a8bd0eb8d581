// Data that JSON gives back as it is: copied, or refused with the path of what is not.

import type { ResourceJson } from './resource.ts'
import { resourceError } from './resource-error.ts'

const DEEPEST = 100

/**
 * A copy of plain data. Properties that are `undefined` are left out, as JSON does.
 *
 * @param path what it is, such as `metadata`
 * @throws `CFP_RESOURCE_CONTENT`
 */
export function plainJson(value: unknown, path: string, depth = 0): ResourceJson {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return wholeText(value, path)
  if (typeof value === 'number') return Number.isFinite(value) ? value : refuse(path, `is ${value}`)
  if (typeof value !== 'object') return refuse(path, `is ${value === undefined ? 'undefined' : `a ${typeof value}`}`)
  // What refers to itself is as deep as one looks.
  if (depth === DEEPEST) return refuse(path, `is more than ${DEEPEST} levels deep, or refers to itself`)
  if (Array.isArray(value)) return Array.from(value, (item, index) => plainJson(item, `${path}[${index}]`, depth + 1))
  return plainObject(value, path, depth)
}

/** The same for what must be an object. */
export function plainObject(value: unknown, path: string, depth = 0): { readonly [key: string]: ResourceJson } {
  const prototype = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined
  if (prototype === undefined || Array.isArray(value)) return refuse(path, 'is no object')
  if (prototype !== Object.prototype && prototype !== null)
    return refuse(path, `is a ${prototype.constructor?.name ?? 'class instance'}`)
  const entries = Object.entries(value as object).filter(([, item]) => item !== undefined)
  // By definition of properties, not assignment: `__proto__` is a key like others.
  return Object.fromEntries(
    entries.map(([key, item]) => [wholeText(key, path), plainJson(item, `${path}.${key}`, depth + 1)]),
  )
}

/** UTF-8 has no way to write half a character, and would put another in its place. @throws `CFP_RESOURCE_CONTENT` */
export function wholeText(text: string, path: string): string {
  return HALF.test(text) ? refuse(path, 'has half of a surrogate pair') : text
}

const HALF = /\p{Surrogate}/u

function refuse(path: string, what: string): never {
  throw resourceError(
    'CFP_RESOURCE_CONTENT',
    `${path} ${what}, which could not be given back as it is. Give text, bytes, or plain JSON data.`,
    { issues: [{ path, message: what }] },
  )
}

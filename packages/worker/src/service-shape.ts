// What a service has, told so that another side can have a stub of it.
import { types } from 'node:util'
import type { ServiceShape } from './context-ops.ts'

/** How deep parts of parts are looked at. */
const DEEPEST = 4

/** Whether it is more than a copy could be: it can be called, or something of it can. */
export function isService(value: unknown): value is object {
  return typeof value === 'function' || (isObject(value) && !isData(value) && hasMethods(value, []))
}

/**
 * What a service has: methods, its own and those of its classes; copies of values; parts that have methods themselves.
 *
 * @param idOf a number for a service, or for a part of one
 */
export function describe(service: object, idOf: (service: object) => number): ServiceShape {
  return shapeOf(service, idOf, [])
}

function shapeOf(service: object, idOf: (service: object) => number, above: readonly object[]): ServiceShape {
  const methods: string[] = []
  const values: Record<string, unknown> = {}
  const parts: Record<string, ServiceShape> = {}
  const lacking: Record<string, string> = {}
  const path = [...above, service]
  for (const name of namesOf(service)) {
    const read = valueOf(service, name)
    if ('error' in read) {
      lacking[name] = 'something that throws when it is read'
      continue
    }
    const { value } = read
    // A stub that is awaited must not be taken for a promise.
    if (name === 'then') continue
    if (typeof value === 'function') methods.push(name)
    else if (!isService(value) && isCloneable(value)) values[name] = value
    else if (!isService(value)) lacking[name] = 'something that cannot be copied'
    else if (path.includes(value) || path.length >= DEEPEST) lacking[name] = 'too deep in it'
    else parts[name] = shapeOf(value, idOf, path)
  }
  return { id: idOf(service), isFunction: typeof service === 'function', methods, values, parts, lacking }
}

/** Names that are not reached by itself alone, but by its classes, such as those of methods. */
function namesOf(service: object): Set<string> {
  const names = new Set<string>()
  for (let at: object | null = service; at && !isEnd(at); at = Object.getPrototypeOf(at)) {
    for (const [name, { enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      // What a function has of its own is its name and its length.
      if (typeof service === 'function' && !enumerable) continue
      if (name !== 'constructor' && name !== '__proto__') names.add(name)
    }
  }
  return names
}

function isEnd(prototype: object): boolean {
  return prototype === Object.prototype || prototype === Function.prototype
}

function valueOf(service: object, name: string): { readonly value: unknown } | { readonly error: unknown } {
  try {
    return { value: (service as Record<string, unknown>)[name] }
  } catch (error) {
    return { error }
  }
}

/** Whether it can be called somewhere. A circle of objects is looked at once. */
function hasMethods(value: object, above: readonly object[]): boolean {
  if (above.includes(value) || above.length >= DEEPEST) return false
  for (const name of namesOf(value)) {
    const read = valueOf(value, name)
    if (!('value' in read)) continue
    if (typeof read.value === 'function') return true
    if (isObject(read.value) && !isData(read.value) && hasMethods(read.value, [...above, value])) return true
  }
  return false
}

function isCloneable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'symbol'
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** What is copied whole, although its class has methods. */
function isData(value: object): boolean {
  return (
    Array.isArray(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isBoxedPrimitive(value) ||
    ArrayBuffer.isView(value)
  )
}

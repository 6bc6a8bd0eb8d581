// What a service has, told so that another side can have a stub of it.
import { types } from 'node:util'
import type { ServiceShape } from './context-ops.ts'

/** How deep parts of parts are looked at. */
const DEEPEST = 4

/** Whether it is more than a copy could be: it can be called, or something of it can. */
export function isService(value: unknown): value is object {
  return typeof value === 'function' || (isObject(value) && !isData(value) && hasMethods(value, []))
}

/** What is known of the objects of this side. */
export interface KnownObjects {
  /** A number for a service, or for a part of one. */
  idOf(service: object): number
  /** Whether it is nobody else's, such as the plugin's own context, or what it was given of the other side. */
  isHidden(value: object): boolean
}

/** What a service has: methods, its own and those of its classes; copies of values; parts that have methods themselves. */
export function describe(service: object, known: KnownObjects): ServiceShape {
  return shapeOf(service, known, [])
}

function shapeOf(service: object, known: KnownObjects, above: readonly object[]): ServiceShape {
  const methods: string[] = []
  const values: Record<string, unknown> = {}
  const parts: Record<string, ServiceShape> = {}
  const lacking: Record<string, string> = {}
  const path = [...above, service]
  for (const name of namesOf(service)) {
    const found = read(service, name)
    if ('error' in found) {
      lacking[name] = 'something that throws when it is read'
      continue
    }
    const { value } = found
    // A stub that is awaited must not be taken for a promise.
    if (name === 'then') continue
    if (isObject(value) && known.isHidden(value)) lacking[name] = "its plugin's own"
    else if (typeof value === 'function') methods.push(name)
    else if (!isService(value) && isCloneable(value)) values[name] = value
    else if (!isService(value)) lacking[name] = 'something that cannot be copied'
    else if (path.includes(value) || path.length >= DEEPEST) lacking[name] = 'too deep in it'
    else parts[name] = shapeOf(value, known, path)
  }
  return { id: known.idOf(service), isFunction: typeof service === 'function', methods, values, parts, lacking }
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

function read(service: object, name: string): { readonly value: unknown } | { readonly error: unknown } {
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
    const found = read(value, name)
    if (!('value' in found)) continue
    const inner = found.value
    if (typeof inner === 'function') return true
    if (isObject(inner) && !isData(inner) && hasMethods(inner, [...above, value])) return true
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

/** What is copied whole, although its class has methods, or cannot be shown at all. */
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
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isPromise(value) ||
    ArrayBuffer.isView(value)
  )
}

// What a plugin in a thread wants to keep, looked at before it crosses: its host is given a copy, in which classes are lost without a word.
import { types } from 'node:util'
import type { SharedStateRef } from '@cf-plugins/plugin-api'

/** Where a value is that no copy can keep, such as `state.sessions[3]`, and what it is, such as `a Session`. */
export interface Unkept {
  readonly path: string
  readonly what: string
}

/** The first instance of a class, or property under a symbol. What cannot be cloned at all, its host refuses. */
export function unkeptIn(state: unknown): Unkept | undefined {
  const seen = new Set<object>()
  const open: [path: string, value: unknown][] = [['state', state]]
  // A list rather than recursion, so that a long chain cannot overflow the stack.
  for (let next = open.pop(); next; next = open.pop()) {
    const [path, value] = next
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    const [symbol] = Object.getOwnPropertySymbols(value)
    if (symbol) return { path: `${path}[${String(symbol)}]`, what: 'a property under a symbol' }
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) continue
    if (!isKept(value)) return { path, what: whatItIs(value) }
    // What stands first is told.
    open.push(...partsOf(value, path).reverse())
  }
  return undefined
}

/** Which part of the state it is, as messages name it. */
export function partLabel(shared: string | SharedStateRef<unknown> | undefined): string {
  const name = typeof shared === 'object' ? shared.name : shared
  return name === undefined ? 'its state' : `the shared state "${name}"`
}

/** Plain objects, and what the language itself has. */
function isKept(value: object): boolean {
  if (types.isProxy(value)) return false
  const prototype = Object.getPrototypeOf(value)
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return true
  const isNative = Array.isArray(value) || types.isMap(value) || types.isSet(value) || types.isDate(value)
  return (
    (isNative || types.isRegExp(value) || types.isBoxedPrimitive(value) || types.isNativeError(value)) &&
    isOfLanguage(prototype)
  )
}

function isOfLanguage(prototype: { readonly constructor?: unknown }): boolean {
  const { constructor: maker } = prototype
  return typeof maker === 'function' && Function.prototype.toString.call(maker).includes('[native code]')
}

function whatItIs(value: object): string {
  if (types.isProxy(value)) return 'a Proxy'
  const { name } = (value.constructor ?? {}) as { readonly name?: unknown }
  return typeof name === 'string' && name !== ''
    ? `${/^[aeio]/i.test(name) ? 'an' : 'a'} ${name}`
    : 'an instance of a class'
}

function partsOf(value: object, path: string): [string, unknown][] {
  if (types.isMap(value)) return [...value].map(([key, each]) => [`${path}.get(${JSON.stringify(key)})`, each])
  if (types.isSet(value)) return [...value].map((each, at) => [`${path}.values()[${at}]`, each])
  const stepTo = (key: string) => (Array.isArray(value) ? `[${key}]` : `.${key}`)
  return Object.entries(value).map(([key, each]) => [path + stepTo(key), each])
}

// Says what of a value cannot be copied, and where in it that is.
import { types } from 'node:util'
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import { HANDING_ON } from './context-ops.ts'

/** How deep is looked: what is deeper is told with what it is in. */
const DEEPEST = 32

/** The arguments of a call, as its caller knows them. */
export function argumentsOf(target: string | number, values: readonly unknown[]): readonly unknown[] {
  const last = values.at(-1)
  return HANDING_ON.has(target) && Array.isArray(last) ? last : values
}

/** Where in `values` what cannot be cloned is, and what: `argument 1.options.parser is a WeakMap`. */
export function whyNotCloneable(values: readonly unknown[], kind: 'argument' | 'result', reason: unknown): string {
  for (const [index, value] of values.entries()) {
    const start = kind === 'argument' ? `argument ${index + 1}` : 'result'
    const found = within(value, start, 0)
    if (found !== undefined) return found
  }
  return `its ${kind}s cannot be copied: ${messageOf(reason)}`
}

/** @param why as `whyNotCloneable` gives it */
export function notCloneable(what: string, why: string, plugin: string | undefined): PluginError {
  return new PluginError(
    'CFP_WORKER_NOT_CLONEABLE',
    `Plugin "${plugin}": ${what}: ${why}, which cannot go to another thread. Send data: what structuredClone() can copy.`,
    { plugin, phase: 'call' },
  )
}

function within(value: unknown, path: string, depth: number): string | undefined {
  if (typeof value === 'function') return `${path} is a function`
  if (typeof value === 'symbol') return `${path} is a symbol`
  if (typeof value !== 'object' || value === null || isCloneable(value)) return undefined
  if (depth === DEEPEST) return `${path} is too deep to tell what of it`
  for (const [step, read] of partsOf(value)) {
    let part: unknown
    try {
      part = read()
    } catch (error) {
      return `${path}${step} throws when it is read: ${String(error)}`
    }
    const found = within(part, path + step, depth + 1)
    if (found !== undefined) return found
  }
  return `${path} is ${described(value)}`
}

/** What a structured clone reads of a value, each with how it is told. */
function* partsOf(value: object): Iterable<[step: string, read: () => unknown]> {
  if (types.isMap(value)) {
    for (const [key, part] of Map.prototype.entries.call(value)) {
      yield [` (a key of the map)`, () => key]
      yield [`.get(${typeof key === 'string' ? JSON.stringify(key) : String(key)})`, () => part]
    }
  } else if (types.isSet(value)) {
    let at = 0
    for (const part of Set.prototype.values.call(value)) yield [` (number ${at++} of the set)`, () => part]
  } else {
    for (const key of Object.keys(value)) {
      yield [step(value, key), () => (value as Record<string, unknown>)[key]]
    }
  }
}

function step(value: object, key: string): string {
  if (Array.isArray(value)) return `[${key}]`
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/** A port or a stream must be transferred, which whoever sends it has to say. */
function described(value: object): string {
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name
  const kind = typeof name === 'string' && name !== '' && name !== 'Object' ? name : 'object'
  const isMovable = /^(MessagePort|(Readable|Writable|Transform)Stream|FileHandle)$/.test(kind)
  const article = /^[aeio]/i.test(kind) ? 'an' : 'a'
  return `${article} ${kind}${isMovable ? ', which is moved, not copied, by transfer(value, [it])' : ''}`
}

function isCloneable(value: object): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

// Values as they cross: structured clones, but for what has none and is put in by the other side.
import type { TransferListItem } from 'node:worker_threads'
import { transferOf } from '@cf-plugins/plugin-api/host'

type Key = string | number

/** What the other side puts in at a place: of which kind, and made of what. */
export type WirePart = readonly [path: readonly Key[], kind: string, data: unknown]

/** Values that are ready to be posted. */
export interface Packed {
  readonly values: readonly unknown[]
  readonly parts?: readonly WirePart[] | undefined
  readonly transfer?: readonly TransferListItem[] | undefined
  /** Whether they may be posted later: nobody else can change them until then. */
  readonly canWait: boolean
}

/** What a side does with that of which there is no clone. */
export interface PartMaker {
  /** Nothing for what is cloned as it is. */
  part(value: object): readonly [kind: string, data: unknown] | undefined
  /** Whether something is not cloned as it is. Asked of objects. */
  isPart(value: object): boolean
}

/** How deep parts are looked for. What is deeper is cloned, and has none. */
const DEEPEST = 8
/** More than this is cloned at once, and not copied first. */
const SMALL = 32

/** What a value was found to be made of. */
interface Survey {
  hasParts: boolean
  isSmall: boolean
  containers: number
  seen: Set<object> | undefined
  transfer: TransferListItem[] | undefined
}

/**
 * Makes values ready to be posted.
 *
 * Small ones are copied, for they are posted at the end of the tick, and who sends them may change them before. Large ones are posted at
 * once, which copies them too.
 */
export function pack(values: readonly unknown[], maker: PartMaker): Packed {
  if (values.every(isPrimitive)) return { values, canWait: true }
  const survey: Survey = { hasParts: false, isSmall: true, containers: 0, seen: undefined, transfer: undefined }
  for (const value of values) look(value, survey, maker, 0)
  const { hasParts, isSmall, transfer } = survey
  if (!hasParts && !isSmall) return { values, transfer, canWait: false }
  const copier = new Copier(maker)
  const copy = values.map((value, index) => copier.copy(value, index, 0))
  const parts = copier.parts.length > 0 ? copier.parts : undefined
  return { values: copy, parts, transfer, canWait: isSmall }
}

/** Puts the parts into values that came from the other side. */
export function unpack(
  values: unknown[],
  parts: readonly WirePart[] | undefined,
  make: (kind: string, data: unknown) => unknown,
): unknown[] {
  if (parts === undefined) return values
  for (const [path, kind, data] of parts) {
    let holder = values as unknown as Record<Key, unknown>
    const last = path.length - 1
    for (let at = 0; at < last; at++) holder = holder[path[at] as Key] as Record<Key, unknown>
    put(holder, path[last] as Key, make(kind, data))
  }
  return values
}

function look(value: unknown, survey: Survey, maker: PartMaker, depth: number): void {
  if (typeof value === 'function') survey.hasParts = true
  if (typeof value !== 'object' || value === null) return
  const list = transferOf(value)
  // No copy may be made of what is moved with it: a view and its buffer stay together.
  if (list !== undefined) {
    survey.transfer = [...(survey.transfer ?? []), ...(list as TransferListItem[])]
    survey.isSmall = false
  }
  if (maker.isPart(value)) {
    survey.hasParts = true
    return
  }
  const isArray = Array.isArray(value)
  if (!isArray && !isPlain(value)) {
    survey.isSmall = false
    return
  }
  if (depth === DEEPEST) {
    survey.isSmall = false
    return
  }
  if (++survey.containers > 1) {
    survey.seen ??= new Set()
    if (survey.seen.has(value)) return
    survey.seen.add(value)
  }
  if (survey.containers > SMALL) survey.isSmall = false
  if (isArray) {
    if (value.length > SMALL) survey.isSmall = false
    for (const part of value) look(part, survey, maker, depth + 1)
  } else {
    for (const key in value) {
      // Nothing inherits from a plain object's prototypes but what somebody added to them.
      if (Object.hasOwn(value, key)) look((value as Record<string, unknown>)[key], survey, maker, depth + 1)
    }
  }
}

/** Copies plain objects and arrays, keeping what is the same object the same, and takes parts out. */
class Copier {
  readonly parts: WirePart[] = []
  readonly #maker: PartMaker
  readonly #path: Key[] = []
  #copies: Map<object, unknown> | undefined

  constructor(maker: PartMaker) {
    this.#maker = maker
  }

  copy(value: unknown, key: Key, depth: number): unknown {
    if (isPrimitive(value) || typeof value === 'symbol') return value
    const known = this.#copies?.get(value as object)
    if (known !== undefined) return known
    const part = this.#maker.part(value as object)
    if (part !== undefined) {
      this.parts.push([[...this.#path, key], ...part])
      return undefined
    }
    const isArray = Array.isArray(value)
    if (depth === DEEPEST || !(isArray || isPlain(value as object))) return value
    return this.#contents(value as object, isArray, key, depth)
  }

  #contents(value: object, isArray: boolean, key: Key, depth: number): unknown {
    const copy = (isArray ? new Array((value as unknown[]).length) : {}) as Record<Key, unknown>
    this.#copies ??= new Map()
    this.#copies.set(value, copy)
    this.#path.push(key)
    for (const name of Object.keys(value)) {
      const at = isArray && isIndex(name) ? Number(name) : name
      put(copy, at, this.copy((value as Record<Key, unknown>)[at], at, depth + 1))
    }
    this.#path.pop()
    return copy
  }
}

/** Such as holds, of an array, its elements: a match of a regular expression has others too. */
function isIndex(name: string): boolean {
  const code = name.charCodeAt(0)
  return code >= 48 && code <= 57
}

function put(holder: Record<Key, unknown>, key: Key, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(holder, key, { value, enumerable: true, configurable: true })
  else holder[key] = value
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function')
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

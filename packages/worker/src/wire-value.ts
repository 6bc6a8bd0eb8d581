// Values as they cross: structured clones, but for what has none and is put in by the other side.
import type { TransferListItem } from 'node:worker_threads'
import { transferOf } from '@cf-plugins/plugin-api/host'
import { copySmall, isPlain } from './small-copy.ts'

type Key = string | number

/** What the other side puts in at a place: of which kind, and made of what. */
export type WirePart = readonly [path: readonly Key[], kind: string, data: unknown]

/** Values that are ready to be posted. */
export interface Packed {
  readonly values: unknown[]
  readonly parts?: readonly WirePart[] | undefined
  readonly transfer?: readonly TransferListItem[] | undefined
  /** Whether they may be posted later: nobody else can change them until then. */
  readonly canWait: boolean
}

/** What a side does with that of which there is no clone. */
export interface PartMaker {
  /** Whether a plain object or an array is no such thing, but crosses in a form of its own. */
  isOwn(value: object): boolean
  /** The same of any object. */
  isPart(value: object): boolean
  /** Nothing for what is cloned as it is. */
  part(value: object): readonly [kind: string, data: unknown] | undefined
}

/** How deep parts are looked for. What is deeper is cloned, and has none. */
const DEEPEST = 8

/**
 * Makes values ready to be posted.
 *
 * Small ones are copied, for they are posted at the end of the tick, and who sends them may change them before. Large ones, and those that are
 * more than plain objects and arrays, are posted at once, which copies them too.
 */
export function pack(values: readonly unknown[], maker: PartMaker): Packed {
  const copy = copySmall(values, maker)
  if (copy !== undefined) return { values: copy, canWait: true }
  const survey = new Survey(maker)
  for (const value of values) survey.look(value, 0)
  const { transfer } = survey
  if (!survey.hasParts) return { values: values as unknown[], transfer, canWait: false }
  const copier = new Copier(maker)
  const copies = values.map((value, index) => copier.copy(value, index, 0))
  return { values: copies, parts: copier.parts, transfer, canWait: false }
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

/** Looks for what has no clone, and for what is moved. */
class Survey {
  hasParts = false
  transfer: TransferListItem[] | undefined
  readonly #maker: PartMaker
  readonly #seen = new Set<object>()

  constructor(maker: PartMaker) {
    this.#maker = maker
  }

  look(value: unknown, depth: number): void {
    if (typeof value === 'function') this.hasParts = true
    if (typeof value !== 'object' || value === null || this.#seen.has(value)) return
    this.#seen.add(value)
    const list = transferOf(value)
    if (list !== undefined) this.transfer = [...(this.transfer ?? []), ...(list as TransferListItem[])]
    if (this.#maker.isPart(value)) this.hasParts = true
    else if (depth === DEEPEST) return
    else if (Array.isArray(value)) for (const part of value) this.look(part, depth + 1)
    else if (isPlain(value)) for (const part of Object.values(value)) this.look(part, depth + 1)
  }
}

/** Copies plain objects and arrays, keeping what is the same object the same, and takes parts out. */
class Copier {
  readonly parts: WirePart[] = []
  readonly #maker: PartMaker
  readonly #path: Key[] = []
  readonly #copies = new Map<unknown, unknown>()

  constructor(maker: PartMaker) {
    this.#maker = maker
  }

  copy(value: unknown, key: Key, depth: number): unknown {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return value
    const known = this.#copies.get(value)
    if (known !== undefined) return known
    const part = this.#maker.part(value)
    if (part !== undefined) {
      this.parts.push([[...this.#path, key], ...part])
      return undefined
    }
    const isArray = Array.isArray(value)
    if (depth === DEEPEST || !(isArray || isPlain(value))) return value
    const copy = (isArray ? new Array(value.length) : {}) as Record<Key, unknown>
    this.#copies.set(value, copy)
    this.#path.push(key)
    // An array may have more than its elements, as a match of a regular expression has.
    for (const name of Object.keys(value)) {
      put(copy, name, this.copy((value as Record<Key, unknown>)[name], name, depth + 1))
    }
    this.#path.pop()
    return copy
  }
}

function put(holder: Record<Key, unknown>, key: Key, value: unknown): void {
  if (key !== '__proto__') holder[key] = value
  else Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
}

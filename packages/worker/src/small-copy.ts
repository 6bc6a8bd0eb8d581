// A quick copy of values that are small, as most arguments are.
import { transferOf } from '@cf-plugins/plugin-api/host'
import type { PartMaker } from './wire-value.ts'

/** How many objects and arrays, and how long an array. */
const MOST = 32

/** Copies plain objects and arrays; nothing where there is anything else among them, or too much. What is the same object stays the same. */
export function copySmall(values: readonly unknown[], maker: PartMaker): unknown[] | undefined {
  const copy = values.slice()
  let copier: SmallCopier | undefined
  for (let index = 0; index < copy.length; index++) {
    const value = copy[index]
    if (isAtom(value)) continue
    if (typeof value === 'function') return undefined
    copier ??= new SmallCopier(maker)
    copy[index] = copier.copy(value as object)
    if (copier.hasFailed) return undefined
  }
  return copy
}

/** Whether an object is no more than its properties. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

class SmallCopier {
  hasFailed = false
  readonly #maker: PartMaker
  readonly #originals: object[] = []
  readonly #copies: object[] = []

  constructor(maker: PartMaker) {
    this.#maker = maker
  }

  copy(value: object): unknown {
    const known = this.#originals.indexOf(value)
    if (known !== -1) return this.#copies[known]
    if (this.#originals.length === MOST || transferOf(value) !== undefined || this.#maker.isOwn(value))
      return this.#fail()
    this.#originals.push(value)
    return Array.isArray(value) ? this.#list(value) : this.#object(value as Record<string, unknown>)
  }

  #list(value: readonly unknown[]): unknown {
    // More keys than elements, or less: a match of a regular expression, a list with holes.
    if (value.length > MOST || Object.keys(value).length !== value.length) return this.#fail()
    const copy = value.slice()
    this.#copies.push(copy)
    for (let index = 0; index < copy.length; index++) {
      const part = copy[index]
      if (!isAtom(part)) copy[index] = this.#part(part)
    }
    return copy
  }

  #object(value: Record<string, unknown>): unknown {
    if (!isPlain(value)) return this.#fail()
    const copy = { ...value }
    this.#copies.push(copy)
    for (const key of Object.keys(copy)) {
      const part = copy[key]
      if (isAtom(part)) continue
      if (key === '__proto__') return this.#fail()
      copy[key] = this.#part(part)
    }
    return copy
  }

  #part(part: unknown): unknown {
    return typeof part === 'function' || this.hasFailed ? this.#fail() : this.copy(part as object)
  }

  #fail(): undefined {
    this.hasFailed = true
  }
}

/** Whether a value is what it is, and can be changed by nobody. */
function isAtom(value: unknown): boolean {
  return (typeof value !== 'object' && typeof value !== 'function') || value === null
}

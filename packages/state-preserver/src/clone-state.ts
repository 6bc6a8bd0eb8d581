// Copies a plugin's state, and says where in it a value is that no copy can keep.
import { types } from 'node:util'
import { type Access, type Holder, pathOf } from './state-path.ts'
import { describe, kindOf, type ValueKind, type ViewSource } from './value-kinds.ts'

/** Why state could not be copied, and where. */
export class UncloneableState extends Error {
  readonly reason: 'value' | 'size'
  /** Such as `state.sessions[3].socket`. */
  readonly path: string
  /** What is there, such as `a Socket`. */
  readonly what: string

  constructor(reason: 'value' | 'size', path: string, what: string, cause?: unknown) {
    super(`${path} is ${what}`, cause === undefined ? undefined : { cause })
    this.reason = reason
    this.path = path
    this.what = what
  }
}

/** A copy of state. */
export interface ClonedState {
  readonly copy: unknown
  /** About what it takes in memory at most: two bytes a character, 16 a property, binary data as it is. */
  readonly bytes: number
  /** Whether it is of kinds that `v8.serialize` keeps as they are. */
  readonly isNative: boolean
}

/**
 * A deep copy that shares nothing with the original: circles and shared references are kept as they are, at any depth.
 *
 * It does what `structuredClone` does, except that nothing gets lost without a word: class instances and symbol keys
 * are refused with their path, where `structuredClone` would drop the class and the key; a Buffer stays a Buffer, an object
 * without prototype stays one, and errors keep their own properties. A getter's value is taken, as there.
 *
 * @throws UncloneableState
 */
export function cloneState(state: unknown, maxBytes = Number.POSITIVE_INFINITY): ClonedState {
  return new StateCloner(maxBytes, false).clone(state)
}

interface OpenCopy extends Holder {
  readonly source: object
  readonly copy: object
  readonly kind: ValueKind
}

// Where an array is larger, its elements are looked at before anything slower is done with it.
const LARGE_ARRAY = 1_024

/** One copy; `isFrozen` is known when it is made. */
export class StateCloner {
  /** Whether nothing was met that cannot be frozen. */
  isFrozen = true
  readonly #maxBytes: number
  readonly #freezes: boolean
  readonly #copies = new Map<object, object>()
  // Filled one after the other instead of by recursion, so that a long chain cannot overflow the stack.
  readonly #open: OpenCopy[] = []
  #bytes = 0
  #isNative = true
  // Where the walk is. Kept in fields, because a path is needed once and a value is copied a million times.
  #holder: OpenCopy | undefined
  #access: Access = 'property'
  #key: unknown

  constructor(maxBytes: number, freezes: boolean) {
    this.#maxBytes = maxBytes
    this.#freezes = freezes
  }

  clone(state: unknown): ClonedState {
    try {
      const copy = this.#copyOf(state)
      for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
        this.#holder = next
        this.#fill(next)
        // What it holds is frozen in its own turn.
        if (this.#freezes && next.kind.freezes) Object.freeze(next.copy)
      }
      return { copy, bytes: this.#bytes, isNative: this.#isNative }
    } catch (thrown) {
      throw thrown instanceof UncloneableState
        ? thrown
        : this.#problem('value', 'something that throws when it is read', thrown)
    }
  }

  #copyOf(value: unknown): unknown {
    switch (typeof value) {
      case 'object':
        if (value === null) break
        return this.#copies.get(value) ?? this.#begin(value)
      case 'string':
        this.#spend(2 * value.length)
        break
      case 'function':
      case 'symbol':
        throw this.#problem('value', describe(value))
    }
    this.#spend(8)
    return value
  }

  #begin(source: object): object {
    this.#spend(32)
    const kind = kindOf(source)
    if (kind === undefined) throw this.#problem('value', describe(source))
    const { contents } = kind
    if (kind.native === 'never') this.#isNative = false
    if (!kind.freezes) this.isFrozen = false
    if (contents === 'view') return this.#copyView(source as ArrayBufferView, kind)
    if (contents === 'bytes') this.#spend((source as ArrayBuffer).byteLength)
    if (contents === 'elements' && isLargeAndFlat(source as unknown[])) {
      this.#spend(8 * (source as unknown[]).length)
      const copy = structuredClone(source)
      return this.#remember(source, this.#freezes ? Object.freeze(copy) : copy)
    }
    const copy = this.#remember(source, kind.begin(source))
    if (contents === 'bytes' || contents === 'nothing') return copy
    this.#open.push({ source, copy, kind, heldBy: this.#holder, access: this.#access, key: this.#key })
    return copy
  }

  /** Views of one buffer stay views of one buffer. */
  #copyView(view: ArrayBufferView, kind: ValueKind): object {
    if (types.isSharedArrayBuffer(view.buffer)) throw this.#problem('value', 'shared memory')
    const buffer = (this.#copies.get(view.buffer) ?? this.#begin(view.buffer)) as ArrayBuffer
    const source: ViewSource = { buffer, byteOffset: view.byteOffset, length: lengthOfView(view) }
    return this.#remember(view, kind.begin(source))
  }

  #remember(source: object, copy: object): object {
    this.#copies.set(source, copy)
    return copy
  }

  #fill({ source, copy, kind }: OpenCopy): void {
    const { contents } = kind
    if (contents === 'elements') this.#fillArray(source as unknown[], copy as unknown[])
    else if (contents === 'entries') this.#fillMap(source as Map<unknown, unknown>, copy as Map<unknown, unknown>)
    else if (contents === 'items') this.#fillSet(source as Set<unknown>, copy as Set<unknown>)
    else if (contents === 'error') this.#fillError(source as Error, copy)
    this.#fillProperties(source, copy, kind)
  }

  #fillProperties(source: object, copy: object, { contents, native }: ValueKind): void {
    const isArray = contents === 'elements'
    this.#access = 'property'
    for (const key of Object.keys(source)) {
      if (isArray && isIndex(key)) continue
      if (native === 'contents') this.#isNative = false
      this.#key = key
      this.#spend(8)
      const value = this.#copyOf((source as Record<string, unknown>)[key])
      if (key === '__proto__') define(copy, key, value, true)
      else (copy as Record<string, unknown>)[key] = value
    }
    for (const key of Object.getOwnPropertySymbols(source)) {
      if (!Object.prototype.propertyIsEnumerable.call(source, key)) continue
      this.#key = key
      throw this.#problem('value', 'a property under a symbol')
    }
  }

  #fillArray(source: readonly unknown[], copy: unknown[]): void {
    this.#access = 'index'
    this.#spend(8 * source.length)
    copy.length = source.length
    for (let index = 0; index < source.length; index++) {
      const value = source[index]
      // A hole stays a hole.
      if (value === undefined && !Object.hasOwn(source, index)) continue
      this.#key = index
      copy[index] = this.#copyOf(value)
    }
  }

  #fillMap(source: ReadonlyMap<unknown, unknown>, copy: Map<unknown, unknown>): void {
    let at = 0
    for (const [key, value] of source) {
      this.#access = 'map-key'
      this.#key = at++
      const keyCopy = this.#copyOf(key)
      this.#access = 'map-value'
      this.#key = key
      copy.set(keyCopy, this.#copyOf(value))
    }
  }

  #fillSet(source: ReadonlySet<unknown>, copy: Set<unknown>): void {
    this.#access = 'item'
    let at = 0
    for (const item of source) {
      this.#key = at++
      copy.add(this.#copyOf(item))
    }
  }

  /** An error's message, stack and cause are properties that a loop over its keys does not show. */
  #fillError(source: Error, copy: object): void {
    this.#access = 'property'
    define(copy, 'stack', source.stack, false)
    for (const key of Object.getOwnPropertyNames(source)) {
      if (key === 'stack' || Object.prototype.propertyIsEnumerable.call(source, key)) continue
      this.#key = key
      define(copy, key, this.#copyOf((source as unknown as Record<string, unknown>)[key]), false)
    }
  }

  #spend(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#maxBytes) throw this.#problem('size', 'where the limit is passed')
  }

  #problem(reason: 'value' | 'size', what: string, cause?: unknown): UncloneableState {
    return new UncloneableState(reason, pathOf(this.#holder, this.#access, this.#key), what, cause)
  }
}

/** In elements; of a DataView in bytes. */
export function lengthOfView(view: ArrayBufferView): number {
  return types.isTypedArray(view) ? view.length : view.byteLength
}

/** Sets a property, also one whose name would do something else, and also where one of the same name is there. */
export function define(copy: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(copy, key, { value, enumerable, writable: true, configurable: true })
}

/** Whether an array is large and has nothing that must be looked into, so that the platform's own copy is the same, and faster. */
function isLargeAndFlat(source: readonly unknown[]): boolean {
  return (
    source.length > LARGE_ARRAY &&
    source.every((element) => typeof element === 'number' || element === null || FLAT.has(typeof element))
  )
}

// Not strings: what they take is counted one by one.
const FLAT: ReadonlySet<string> = new Set(['boolean', 'undefined', 'bigint'])

/** Whether a property's name is that of an array's element. */
export function isIndex(key: string): boolean {
  const index = Number(key)
  return index >= 0 && index < 2 ** 32 - 1 && Number.isInteger(index) && String(index) === key
}

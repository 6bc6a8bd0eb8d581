// The kinds of values that a copy can keep, told by prototype, and what a copy of each begins with.
import { types } from 'node:util'

/** What a kind of object holds, and so how its copy is filled. All but the last three have properties besides. */
export type Contents = 'properties' | 'elements' | 'entries' | 'items' | 'error' | 'nothing' | 'bytes' | 'view'

/** What is known of a kind of object. */
export interface ValueKind {
  readonly contents: Contents
  /** A copy without what it holds: that is filled in later, so that circles can be closed. */
  begin(source: object): object
}

/** The kind of an object, or nothing where a copy would lose what makes it what it is. */
export function kindOf(value: object): ValueKind | undefined {
  // Its data could be copied, but not what it does with them.
  if (types.isProxy(value)) return undefined
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === null) return BARE
  return KINDS.get(prototype) ?? (isRootPrototype(prototype) ? PLAIN : undefined)
}

/** What a value is that no copy can keep, for a message: `a Socket`, `a function`. */
export function describe(value: unknown): string {
  if (typeof value === 'function') return value.toString().startsWith('class') ? 'a class' : 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (types.isProxy(value)) return 'a Proxy'
  const prototype: { constructor?: unknown } | null = Object.getPrototypeOf(value)
  const maker = prototype?.constructor
  const name = typeof maker === 'function' && maker.name !== '' ? maker.name : ''
  if (name === '') return 'an instance of a class without a name'
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`
}

const kind = <T extends object>(contents: Contents, begin: (source: T) => object): ValueKind => ({
  contents,
  begin: begin as (source: object) => object,
})

const PLAIN = kind('properties', () => ({}))
const BARE = kind('properties', () => Object.create(null) as object)

// Made on the copy of its buffer, which only the walk knows.
const VIEW = kind('view', (view) => view)
const VIEWS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
]

const ERRORS = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]

const KINDS: ReadonlyMap<object, ValueKind> = new Map<object, ValueKind>([
  [Object.prototype, PLAIN],
  [Array.prototype, kind('elements', () => [])],
  [Map.prototype, kind('entries', () => new Map())],
  [Set.prototype, kind('items', () => new Set())],
  [Date.prototype, kind('properties', (date: Date) => new Date(date.getTime()))],
  [RegExp.prototype, kind('properties', copyRegExp)],
  [ArrayBuffer.prototype, kind('bytes', (buffer: ArrayBuffer) => structuredClone(buffer))],
  // Its own bytes only: what it is a window on is mostly a pool that Node shares among buffers.
  [Buffer.prototype, kind('bytes', (buffer: Buffer) => Buffer.from(buffer))],
  ...[Boolean, Number, String, BigInt].map(
    (maker) => [maker.prototype, kind('nothing', (boxed) => Object(boxed.valueOf()) as object)] as const,
  ),
  ...ERRORS.map((maker) => [maker.prototype, kind('error', () => new maker())] as const),
  [AggregateError.prototype, kind('error', () => new AggregateError([]))],
  ...VIEWS.map((maker) => [maker.prototype, VIEW] as const),
])

function copyRegExp(source: RegExp): RegExp {
  const copy = new RegExp(source.source, source.flags)
  copy.lastIndex = source.lastIndex
  return copy
}

/** Whether it is `Object.prototype`, if of another realm. */
function isRootPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'propertyIsEnumerable')
}

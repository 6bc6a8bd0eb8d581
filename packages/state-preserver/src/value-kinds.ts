// The kinds of values that a copy can keep, told by prototype, and what a copy of each begins with.
import { types } from 'node:util'

/** What a kind of object holds, and so how its copy is filled. All but the last three have properties besides. */
export type Contents = 'properties' | 'elements' | 'entries' | 'items' | 'error' | 'nothing' | 'bytes' | 'view'

/** What is known of a kind of object. */
export interface ValueKind {
  /** Such as `Map`; what a file calls it. */
  readonly name: string
  readonly contents: Contents
  /** What of one `v8.serialize` keeps: all, all but properties, or too little. */
  readonly native: 'all' | 'contents' | 'never'
  /** Whether one that is frozen cannot be changed: what a Map, a Date or a typed array holds is not in properties. */
  readonly freezes: boolean
  /** A copy without what it holds: that is filled in later, so that circles can be closed. */
  begin(source: object): object
  /** What `begin` needs of a source, as data that `v8.serialize` takes. */
  seed(source: object): unknown
}

/** What the `begin` of a view needs of it. */
export interface ViewSource {
  /** The copy's own buffer. */
  readonly buffer: ArrayBuffer
  readonly byteOffset: number
  /** Elements; of a DataView bytes. */
  readonly length: number
}

/** The kind of an object, or nothing where a copy would lose what makes it what it is. */
export function kindOf(value: object): ValueKind | undefined {
  // Its data could be copied, but not what it does with them.
  if (types.isProxy(value)) return undefined
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === null) return BARE
  return KINDS.get(prototype) ?? (isRootPrototype(prototype) ? PLAIN : undefined)
}

/** The kind of that name. */
export function kindNamed(name: string): ValueKind | undefined {
  return BY_NAME.get(name)
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

// A Buffer comes back as a window on all that was read.
const NATIVE: Readonly<Record<string, ValueKind['native']>> = {
  Object: 'all',
  Array: 'contents',
  Map: 'contents',
  Set: 'contents',
  Date: 'contents',
  ArrayBuffer: 'contents',
  Boolean: 'contents',
  Number: 'contents',
  String: 'contents',
  BigInt: 'contents',
}

const FREEZING: ReadonlySet<string> = new Set(['Object', 'null', 'Array'])

const kind = <T extends object>(
  name: string,
  contents: Contents,
  begin: (source: T) => object,
  seed: (source: T) => unknown = () => undefined,
): ValueKind => ({
  name,
  contents,
  native: NATIVE[name] ?? 'never',
  freezes: FREEZING.has(name),
  begin: begin as (source: object) => object,
  seed: seed as (source: object) => unknown,
})

const itself = (source: object) => source

const PLAIN = kind('Object', 'properties', () => ({}))
const BARE = kind('null', 'properties', () => Object.create(null) as object)

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
  [Array.prototype, kind('Array', 'elements', () => [])],
  [Map.prototype, kind('Map', 'entries', () => new Map())],
  [Set.prototype, kind('Set', 'items', () => new Set())],
  [Date.prototype, kind('Date', 'properties', (date: Date) => new Date(date.getTime()), itself)],
  [RegExp.prototype, kind('RegExp', 'properties', copyRegExp, partsOfRegExp)],
  [ArrayBuffer.prototype, kind('ArrayBuffer', 'bytes', (buffer: ArrayBuffer) => structuredClone(buffer), itself)],
  // Its own bytes only: what it is a window on is mostly a pool that Node shares among buffers.
  [Buffer.prototype, kind('Buffer', 'bytes', (buffer: Buffer) => Buffer.from(buffer), itself)],
  ...[Boolean, Number, String, BigInt].map(
    (maker) =>
      [maker.prototype, kind(maker.name, 'nothing', (boxed) => Object(boxed.valueOf()) as object, itself)] as const,
  ),
  ...ERRORS.map((maker) => [maker.prototype, kind(maker.name, 'error', () => new maker())] as const),
  [AggregateError.prototype, kind('AggregateError', 'error', () => new AggregateError([]))],
  ...VIEWS.map((maker) => [maker.prototype, kind(maker.name, 'view', viewsMadeBy(maker))] as const),
])

const BY_NAME: ReadonlyMap<string, ValueKind> = new Map(
  [BARE, ...KINDS.values()].map((each) => [each.name, each] as const),
)

type RegExpParts = Pick<RegExp, 'source' | 'flags' | 'lastIndex'>

function partsOfRegExp({ source, flags, lastIndex }: RegExp): RegExpParts {
  return { source, flags, lastIndex }
}

function viewsMadeBy(maker: new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView) {
  return ({ buffer, byteOffset, length }: ViewSource) => new maker(buffer, byteOffset, length)
}

function copyRegExp(source: RegExpParts): RegExp {
  const copy = new RegExp(source.source, source.flags)
  copy.lastIndex = source.lastIndex
  return copy
}

/** Whether it is `Object.prototype`, if of another realm. */
function isRootPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'propertyIsEnumerable')
}

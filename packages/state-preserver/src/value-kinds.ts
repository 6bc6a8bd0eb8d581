// The kinds of values that a copy can keep, told by prototype, and what a copy of each begins with.
import { types } from 'node:util'

/** What is known of a kind of object. */
export interface ValueKind {
  /** A copy without what it holds: that is filled in later, so that circles can be closed. */
  begin(source: object): object
  /** Whether the copy also gets the properties that the source has as an object. */
  readonly hasProperties: boolean
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

const kind = <T extends object>(begin: (source: T) => object, hasProperties = true): ValueKind => ({
  begin: begin as (source: object) => object,
  hasProperties,
})

const PLAIN = kind(() => ({}))
const BARE = kind(() => Object.create(null) as object)

const ERRORS = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]

const KINDS = new Map<object, ValueKind>([
  [Object.prototype, PLAIN],
  [Array.prototype, kind(() => [])],
  [Map.prototype, kind(() => new Map())],
  [Set.prototype, kind(() => new Set())],
  [Date.prototype, kind((date: Date) => new Date(date.getTime()))],
  [RegExp.prototype, kind(copyRegExp)],
  [ArrayBuffer.prototype, kind((buffer: ArrayBuffer) => structuredClone(buffer))],
  // Its own bytes only: what it is a window on is mostly a pool that Node shares among buffers.
  [Buffer.prototype, kind((buffer: Buffer) => Buffer.from(buffer), false)],
  ...[Boolean, Number, String, BigInt].map(
    (maker) => [maker.prototype, kind((boxed) => Object(boxed.valueOf()) as object, false)] as const,
  ),
  ...ERRORS.map((maker) => [maker.prototype, kind(() => new maker())] as const),
  [AggregateError.prototype, kind(() => new AggregateError([]))],
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

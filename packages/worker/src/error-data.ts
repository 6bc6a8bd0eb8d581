// Errors as they cross: a structured clone alone would lose a class, a code and whatever else they carry.
import { types } from 'node:util'
import { HotReloadError, messageOf, PluginError, StatePreservationError } from '@cf-plugins/plugin-api'
import { type PartMaker, pack, unpack, type WirePart } from './wire-value.ts'

/** An error without its class. */
export interface ErrorData {
  readonly kind: string
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly cause?: Thrown
  readonly errors?: readonly Thrown[]
  /** Its own properties, as far as they can be cloned. */
  readonly properties?: Readonly<Record<string, unknown>>
  /** Errors that stand in those, such as in a list of failures. */
  readonly nested?: readonly WirePart[]
}

/** Anything that was thrown, in a form that can always be cloned. */
export type Thrown = { readonly error: ErrorData } | { readonly value: unknown }

/** How far causes of causes are followed: a cause may be the error itself. */
const DEEPEST = 8
const APART = new Set(['name', 'message', 'stack', 'cause', 'errors'])
const KINDS = { PluginError, HotReloadError, StatePreservationError }
const BUILT_IN = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }

/** What was thrown, for the other side. Never throws. */
export function packThrown(thrown: unknown, depth = 0): Thrown {
  try {
    if (isError(thrown)) return { error: errorData(thrown, depth) }
    if (isCloneable(thrown)) return { value: thrown }
  } catch {
    // A getter of it threw: its message is all that is left of it.
  }
  return { error: { kind: 'Error', name: 'Error', message: messageOf(thrown), stack: undefined } }
}

/** What was thrown on the other side, as an error of the class that it had where this side knows that. */
export function unpackThrown(thrown: Thrown): unknown {
  return 'error' in thrown ? fromData(thrown.error) : thrown.value
}

/** Whether a value is an error, of whatever realm. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value)
}

function errorData(error: Error, depth: number): ErrorData {
  const isDeep = depth >= DEEPEST
  const { properties, nested } = propertiesOf(error, isDeep ? undefined : depth + 1)
  const { errors } = error as Partial<AggregateError>
  return {
    kind: kindOf(error),
    name: String(error.name),
    message: String(error.message),
    stack: error.stack === undefined ? undefined : String(error.stack),
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(nested.length > 0 && { nested }),
    ...(Object.hasOwn(error, 'cause') && !isDeep && { cause: packThrown(error.cause, depth + 1) }),
    ...(Array.isArray(errors) && !isDeep && { errors: errors.map((each) => packThrown(each, depth + 1)) }),
  }
}

/** What can be cloned of an error's own, once errors are taken out of it. @param depth of those; nothing where they are too deep */
function propertiesOf(error: Error, depth: number | undefined) {
  const properties: Record<string, unknown> = {}
  const nested: WirePart[] = []
  const maker: PartMaker = {
    isOwn: () => false,
    isPart: isError,
    part: (value) => (isError(value) && depth !== undefined ? ['error', packThrown(value, depth)] : undefined),
  }
  for (const key of Object.keys(error)) {
    if (APART.has(key)) continue
    const { values, parts = [] } = pack([(error as unknown as Record<string, unknown>)[key]], maker)
    if (!isCloneable(values[0])) continue
    properties[key] = values[0]
    for (const [[, ...path], ...made] of parts) nested.push([[0, key, ...path], ...made])
  }
  return { properties, nested }
}

function kindOf(error: Error): string {
  if (error instanceof HotReloadError) return 'HotReloadError'
  if (error instanceof StatePreservationError) return 'StatePreservationError'
  if (error instanceof PluginError) return 'PluginError'
  if (error instanceof DOMException) return 'DOMException'
  if (error instanceof AggregateError) return 'AggregateError'
  for (const [kind, type] of Object.entries(BUILT_IN)) {
    if (kind !== 'Error' && error instanceof type) return kind
  }
  return 'Error'
}

function fromData(data: ErrorData): Error {
  const { stack, properties = {}, nested } = data
  unpack([properties], nested, (_kind, thrown) => unpackThrown(thrown as Thrown))
  const cause = data.cause && { cause: unpackThrown(data.cause) }
  const error = make(data, cause)
  const hasOwn = error instanceof PluginError || error instanceof DOMException
  if (!hasOwn) Object.assign(error, properties)
  // That of a class of which this side knows no more, too.
  if (error.name !== data.name) define(error, 'name', data.name)
  if (stack !== undefined) define(error, 'stack', stack)
  return error
}

function make(data: ErrorData, cause: { cause: unknown } | undefined): Error {
  const { kind, name, message, properties = {} } = data
  const errors = data.errors?.map(unpackThrown)
  if (kind in KINDS) {
    const { code, ...details } = properties
    return new KINDS[kind as keyof typeof KINDS](String(code), message, {
      ...details,
      ...cause,
      ...(errors && { errors }),
    })
  }
  if (kind === 'DOMException') return new DOMException(message, { name, ...cause })
  if (kind === 'AggregateError') return new AggregateError(errors ?? [], message, cause)
  const error = new (BUILT_IN[kind as keyof typeof BUILT_IN] ?? Error)(message, cause)
  if (errors) define(error, 'errors', errors)
  return error
}

function define(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false })
}

function isCloneable(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false
  if (typeof value !== 'object' || value === null) return true
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

// How values go into SQL and come out of it: the same for both drivers, which differ in dates, big numbers and arrays.
import pg from 'pg'

type Parser = (text: string) => unknown

const asIs: Parser = (text) => text
const json: Parser = (text) => JSON.parse(text)
const float: Parser = Number
/** Texts such as `2026-01-31 10:00:00+00`; what is no date, such as `infinity`, stays a text. */
const date =
  (zone: string): Parser =>
  (text) => {
    const parsed = new Date(`${text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')}${zone}`)
    return Number.isNaN(parsed.getTime()) ? text : parsed
  }
const bigint: Parser = (text) => {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}
const bytes: Parser = (text) => Uint8Array.from(Buffer.from(text.slice(2), 'hex'))

/** By the type's oid, and that of its array. What is not here is a text. */
const TYPES: readonly (readonly [number, number, Parser])[] = [
  [16, 1000, (text) => text === 't'],
  [17, 1001, bytes],
  [19, 1003, asIs],
  [20, 1016, bigint],
  [21, 1005, float],
  [23, 1007, float],
  [25, 1009, asIs],
  [26, 1028, float],
  [114, 199, json],
  [700, 1021, float],
  [701, 1022, float],
  [1042, 1014, asIs],
  [1043, 1015, asIs],
  [1082, 1182, asIs],
  [1114, 1115, date('Z')],
  [1184, 1185, date('')],
  [1700, 1231, asIs],
  [2950, 2951, asIs],
  [3802, 3807, json],
]

// The type names builtin types only, and the builtin arrays are not among them.
const parserOf = pg.types.getTypeParser as (oid: number) => (text: string) => unknown[]
const parseTexts = parserOf(1009)

function ofArray(parse: Parser): Parser {
  const each = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(each) : value === null ? null : parse(String(value))
  return (text) => each(parseTexts(text))
}

/** Parsers by oid, as PGlite takes them. */
export const parsers: Readonly<Record<number, Parser>> = Object.fromEntries(
  TYPES.flatMap(([oid, arrayOid, parse]) => [
    [oid, parse],
    [arrayOid, ofArray(parse)],
  ]),
)

/** Parsers as pg takes them. */
export const pgTypes = { getTypeParser: (oid: number): Parser => parsers[oid] ?? asIs }

/** A value as both drivers take it alike. */
export function toParameter(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value instanceof Uint8Array) return value
  // UTC, as dates are read: pg would take the process's zone.
  if (value instanceof Date) return value.toISOString()
  return Array.isArray(value) ? toArrayLiteral(value) : JSON.stringify(value)
}

function toArrayLiteral(values: readonly unknown[]): string {
  const elements = values.map((value) => {
    if (Array.isArray(value)) return toArrayLiteral(value)
    const parameter = toParameter(value)
    if (parameter === null) return 'NULL'
    const text = parameter instanceof Uint8Array ? `\\x${Buffer.from(parameter).toString('hex')}` : String(parameter)
    return `"${text.replace(/["\\]/g, '\\$&')}"`
  })
  return `{${elements.join(',')}}`
}

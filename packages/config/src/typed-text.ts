// What a text from the environment means, as the schema's types have it; or why it means nothing.
import type { JsonType } from './option-node.ts'

/** The value, or what it must be, to stand after the variable's name. Never has anything of the text in it. */
export type TypedText = { readonly value: unknown } | { readonly problem: string }

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/
/** As deep as files can be. */
const MAX_DEPTH = 64

/**
 * Reads a text by the types that its place can have. With one type, it is that or a problem. Where a text is one of several, it is another
 * type only if that would be written in just these characters: `8080` is a number then, `0777` and `1e3` are texts.
 *
 * @param types Empty where nothing is known: then it is a text
 */
export function typedText(text: string, types: ReadonlySet<JsonType>): TypedText {
  const canBeText = types.size === 0 || types.has('string')
  for (const type of ['null', 'boolean', 'integer', 'number', 'array', 'object'] as const) {
    if (!types.has(type)) continue
    const value = readers[type](text)
    if (value !== undefined && (!canBeText || isWrittenSo(value, text))) return { value }
  }
  if (canBeText) return { value: text }
  return { problem: `must be ${[...types].map((type) => WORDS[type]).join(', or ')}` }
}

/** What an unquoted text is where no schema tells: what JSON would write so, else a text. */
export function plainText(text: string): unknown {
  const typed = typedText(text, new Set<JsonType>(['string', 'number', 'boolean', 'null']))
  return 'value' in typed ? typed.value : text
}

const WORDS: Readonly<Record<JsonType, string>> = {
  string: 'a text',
  number: 'a number as JSON writes it: no leading zero, no sign but "-"',
  integer: 'a whole number as JSON writes it: no leading zero, no sign but "-", at most 9007199254740991',
  boolean: 'true or false',
  null: 'null',
  array: 'a list as JSON: ["one", "two"]',
  object: 'an object as JSON: {"key": "value"}',
}

const readers: Readonly<Record<Exclude<JsonType, 'string'>, (text: string) => unknown>> = {
  null: (text) => (text === 'null' ? null : undefined),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  integer: (text) => {
    const value = asNumber(text)
    return Number.isSafeInteger(value) ? value : undefined
  },
  number: asNumber,
  array: (text) => {
    const value = asJson(text)
    return Array.isArray(value) ? value : undefined
  },
  object: (text) => {
    const value = asJson(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  },
}

/** Only what is kept to the last digit: a whole number that is too large is none. */
function asNumber(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined
  const value = Number(text)
  if (!Number.isFinite(value)) return undefined
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : value
}

function asJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isSound(value, 0) ? value : undefined
  } catch {
    return undefined
  }
}

/** Not too deep, and without keys of the prototype chain. */
function isSound(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth >= MAX_DEPTH) return false
  return Object.entries(value).every(
    ([key, each]) => key !== '__proto__' && key !== 'constructor' && key !== 'prototype' && isSound(each, depth + 1),
  )
}

function isWrittenSo(value: unknown, text: string): boolean {
  return typeof value === 'object' && value !== null ? true : String(value) === text
}

// Writes a module's code with its edits, each token on the line that it has in the file, and the source map of it.
import { encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec'
import { type Token, tokTypes } from 'acorn'
import { LINE_BREAK, type Positions } from './positions.ts'

/** Text in place of `start` to `end`; an insertion where they are equal. Never inside a token. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

export interface EmitInput {
  readonly code: string
  readonly tokens: readonly Token[]
  readonly edits: readonly Edit[]
  readonly positions: Positions
  /** Goes before the code, on its first line. */
  readonly prefix: string
}

/** Writes `input.code` with its edits applied. */
export function emit(input: EmitInput): { text: string; mappings: string } {
  const { code, tokens, edits } = input
  const writer = new Writer(input.prefix)
  const { positions } = input
  const mayLookLikeComment = code.includes('<!--') || code.includes('-->')
  let previousEnd = 0
  let skipTo = 0
  let nextEdit = 0
  let previous: Token | undefined

  const applyEdits = (before: number): void => {
    for (let edit = edits[nextEdit]; edit && edit.start < before; edit = edits[++nextEdit]) {
      writer.write(positions.transformed ? edit.text : edit.text + blanksOf(code, edit))
      skipTo = Math.max(skipTo, edit.end)
      previousEnd = Math.max(previousEnd, edit.end)
    }
  }

  for (const token of tokens) {
    if (token.type === tokTypes.eof) break
    if (token.end <= skipTo && token.start < skipTo) continue
    applyEdits(token.start)
    if (token.start < skipTo) continue
    const origin = positions.exactly(token.start)
    if (positions.transformed) {
      const gap = token.start > previousEnd ? ' ' : ''
      if (origin && origin.line > writer.line && mayBreakBefore(token, previous, code))
        writer.goTo(origin.line, origin.column)
      else writer.write(gap)
      if (origin) writer.mark(origin.line, origin.column)
    } else {
      writer.write(gapOf(code, previousEnd, token.start))
      if (origin) writer.mark(origin.line, origin.column)
    }
    applyEdits(token.start + 1)
    previous = token
    if (token.start < skipTo) continue
    // Operators in a module, but comments in what `eval` runs.
    if (mayLookLikeComment && /(?:<!|--)$/.test(writer.text) && /^(?:--|>)/.test(code.slice(token.start)))
      writer.write(' ')
    writer.write(code.slice(token.start, token.end))
    previousEnd = token.end
  }
  applyEdits(Number.POSITIVE_INFINITY)
  return { text: writer.text, mappings: encode(writer.mappings) }
}

/** Text that knows its own line and column, and what it maps to. Lines and columns from 0. */
class Writer {
  text = ''
  line = 0
  readonly mappings: SourceMapSegment[][] = [[]]
  #column = 0
  #marked: { line: number; delta: number } | undefined

  constructor(prefix: string) {
    this.write(prefix)
  }

  write(text: string): void {
    this.text += text
    let last = -1
    for (const match of text.matchAll(LINE_BREAK)) {
      last = match.index + match[0].length
      this.line++
      this.mappings.push([])
      this.#marked = undefined
    }
    this.#column = last < 0 ? this.#column + text.length : text.length - last
  }

  goTo(line: number, column: number): void {
    this.write('\n'.repeat(line - this.line) + ' '.repeat(column))
  }

  /** What follows came from this place. Says nothing where that is what a reader of the map would think anyway. */
  mark(line: number, column: number): void {
    const delta = this.#column - column
    if (this.#marked?.line === line && this.#marked.delta === delta) return
    this.#marked = { line, delta }
    this.mappings[this.line]?.push([this.#column, 0, line, column])
  }
}

/** What stands between two tokens of a file; its `#!` line and nothing else made a comment would be an error. */
function gapOf(code: string, from: number, to: number): string {
  const gap = code.slice(from, to)
  return from === 0 && gap.startsWith('#!') ? `//${gap.slice(2)}` : gap
}

/** Line breaks of what an edit takes away, and columns if it takes all, so that everything after it stays where it is. */
function blanksOf(code: string, edit: Edit): string {
  if (edit.end === edit.start) return ''
  const blank = KEEPS_PLACE.test(edit.text) ? ' ' : ''
  return code.slice(edit.start + edit.text.length * blank.length, edit.end).replace(/[^\n\r\u2028\u2029]/g, blank)
}

/** An edit that takes a statement or keyword away, not one that writes another name in its place. */
const KEEPS_PLACE = /^;?$/

/** Whether a line break before `token` changes nothing: not inside a template, and not where JavaScript reads one as a semicolon. */
function mayBreakBefore(token: Token, previous: Token | undefined, code: string): boolean {
  if (!previous) return true
  if (token.type === tokTypes.template || previous.type === tokTypes.template) return false
  if (token.type === tokTypes.arrow || token.type === tokTypes.incDec) return false
  return !RESTRICTED.has(code.slice(previous.start, previous.end))
}

const RESTRICTED = new Set([
  'return',
  'throw',
  'break',
  'continue',
  'yield',
  'async',
  'get',
  'set',
  'static',
  'accessor',
])

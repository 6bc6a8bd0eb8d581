// Writes a module's code with its edits, each token on the line that it has in the file, and the source map of it.
import { encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec'
import { type Token, tokTypes } from 'acorn'
import type { Place } from './mappings.ts'
import type { Positions } from './positions.ts'

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
  const writer = new Writer(code, input.prefix)
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
    if (!positions.transformed) writeGap(writer, code, previousEnd, token.start)
    else if (origin && origin.line > writer.line && mayBreakBefore(token, previous, code)) writer.goTo(origin)
    else if (code[previousEnd] === ' ' && token.start === previousEnd + 1) writer.copy(previousEnd, token.start)
    else if (token.start > previousEnd) writer.write(' ')
    if (origin) writer.mark(origin)
    applyEdits(token.start + 1)
    previous = token
    if (token.start < skipTo) continue
    // Operators in a module, but comments in what `eval` runs.
    if (mayLookLikeComment && looksLikeComment(writer, code.slice(token.start, token.start + 2))) writer.write(' ')
    writer.copy(token.start, token.end)
    previousEnd = token.end
  }
  applyEdits(Number.POSITIVE_INFINITY)
  return { text: writer.text, mappings: encode(writer.mappings) }
}

/** Text that knows its own line and column, and what it maps to. Lines and columns from 0. */
class Writer {
  line = 0
  readonly mappings: SourceMapSegment[][] = [[]]
  readonly #code: string
  /** What was written, but for the range of the code that is to be copied next: long pieces rather than tokens. */
  #text = ''
  #copyFrom = 0
  #copyTo = 0
  #column = 0
  #markedLine = -1
  #markedDelta = 0

  constructor(code: string, prefix: string) {
    this.#code = code
    this.write(prefix)
  }

  get text(): string {
    this.#flush()
    return this.#text
  }

  write(text: string): void {
    if (text === '') return
    this.#flush()
    this.#text += text
    this.#advance(text, 0, text.length)
  }

  /** Writes a range of the code. */
  copy(from: number, to: number): void {
    if (from >= to) return
    if (from !== this.#copyTo) {
      this.#flush()
      this.#copyFrom = from
    }
    this.#copyTo = to
    this.#advance(this.#code, from, to)
  }

  #flush(): void {
    if (this.#copyFrom < this.#copyTo) this.#text += this.#code.slice(this.#copyFrom, this.#copyTo)
    this.#copyFrom = this.#copyTo = -1
  }

  #advance(text: string, from: number, to: number): void {
    let lineStart = from
    for (let index = from; index < to; index++) {
      const code = text.charCodeAt(index)
      if (code > 13 && code < 0x2028) continue
      if (code !== 10 && code !== 0x2028 && code !== 0x2029 && !(code === 13 && text.charCodeAt(index + 1) !== 10))
        continue
      lineStart = index + 1
      this.line++
      this.mappings.push([])
      this.#markedLine = -1
    }
    this.#column = lineStart === from ? this.#column + to - from : to - lineStart
  }

  goTo({ line, column }: Place): void {
    this.write('\n'.repeat(line - this.line) + ' '.repeat(column))
  }

  /** What follows came from this place. Says nothing where that is what a reader of the map would think anyway. */
  mark({ line, column }: Place): void {
    const delta = this.#column - column
    if (this.#markedLine === line && this.#markedDelta === delta) return
    this.#markedLine = line
    this.#markedDelta = delta
    this.mappings[this.line]?.push([this.#column, 0, line, column])
  }
}

function looksLikeComment(writer: Writer, next: string): boolean {
  return (next === '--' && writer.text.endsWith('<!')) || (next.startsWith('>') && writer.text.endsWith('--'))
}

/** What stands between two tokens of a file; its `#!` line and nothing else made a comment would be an error. */
function writeGap(writer: Writer, code: string, from: number, to: number): void {
  if (from === 0 && code.startsWith('#!')) writer.write(`//${code.slice(2, to)}`)
  else writer.copy(from, to)
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

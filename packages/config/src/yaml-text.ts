// From a YAML text to its one document, or to what is wrong with it: guarded before anything in it is followed.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files that are read have such placeholders
import {
  Composer,
  type Document,
  type ErrorCode,
  Lexer,
  LineCounter,
  Parser,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml'
import type { ConfigPosition, ConfigProblem } from './config-problem.ts'

/** Deeper than any configuration; the composer calls itself for every level, and ran out of stack at 820. */
export const MAX_DEPTH = 64
/** Some 10,000 lines; the worst of them take a second to read. */
export const MAX_TOKENS = 100_000
/** More are not read by anybody. */
const MAX_PROBLEMS = 20

/** Where an offset of a file is. */
export type PositionOf = (offset: number) => ConfigPosition

export interface YamlText {
  /** Absent where the text is not to be used. */
  readonly document?: Document.Parsed
  readonly positionOf: PositionOf
  readonly problems: readonly ConfigProblem[]
}

/** Reads one document. Nothing in it is run, and an alias is not followed yet. Never throws. */
export function readYaml(text: string, file: string, plugin?: string): YamlText {
  const lines = new LineCounter()
  const positionOf: PositionOf = (offset) => {
    const { line, col } = lines.linePos(Math.min(Math.max(offset, 0), text.length))
    return { file, line, column: col }
  }
  const problemAt = (offset: number, code: ConfigProblem['code'], message: string): ConfigProblem => ({
    code,
    severity: 'error',
    plugin,
    path: '',
    message,
    ...positionOf(offset),
  })
  lines.addNewLine(0)
  const parser = new Parser(lines.addNewLine)
  const tokens = []
  let count = 0
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    count++
    if (parser.stack.length > MAX_DEPTH || count > MAX_TOKENS) {
      const what = count > MAX_TOKENS ? `has more than ${MAX_TOKENS} parts` : `nests more than ${MAX_DEPTH} levels deep`
      return { positionOf, problems: [problemAt(parser.offset - 1, 'CFP_CONFIG_LIMIT', `the file ${what} here`)] }
    }
  }
  tokens.push(...parser.end())
  const composer = new Composer({
    version: '1.2',
    prettyErrors: false,
    // Checked where the keys are read, in linear time.
    uniqueKeys: false,
    // `!!binary` and its like are not what a schema can speak of.
    resolveKnownTags: false,
  })
  const documents = [...composer.compose(tokens, true, text.length)] as Document.Parsed[]
  const [document] = documents
  const found = new OnePerLine(positionOf)
  for (const { errors, warnings } of documents) {
    for (const each of [...errors, ...warnings]) {
      const offset = each.pos[0]
      found.add(offset, () => problemAt(offset, 'CFP_CONFIG_SYNTAX', messageFor(each, text, offset)))
    }
  }
  const second = documents[1]
  if (second) {
    found.add(second.range[0], () =>
      problemAt(
        second.range[0],
        'CFP_CONFIG_SYNTAX',
        'a second document begins here: a file has one, so remove the "---"',
      ),
    )
  }
  if (document?.directives.yaml.explicit && document.directives.yaml.version !== '1.2') {
    found.add(0, () => problemAt(0, 'CFP_CONFIG_SYNTAX', 'only YAML 1.2 is read: remove the %YAML line'))
  }
  const problems = found.sorted()
  return { ...(problems.length === 0 && document && { document }), positionOf, problems }
}

/** What is wrong is told once a line: the rest follows from it. */
class OnePerLine {
  readonly #positionOf: PositionOf
  readonly #byLine = new Map<number, ConfigProblem>()

  constructor(positionOf: PositionOf) {
    this.#positionOf = positionOf
  }

  add(offset: number, problem: () => ConfigProblem): void {
    const { line = 0 } = this.#positionOf(offset)
    if (this.#byLine.size < MAX_PROBLEMS && !this.#byLine.has(line)) this.#byLine.set(line, problem())
  }

  sorted(): ConfigProblem[] {
    return [...this.#byLine.values()].sort((one, other) => (one.line ?? 0) - (other.line ?? 0))
  }
}

/** What is said in the place of the library's words, where those repeat the text: it may be a secret. */
const OWN_WORDS: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'a tab is not allowed as indentation: use spaces',
  TAG_RESOLVE_FAILED: 'a tag (!...) that is not known: write a plain value',
  BAD_COLLECTION_TYPE: 'a tag (!...) that does not fit what it stands before: write a plain value',
  UNEXPECTED_TOKEN: 'what stands here is not YAML',
  BAD_DQ_ESCAPE:
    'a backslash in double quotes begins an escape sequence, and this is none: write \\\\, or use single quotes',
  BAD_DIRECTIVE: 'a line that begins with % is a directive, and this is none that is known',
}

function messageFor({ code, message }: YAMLParseError | YAMLWarning, text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  const line = text.slice(start, end < 0 ? text.length : end)
  const hint = line.includes('${') ? '; inside [ ] and { }, a value with ${...} must be in quotes' : ''
  return `${OWN_WORDS[code] ?? message}${hint}`
}

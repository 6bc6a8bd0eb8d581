// Parses a plugin's JavaScript and says which module system it is written for.
import { type Options, type Program, parse, type Token } from 'acorn'
import { LoadProblem } from './load-problem.ts'
import type { Positions } from './positions.ts'

export interface Parsed {
  readonly kind: 'esm' | 'commonjs'
  readonly program: Program
  readonly tokens: readonly Token[]
}

/** What a file's name and its `package.json` say; `detect` leaves it to the syntax, as Node does. */
export type ModuleSystem = 'esm' | 'commonjs' | 'detect'

/** @throws LoadProblem `CFP_SYNTAX` with line and column */
export function parseModule(code: string, system: ModuleSystem, file: string, positions: Positions): Parsed {
  try {
    if (system === 'commonjs') return parseAs('commonjs', code)
    const parsed = parseAs('esm', code)
    return system === 'detect' && !hasModuleSyntax(code, parsed.program) ? parseAs('commonjs', code) : parsed
  } catch (error) {
    if (system === 'detect') {
      try {
        return parseAs('commonjs', code)
      } catch {
        // Its error would be about the wrong language.
      }
    }
    if (!(error instanceof SyntaxError) || !('pos' in error) || typeof error.pos !== 'number') throw error
    const reason = error.message.replace(/ \(\d+:\d+\)$/, '')
    throw new LoadProblem('CFP_SYNTAX', reason, { file, ...positions.near(error.pos) }, error)
  }
}

function parseAs(kind: 'esm' | 'commonjs', code: string): Parsed {
  const tokens: Token[] = []
  const options: Options = { ecmaVersion: 'latest', onToken: tokens }
  const program =
    kind === 'esm'
      ? parse(code, { ...options, sourceType: 'module' })
      : parse(code, { ...options, sourceType: 'script', allowReturnOutsideFunction: true })
  return { kind, program, tokens }
}

/** Import and export declarations, `import.meta` or a top-level await. */
function hasModuleSyntax(code: string, program: Program): boolean {
  if (program.body.some(({ type }) => /^(?:Import|Export)/.test(type))) return true
  if (!/\bimport\s*\.\s*meta\b|\bawait\b/.test(code)) return false
  try {
    parseAs('commonjs', code)
    return false
  } catch {
    return true
  }
}

// Plugins on disk for the benches: the same in TypeScript, for us and Vite, and in JavaScript, for Node itself.
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Language = 'ts' | 'js'

export function temporaryFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'cf-bench-')))
}

/** One plugin of `files` files in a folder of its own: an index, helpers that import one another in a tree, 1.7 KB each. */
export function writePlugin(
  folder: string,
  name: string,
  files: number,
  language: Language,
): { entry: string; edit: (n: number) => void } {
  mkdirSync(folder, { recursive: true })
  const leaf = files - 1
  for (let index = 1; index < files; index++)
    writeFileSync(join(folder, `m${index}.${language}`), helper(index, files, language, 0))
  const entry = join(folder, `index.${language}`)
  const index = (n: number): string => `${importsOf(0, files, language)}
export const PLUGIN_META = { name: '${name}', version: '1.0.0' }
export const value = ${n} + ${callsOf(0, files)}
export const register = () => ({ value })
`
  writeFileSync(entry, index(0))
  const edit = (n: number): void =>
    writeFileSync(
      leaf === 0 ? entry : join(folder, `m${leaf}.${language}`),
      leaf === 0 ? index(n) : helper(leaf, files, language, n),
    )
  return { entry, edit }
}

function helper(index: number, files: number, language: Language, n: number): string {
  const typed = language === 'ts'
  const functions = Array.from({ length: 8 }, (_, f) => {
    const parameters = typed ? `(options: Options${index}, list: readonly number[]): number` : '(options, list)'
    return `export function work${f}${parameters} {
  let sum = options.start ?? ${f}
  for (const one of list) sum += one * ${f + 1} - (options.label?.length ?? 0)
  return sum
}`
  })
  return `${importsOf(index, files, language)}
${typed ? `export interface Options${index} { start?: number; label?: string }\n` : ''}
${functions.join('\n\n')}

export function value${index}()${typed ? ': number' : ''} { return ${n} + ${callsOf(index, files)} }
`
}

/** Children of a node of a tree with three branches. */
function childrenOf(index: number, files: number): number[] {
  return [1, 2, 3].map((branch) => index * 3 + branch).filter((child) => child < files)
}

function importsOf(index: number, files: number, language: Language): string {
  return childrenOf(index, files)
    .map((child) => `import { value${child} } from './m${child}.${language}'`)
    .join('\n')
}

function callsOf(index: number, files: number): string {
  return (
    childrenOf(index, files)
      .map((child) => `value${child}()`)
      .join(' + ') || '0'
  )
}

// Plugins on disk for the benches.
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function temporaryFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'cf-bench-')))
}

/** One plugin of `files` TypeScript files: an index, helpers that import one another in a tree, 1.7 KB each. `edit` writes the leaf anew. */
export function writePlugin(
  folder: string,
  name: string,
  files: number,
): { entry: string; leaf: string; edit: (n: number) => void } {
  mkdirSync(folder, { recursive: true })
  const last = files - 1
  for (let index = 1; index < files; index++) writeFileSync(join(folder, `m${index}.ts`), helper(index, files, 0))
  const entry = join(folder, 'index.ts')
  const leaf = join(folder, `m${last}.ts`)
  writeFileSync(
    entry,
    `${importsOf(0, files)}
export const PLUGIN_META = { name: '${name}', version: '1.0.0' }
export const value: number = ${callsOf(0, files)}
export const register = () => ({ value })
`,
  )
  return { entry, leaf, edit: (n) => writeFileSync(leaf, helper(last, files, n)) }
}

function helper(index: number, files: number, n: number): string {
  const functions = Array.from(
    { length: 8 },
    (_, f) => `export function work${f}(options: Options${index}, list: readonly number[]): number {
  let sum = options.start ?? ${f}
  for (const one of list) sum += one * ${f + 1} - (options.label?.length ?? 0)
  return sum
}`,
  )
  return `${importsOf(index, files)}
export interface Options${index} { start?: number; label?: string }

${functions.join('\n\n')}

export function value${index}(): number { return ${n} + ${callsOf(index, files)} }
`
}

/** Children of a node of a tree with three branches. */
function childrenOf(index: number, files: number): number[] {
  return [1, 2, 3].map((branch) => index * 3 + branch).filter((child) => child < files)
}

function importsOf(index: number, files: number): string {
  return childrenOf(index, files)
    .map((child) => `import { value${child} } from './m${child}.ts'`)
    .join('\n')
}

function callsOf(index: number, files: number): string {
  return (
    childrenOf(index, files)
      .map((child) => `value${child}()`)
      .join(' + ') || '0'
  )
}

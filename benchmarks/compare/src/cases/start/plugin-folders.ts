// Folders of plugins on disk: the same in TypeScript, and in JavaScript for Node itself.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Language = 'ts' | 'js'

/** A folder with plugins in it. */
export interface PluginFolder {
  /** Holds `plugins`, and what else its contender needs. */
  readonly home: string
  /** Holds the plugins, and nothing else. */
  readonly plugins: string
  readonly entries: readonly string[]
  remove(): void
}

/** Branches of the tree in which the files of a plugin import one another. */
const BRANCHES = 3

/** Writes so many plugins, each a folder of `files` files: an index, and helpers of 1.5 KB. */
export function pluginsOfFiles(count: number, files: number, language: Language): PluginFolder {
  return written(count, (plugins, name) => {
    const folder = join(plugins, name)
    mkdirSync(folder)
    for (let index = 1; index < files; index++)
      writeFileSync(join(folder, `m${index}.${language}`), helper(index, files, language))
    return entry(join(folder, `index.${language}`), name, importsOf(0, files, language), callsOf(0, files))
  })
}

/** Writes so many plugins, each one small file in the same folder. */
export function smallPlugins(count: number, language: Language): PluginFolder {
  const typed = language === 'ts'
  return written(count, (plugins, name) =>
    entry(
      join(plugins, `${name}.${language}`),
      name,
      `const greet = (whom${typed ? ': string' : ''})${typed ? ': string' : ''} => \`hello \${whom}\``,
      'greet(PLUGIN_META.name).length',
    ),
  )
}

function written(count: number, write: (plugins: string, name: string) => string): PluginFolder {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'cf-bench-start-')))
  const plugins = join(home, 'plugins')
  mkdirSync(plugins)
  writeFileSync(join(home, 'package.json'), '{ "type": "module" }')
  const entries = Array.from({ length: count }, (_, index) => write(plugins, `p${index}`))
  return { home, plugins, entries, remove: () => rmSync(home, { recursive: true, force: true }) }
}

function entry(file: string, name: string, before: string, value: string): string {
  writeFileSync(
    file,
    `${before}
export const PLUGIN_META = { name: '${name}', version: '1.0.0' }
export const value = ${value}
export const register = () => ({ value })
`,
  )
  return file
}

function helper(index: number, files: number, language: Language): string {
  const typed = language === 'ts'
  const functions = Array.from({ length: 8 }, (_, number) => {
    const parameters = typed ? `(options: Options${index}, list: readonly number[]): number` : '(options, list)'
    return `export function work${number}${parameters} {
  let sum = options.start ?? ${number}
  for (const one of list) sum += one * ${number + 1} - (options.label?.length ?? 0)
  return sum
}`
  })
  return `${importsOf(index, files, language)}
${typed ? `export interface Options${index} { start?: number; label?: string }\n` : ''}
${functions.join('\n\n')}

export function value${index}()${typed ? ': number' : ''} { return ${callsOf(index, files)} }
`
}

function childrenOf(index: number, files: number): number[] {
  return Array.from({ length: BRANCHES }, (_, branch) => index * BRANCHES + branch + 1).filter((child) => child < files)
}

function importsOf(index: number, files: number, language: Language): string {
  return childrenOf(index, files)
    .map((child) => `import { value${child} } from './m${child}.${language}'`)
    .join('\n')
}

function callsOf(index: number, files: number): string {
  const calls = childrenOf(index, files).map((child) => `value${child}()`)
  return [...calls, index].join(' + ')
}

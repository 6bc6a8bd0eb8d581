// A plugin of ordinary size on disk, whose leaf is edited: the number of the last edit comes up through it to the entry.
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How an editor saves: into the file, or into another that it then renames over it. */
export type Save = 'atomic' | 'in place'

export type Language = 'ts' | 'js'

/** A plugin that can be edited. */
export interface EditedPlugin {
  /** Holds nothing but the plugin and a `package.json`. */
  readonly folder: string
  readonly entry: string
  /** The file that is edited; of a plugin of one file, the entry. */
  readonly leaf: string
  /** Saves the leaf with the number of this edit in it. */
  edit(edit: number, save: Save): void
}

/** What is written. */
export interface PluginText {
  readonly files: number
  /** @default JavaScript */
  readonly language?: Language
  /** Name of the entry, without its ending. @default main */
  readonly main?: string
  /** Makes the end of the entry of an expression that gives the number of the last edit. */
  readonly entry: (edit: string) => string
}

/** Modules that one module imports, in a plugin with so many. */
const BRANCHES = 3

/** Writes a plugin of files of 1.5 KB, which import one another in a tree. */
export function writePlugin(
  folder: string,
  { files, language = 'js', main = 'main', entry }: PluginText,
): EditedPlugin {
  mkdirSync(folder, { recursive: true })
  const nameOf = (index: number) => (index === 0 ? `${main}.${language}` : `_m${index}.${language}`)
  const leaf = files - 1
  const text = (index: number, edit: number) => {
    const below = [1, 2, 3].map((branch) => index * BRANCHES + branch).filter((child) => child < files)
    const imports = below.map((child) => `import { value${child} } from './${nameOf(child)}'\n`).join('')
    const sum = [...below.map((child) => `value${child}`), index === leaf ? edit : 0].join(' + ')
    const value = `export const value${index}${language === 'ts' ? ': number' : ''} = ${sum}\n`
    return `${imports}${value}${padding[language]}${index === 0 ? entry('value0') : ''}`
  }
  for (let index = 0; index < files; index++) writeFileSync(join(folder, nameOf(index)), text(index, 0))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const file = join(folder, nameOf(leaf))
  return {
    folder,
    entry: join(folder, nameOf(0)),
    leaf: file,
    edit(edit, save) {
      if (save === 'in place') return writeFileSync(file, text(leaf, edit))
      writeFileSync(`${file}.tmp`, text(leaf, edit))
      renameSync(`${file}.tmp`, file)
    },
  }
}

/** A folder that is gone when the process ends. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cf-bench-reload-')))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const padding: Readonly<Record<Language, string>> = { ts: paddingOf('ts'), js: paddingOf('js') }

function paddingOf(language: Language): string {
  const parameters = language === 'ts' ? '(options: WorkOptions, list: readonly number[]): number' : '(options, list)'
  const functions = Array.from(
    { length: 8 },
    (_, index) => `
export function work${index}${parameters} {
  let sum = options.start ?? ${index}
  for (const one of list) sum += one * ${index + 1} - (options.label?.length ?? 0)
  return sum
}
`,
  )
  const types = language === 'ts' ? '\nexport interface WorkOptions {\n  start?: number\n  label?: string\n}\n' : ''
  return `${types}${functions.join('')}`
}

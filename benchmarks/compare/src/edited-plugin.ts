// A plugin of ordinary size on disk, whose leaf is edited: the number of the last edit comes up through it to the entry.
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How an editor saves: into the file, or into another that it then renames over it. */
export type Save = 'atomic' | 'in place'

/** A plugin that can be edited. */
export interface EditedPlugin {
  /** Holds nothing but the plugin and a `package.json`. */
  readonly folder: string
  readonly entry: string
  /** Saves the leaf with the number of this edit in it. */
  edit(edit: number, save: Save): void
}

/** Modules that one module imports, in a plugin with so many. */
const BRANCHES = 3

/**
 * Writes a plugin of `files` JavaScript files of 1.5 KB, which import one another in a tree.
 *
 * @param entry makes the end of the entry of an expression that gives the number of the last edit
 */
export function writePlugin(folder: string, files: number, entry: (edit: string) => string): EditedPlugin {
  mkdirSync(folder, { recursive: true })
  const fileOf = (index: number) => join(folder, index === 0 ? 'main.js' : `_m${index}.js`)
  const leaf = files - 1
  const text = (index: number, edit: number) => {
    const below = [1, 2, 3].map((branch) => index * BRANCHES + branch).filter((child) => child < files)
    const imports = below.map((child) => `import { value${child} } from './_m${child}.js'\n`).join('')
    const value = `export const value${index} = ${[...below.map((child) => `value${child}`), index === leaf ? edit : 0].join(' + ')}\n`
    return `${imports}${value}${padding}${index === 0 ? entry('value0') : ''}`
  }
  for (let index = 0; index < files; index++) writeFileSync(fileOf(index), text(index, 0))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return {
    folder,
    entry: fileOf(0),
    edit(edit, save) {
      const file = fileOf(leaf)
      if (save === 'in place') return writeFileSync(file, text(leaf, edit))
      writeFileSync(`${file}.tmp`, text(leaf, edit))
      renameSync(`${file}.tmp`, file)
    },
  }
}

/** A folder that is gone when the process ends. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cf-bench-compare-')))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const padding = Array.from(
  { length: 8 },
  (_, index) => `
export function work${index}(options, list) {
  let sum = options.start ?? ${index}
  for (const one of list) sum += one * ${index + 1} - (options.label?.length ?? 0)
  return sum
}
`,
).join('')

// Plugins of one file and of many, in a folder of their own, and how they are saved.
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A plugin whose last file has the number of the last edit in it, and brings it up through all the others. */
export interface EditablePlugin {
  readonly folder: string
  readonly entry: string
  /** The text of the file that is edited, and where it is. */
  leaf(edit: number): { readonly file: string; readonly text: string }
}

const home = realpathSync(mkdtempSync(join(tmpdir(), 'cf-hot-reload-bench-')))
process.once('exit', () => rmSync(home, { recursive: true, force: true }))

/** An empty folder that is gone when the process ends. */
export function emptyFolder(name: string): string {
  const folder = join(home, name)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Writes a plugin of `files` files; `wrap` makes the entry's code of an expression that gives the edit's number. */
export function writePlugin(name: string, files: number, wrap: (value: string) => string): EditablePlugin {
  const folder = emptyFolder(name)
  const fileOf = (index: number) => join(folder, index === 0 ? 'main.js' : `_m${index}.js`)
  const padding = '// a line of a plugin of ordinary size\n'.repeat(20)
  const text = (index: number, edit: number) => {
    const isLeaf = index === files - 1
    const below = isLeaf ? '' : `import { value as below } from './_m${index + 1}.js'\n`
    const value = isLeaf ? String(edit) : 'below'
    return `${below}${index === 0 ? wrap(value) : `export const value = ${value}\n`}${padding}`
  }
  for (let index = 0; index < files; index++) writeFileSync(fileOf(index), text(index, 0))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return {
    folder,
    entry: fileOf(0),
    leaf: (edit) => ({ file: fileOf(files - 1), text: text(files - 1, edit) }),
  }
}

/** Saves as an editor does that writes another file and renames it. */
export function saveAtomically({ file, text }: { readonly file: string; readonly text: string }): void {
  writeFileSync(`${file}.tmp`, text)
  renameSync(`${file}.tmp`, file)
}

/** Saves as an editor does that writes into the file. */
export function saveInPlace({ file, text }: { readonly file: string; readonly text: string }): void {
  writeFileSync(file, text)
}

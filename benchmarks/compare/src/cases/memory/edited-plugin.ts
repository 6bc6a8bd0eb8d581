// A plugin of five files whose leaf is edited again and again, for those who load it anew each time.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A plugin that can be edited. */
export interface EditedPlugin {
  /** Holds the folder of the plugins. */
  readonly home: string
  readonly plugins: string
  readonly entry: string
  /** The file that is edited. */
  readonly edited: string
  /** Puts the number of this edit into it. */
  edit(edit: number): void
  remove(): void
}

const HELPERS = 4

/** @param editsEntry whether the entry itself is what is edited, instead of a helper that it imports */
export function editedPlugin({ editsEntry = false } = {}): EditedPlugin {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'cf-bench-memory-')))
  const plugins = join(home, 'plugins')
  mkdirSync(join(plugins, 'edited'), { recursive: true })
  writeFileSync(join(home, 'package.json'), '{ "name": "host", "version": "1.0.0", "type": "module" }')
  const fileOf = (helper: number) => join(plugins, 'edited', `m${helper}.js`)
  const entry = join(plugins, 'edited', 'index.js')
  const helper = (number: number, edit: number) => `export const value${number} = ${edit}\n${functions}`
  const index = (
    edit: number,
  ) => `${numbers.map((number) => `import { value${number} } from './m${number}.js'\n`).join('')}
export const PLUGIN_META = { name: 'edited', version: '1.0.0' }
export const edit = ${edit} + ${numbers.map((number) => `value${number}`).join(' + ')}
export const register = () => ({ edit })
${functions}`
  for (const number of numbers) writeFileSync(fileOf(number), helper(number, 0))
  writeFileSync(entry, index(0))
  const edited = editsEntry ? entry : fileOf(HELPERS)
  return {
    home,
    plugins,
    entry,
    edited,
    edit: (edit) => writeFileSync(edited, editsEntry ? index(edit) : helper(HELPERS, edit)),
    remove: () => rmSync(home, { recursive: true, force: true }),
  }
}

const numbers = Array.from({ length: HELPERS }, (_, index) => index + 1)

const functions = Array.from(
  { length: 8 },
  (_, number) => `
export function work${number}(options, list) {
  let sum = options.start ?? ${number}
  for (const one of list) sum += one * ${number + 1} - (options.label?.length ?? 0)
  return sum
}
`,
).join('')

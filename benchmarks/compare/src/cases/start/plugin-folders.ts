// Folders of plugins on disk: the same in TypeScript, and in JavaScript for Node itself.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Language, temporaryFolder, writePlugin } from '../reload/edited-plugin.ts'

/** A folder with plugins in it. */
export interface PluginFolder {
  /** Holds `plugins`, and what else its contender needs. */
  readonly home: string
  /** Holds the plugins, and nothing else. */
  readonly plugins: string
  readonly entries: readonly string[]
}

/** Writes so many plugins, each a folder of `files` files of 1.5 KB. */
export function pluginsOfFiles(count: number, files: number, language: Language): PluginFolder {
  return written(
    count,
    (plugins, name) =>
      writePlugin(join(plugins, name), {
        files,
        language,
        main: 'index',
        entry: (edit) => pluginOf(name, edit),
      }).entry,
  )
}

/** Writes so many plugins, each one small file in the same folder. */
export function smallPlugins(count: number, language: Language): PluginFolder {
  const type = language === 'ts' ? ': string' : ''
  const greet = `const greet = (whom${type})${type} => \`hello \${whom}\`\n`
  return written(count, (plugins, name) => {
    const file = join(plugins, `${name}.${language}`)
    writeFileSync(file, `${greet}${pluginOf(name, `greet('${name}')`)}`)
    return file
  })
}

function written(count: number, write: (plugins: string, name: string) => string): PluginFolder {
  const home = temporaryFolder()
  const plugins = join(home, 'plugins')
  mkdirSync(plugins)
  writeFileSync(join(home, 'package.json'), '{ "type": "module" }')
  return { home, plugins, entries: Array.from({ length: count }, (_, index) => write(plugins, `p${index}`)) }
}

function pluginOf(name: string, value: string): string {
  return `export const PLUGIN_META = { name: '${name}', version: '1.0.0' }
export const register = () => ({ value: ${value} })
`
}

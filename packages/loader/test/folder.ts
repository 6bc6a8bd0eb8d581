// Folders of real files for tests.
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PluginLoader, type PluginLoaderOptions } from '../src/index.ts'

/** Writes files, by their path in a new temporary folder, and gives the folder. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cf-loader-')))
  write(folder, files)
  return folder
}

export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/** A loader that sees nothing but `folder`. */
export function loaderFor(folder: string, options: PluginLoaderOptions = {}): PluginLoader {
  return new PluginLoader({ cacheFolder: false, env: {}, paths: [folder], ...options })
}

/** The smallest plugin, and `more` before it. */
export function pluginText(name: string, more = ''): string {
  return `${more}
export const PLUGIN_META = { name: '${name}', version: '1.0.0' }
export const register = () => ({})
`
}

// A copy of the plugins that may be edited, each with the stamp that tells its version.

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Configuration, TOKEN_TTL } from './configuration.ts'
import { PluginFile } from './plugin-file.ts'

/** The example's own folder, from `src/load` as from `dist`. */
export const SERVER = existsSync(join(import.meta.dirname, '../plugins'))
  ? join(import.meta.dirname, '..')
  : join(import.meta.dirname, '../..')

/** The plugins of the server, in the order in which they need each other. */
export const PLUGINS = ['http', 'database', 'cache', 'auth', 'resources', 'admin'] as const
export type PluginName = (typeof PLUGINS)[number]

export class Scratch {
  readonly folder: string
  readonly plugins: string
  readonly data: string
  readonly config: string
  readonly configuration: Configuration
  readonly files = new Map<PluginName, PluginFile>()

  private constructor(folder: string) {
    this.folder = folder
    this.plugins = join(folder, 'plugins')
    this.data = join(folder, 'data')
    this.config = join(folder, 'plugins.yaml')
    this.configuration = new Configuration(`load_${randomBytes(6).toString('hex')}`)
  }

  /** @param plugins the folder to copy */
  static async make(plugins: string): Promise<Scratch> {
    // As reports call the files in it.
    const scratch = new Scratch(await realpath(await mkdtemp(join(tmpdir(), 'cf-server-load-'))))
    await mkdir(scratch.data)
    await cp(plugins, scratch.plugins, { recursive: true })
    await cp(join(SERVER, 'src/load/stamp.ts'), scratch.helper)
    await writeFile(scratch.config, scratch.configuration.text(TOKEN_TTL))
    for (const name of PLUGINS) {
      const file = await PluginFile.stamp(scratch.plugins, name)
      scratch.files.set(name, file)
    }
    return scratch
  }

  get helper(): string {
    return join(this.plugins, '_shared/stamp.ts')
  }

  file(name: PluginName): PluginFile {
    const file = this.files.get(name)
    if (!file) throw new Error(`there is no ${name}`)
    return file
  }

  /** Files of plugins that are not their entries: each with the plugin whose folder it is in. */
  async parts(): Promise<readonly (readonly [plugin: PluginName, path: string])[]> {
    const parts: [PluginName, string][] = []
    for (const [name, { path: entry }] of this.files) {
      const folder = join(this.plugins, name)
      if (!existsSync(folder)) continue
      for (const each of await readdir(folder)) {
        const path = join(folder, each)
        if (each.endsWith('.ts') && path !== entry) parts.push([name, path])
      }
    }
    return parts.sort(([, a], [, b]) => a.localeCompare(b))
  }

  /** The helper's text with another number. */
  async helperText(version: number): Promise<string> {
    const text = await readFile(this.helper, 'utf8')
    return text.replace(/^const HELPER = \d+$/m, `const HELPER = ${version}`)
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }
}

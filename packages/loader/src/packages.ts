// Finds the plugins among the npm packages that a package.json depends on, without running anything of them.
import { realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import { type FoundPlugin, realPath } from './discovery.ts'
import type { LoaderErrorCode } from './error-codes.ts'
import {
  entryIn,
  isMarked,
  type Manifest,
  ManifestProblem,
  namedEntry,
  readManifest,
  realEntry,
} from './package-manifest.ts'

/** Which packages are looked at. */
export interface PackageOptions {
  /** The folder whose package.json names them, and from which they are looked up as Node does. @default the working directory */
  readonly from?: string
  /** What `keywords` has of a package that is a plugin; one with a `cf-plugin` field needs none. @default 'cf-plugin' */
  readonly keyword?: string
  /** Takes these and no others, whatever their package.json says of plugins. @default dependencies and optionalDependencies */
  readonly names?: readonly string[]
}

/** A package that is there. */
interface InstalledPackage {
  readonly name: string
  /** Its real path. */
  readonly folder: string
}

/** Looks for plugins among packages. */
export class Packages {
  readonly #from: string
  readonly #keyword: string
  readonly #names: readonly string[] | undefined
  #found: readonly FoundPlugin[] = []

  constructor({ from = '.', keyword = 'cf-plugin', names }: PackageOptions) {
    this.#from = resolve(from)
    this.#keyword = keyword
    this.#names = names && [...new Set(names)]
  }

  /**
   * Every plugin, those that cannot be loaded with their `problem`.
   * @throws PluginError `CFP_PACKAGES_UNREADABLE`
   */
  async find(): Promise<readonly FoundPlugin[]> {
    const found: FoundPlugin[] = []
    for (const name of this.#dependencies()) {
      const plugin = await this.#look(name)
      if (plugin) found.push(plugin)
    }
    this.#found = found
    return found
  }

  /** Looks once more at one that could not be loaded. */
  async again({ package: name = '' }: FoundPlugin): Promise<FoundPlugin | undefined> {
    const plugin = await this.#look(name)
    const others = this.#found.filter((each) => each.package !== name)
    this.#found = plugin ? [...others, plugin] : others
    return plugin
  }

  /** The plugin that has this entry, or that is not there for this package.json; of those that were found. */
  at(file: string): FoundPlugin | undefined {
    return this.#found.find((plugin) => plugin.file === file && statSync(file, { throwIfNoEntry: false })?.isFile())
  }

  /** Folders of packages that are links to where people work: they lie in no node_modules. Never throws. */
  linked(): string[] {
    try {
      const installed = this.#dependencies().flatMap((name) => this.#installed(name) ?? [])
      return installed
        .filter((each) => !NODE_MODULES.test(each.folder) && this.#mayBePlugin(each))
        .map(({ folder }) => folder)
    } catch {
      // Discovery tells why.
      return []
    }
  }

  #dependencies(): readonly string[] {
    if (this.#names) return this.#names
    const file = join(this.#from, 'package.json')
    let manifest: Manifest
    try {
      manifest = readManifest(file)
    } catch (error) {
      const message = `Packages are looked for by ${file}, which cannot be read: ${messageOf(error)}. Correct it, or \`packages.from\`.`
      throw new PluginError('CFP_PACKAGES_UNREADABLE', message, { phase: 'discover', file, cause: error })
    }
    const { dependencies, optionalDependencies } = manifest
    return Object.keys({ ...(dependencies as object), ...(optionalDependencies as object) }).sort()
  }

  #installed(name: string): InstalledPackage | undefined {
    if (!NAME.test(name)) return undefined
    for (let folder = realPath(this.#from); ; folder = dirname(folder)) {
      try {
        return { name, folder: realpathSync.native(join(folder, 'node_modules', name)) }
      } catch {
        // In a folder further up, where a workspace keeps what its members share.
      }
      if (dirname(folder) === folder) return undefined
    }
  }

  #mayBePlugin({ folder }: InstalledPackage): boolean {
    try {
      return this.#names !== undefined || isMarked(readManifest(join(folder, 'package.json')), this.#keyword)
    } catch {
      return true
    }
  }

  async #look(name: string): Promise<FoundPlugin | undefined> {
    const installed = this.#installed(name)
    if (!installed) {
      // Only what a person has named is known to be a plugin.
      if (!this.#names) return undefined
      // Where it would be, so that each has a place of its own.
      const file = join(this.#from, 'node_modules', NAME.test(name) ? name : encodeURIComponent(name), 'package.json')
      const why = `is not installed: neither ${this.#from} nor a folder above it has it in node_modules. Install it, or take it out of \`packages.names\``
      return {
        ...placeOf({ name, folder: this.#from }, file),
        problem: packageError('CFP_PACKAGE_MISSING', name, why, file),
      }
    }
    const file = join(installed.folder, 'package.json')
    try {
      const manifest = readManifest(file)
      if (!this.#names && !isMarked(manifest, this.#keyword)) return undefined
      return placeOf(installed, await this.#entryOf(installed, manifest))
    } catch (error) {
      const why = `cannot be loaded (${file}): ${messageOf(error)}`
      const code = error instanceof ManifestProblem ? error.code : 'CFP_PACKAGE_INVALID'
      return { ...placeOf(installed, file), problem: packageError(code, name, why, file, error) }
    }
  }

  async #entryOf({ name, folder }: InstalledPackage, manifest: Manifest): Promise<string> {
    const named = namedEntry(manifest)
    if (named !== undefined) return entryIn(folder, named)
    let url: string
    try {
      const parent = pathToFileURL(join(realPath(this.#from), 'package.json')).href
      url = (await import('import-meta-resolve')).resolve(name, parent)
    } catch (error) {
      const why = `its exports and main lead to no entry: ${messageOf(error)}. A "cf-plugin" field can name it`
      throw new ManifestProblem('CFP_PACKAGE_ENTRY', why, error)
    }
    return realEntry(folder, fileURLToPath(url))
  }
}

const NODE_MODULES = /[\\/]node_modules[\\/]/
/** As npm has them, scoped or not: nothing that is a path. */
const NAME = /^(?:@[a-z0-9~_-][\w.~-]*\/)?[a-z0-9~_-][\w.~-]*$/i

function placeOf({ name, folder }: InstalledPackage, file: string): FoundPlugin {
  return { file, root: folder, base: folder, package: name }
}

function packageError(code: LoaderErrorCode, name: string, why: string, file: string, thrown?: unknown): PluginError {
  const cause = (thrown as Error | undefined)?.cause ?? thrown
  return new PluginError(code, `Package "${name}" ${why}.`, {
    phase: 'discover',
    file,
    ...(cause !== undefined && { cause }),
  })
}

// What an import means: a file of the plugin's own generation, or a module of the host's.
import { realpathSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, dirname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { messageOf } from '@cf-plugins/plugin-api'
import { type FilePlace, LoadProblem } from './load-problem.ts'
import { PlainFiles } from './plain-files.ts'

/** What a specifier stands for. */
export type ImportTarget =
  | { readonly kind: 'own'; readonly file: string; readonly url: string }
  | { readonly kind: 'host'; readonly url: string; readonly load?: () => Promise<object> }

/** A module that imports something. */
export interface Importer {
  readonly file: string
  readonly url: string
}

/** Which files belong to a generation, and what was looked for on the way. */
export interface OwnFiles {
  /** Real paths of folders. */
  readonly folders: Set<string>
  /** Files that would have been taken, had they been there. */
  readonly tried: Set<string>
}

export interface ResolverOptions {
  readonly followLinks: boolean
  readonly hostUrl: string
  readonly hostModules: Readonly<Record<string, () => Promise<object>>>
  /** What is known already of a module's import, whatever is on disk. */
  readonly linkOf?: (importer: Importer, specifier: string) => ImportTarget | undefined
}

/** Resolves the imports of plugins. What bare specifiers mean is remembered: a change of node_modules needs a restart. */
export class Resolver {
  readonly #options: ResolverOptions
  readonly #bare = new Map<string, string>()
  #resolvePackage: ((specifier: string, parent: string) => string) | undefined

  constructor(options: ResolverOptions) {
    this.#options = options
  }

  /** A module that the host gives by this name. */
  hostModule(specifier: string): Extract<ImportTarget, { kind: 'host' }> | undefined {
    const { hostModules } = this.#options
    const load = Object.hasOwn(hostModules, specifier) ? hostModules[specifier] : undefined
    return load && { kind: 'host', url: specifier, load }
  }

  /** Where packages are looked for that the importing file does not have. */
  get hostUrl(): string {
    return this.#options.hostUrl
  }

  /** Whether `resolve` must wait for `ready` before it can say what this means. */
  needsPackages(specifier: string, importer: Importer): boolean {
    if (this.#resolvePackage || isPathSpecifier(specifier) || isBuiltin(specifier)) return false
    return (this.hostModule(specifier) ?? this.#options.linkOf?.(importer, specifier)) === undefined
  }

  /** Loads what resolves packages: many plugins need none but the framework. */
  async ready(): Promise<void> {
    this.#resolvePackage ??= (await import('import-meta-resolve')).resolve
  }

  /** @throws LoadProblem `CFP_MODULE_MISSING`, `CFP_SPECIFIER_INVALID`, `CFP_LINK_OUTSIDE`; `place` is where the import stands */
  resolve(
    specifier: string,
    importer: Importer,
    own: OwnFiles,
    place: FilePlace,
    plain = new PlainFiles(),
  ): ImportTarget {
    const known = this.hostModule(specifier) ?? this.#options.linkOf?.(importer, specifier)
    if (known) return known
    const sibling = siblingOf(specifier, importer, plain)
    if (sibling) return sibling
    const url = isPathSpecifier(specifier)
      ? urlOf(specifier, importer.url, place)
      : new URL(this.#resolveBare(specifier, importer, place))
    if (url.protocol !== 'file:') return { kind: 'host', url: url.href }
    const path = pathOf(url, specifier, place)
    const inside = isOwnFile(path, own.folders)
    // JSON is data, wherever it stands, and native import() wants an attribute that the specifier's author need not write.
    if (!inside && !path.endsWith('.json')) return { kind: 'host', url: url.href }
    const found = findFile(path, own.tried)
    if (!found)
      throw new LoadProblem('CFP_MODULE_MISSING', `"${specifier}" is imported, and there is no such file`, place)
    const file = inside ? this.#real(found, own, place) : realpathSync.native(found)
    return { kind: 'own', file, url: pathToFileURL(file).href + url.search + url.hash }
  }

  /** What `import.meta.resolve` says: a URL, also of a file that is not there. */
  urlOf(specifier: string, importer: Importer, own: OwnFiles): string {
    const place = { file: importer.file }
    const plain = isPathSpecifier(specifier) ? urlOf(specifier, importer.url, place) : undefined
    if (plain && (plain.protocol !== 'file:' || !findFile(pathOf(plain, specifier, place), new Set())))
      return plain.href
    return this.resolve(specifier, importer, own, place).url
  }

  /** A file's real path, if it may be loaded. @throws LoadProblem `CFP_LINK_OUTSIDE` */
  #real(file: string, own: OwnFiles, place: FilePlace): string {
    const real = realpathSync.native(file)
    if (real === file || isOwnFile(real, own.folders)) return real
    if (!this.#options.followLinks) {
      throw new LoadProblem(
        'CFP_LINK_OUTSIDE',
        `${file} is a symbolic link to ${real}, outside the plugin folders`,
        place,
      )
    }
    own.folders.add(dirname(real))
    return real
  }

  #resolveBare(specifier: string, importer: Importer, place: FilePlace): string {
    if (isBuiltin(specifier)) return specifier.startsWith('node:') ? specifier : `node:${specifier}`
    if (/^[a-z][a-z0-9+.-]+:/i.test(specifier)) return specifier
    const key = `${dirname(importer.file)}\0${specifier}`
    const known = this.#bare.get(key)
    if (known) return known
    const { hostUrl } = this.#options
    // The framework is always the host's own: a second copy of it would have classes of its own.
    const bases = FRAMEWORK.test(specifier) ? [hostUrl, import.meta.url] : [importer.url, hostUrl]
    let failure: unknown
    for (const base of bases) {
      try {
        if (!this.#resolvePackage) throw new TypeError('The resolver is not ready')
        const found = this.#resolvePackage(specifier, base)
        this.#bare.set(key, found)
        return found
      } catch (error) {
        failure ??= error
        // Found, but not like this: looking elsewhere would give another copy of it.
        if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') break
      }
    }
    const missing = (failure as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
    throw new LoadProblem(
      missing ? 'CFP_MODULE_MISSING' : 'CFP_SPECIFIER_INVALID',
      missing
        ? `package "${specifier}" is imported, and neither the plugin nor the host (${hostUrl}) has it`
        : `"${specifier}" is imported: ${messageOf(failure)}`,
      place,
      failure,
    )
  }
}

const FRAMEWORK = /^(?:cf-plugins|@cf-plugins\/[^/]+)(?:\/|$)/

/** Whether a specifier is a path or a `file:` URL rather than the name of a package. */
export function isPathSpecifier(specifier: string): boolean {
  return /^(?:\.{0,2}\/|\.{1,2}$|file:)/.test(specifier)
}

/** What may stand for a path that is written without it, in the order in which it is looked for. */
export const SOURCE_EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cts', '.cjs'] as const
const SCRIPT_FOR = new Map([
  ['.js', '.ts'],
  ['.mjs', '.mts'],
  ['.cjs', '.cts'],
])

/** Whether a path is in one of the folders, and not in a package in it. */
export function isOwnFile(path: string, folders: Iterable<string>): boolean {
  for (const folder of folders) {
    const prefix = folder.endsWith(sep) ? folder : folder + sep
    if (path.startsWith(prefix) && path.length > prefix.length && !PACKAGE.test(path.slice(prefix.length))) return true
  }
  return false
}

const PACKAGE = /(?:^|[\\/])node_modules(?:[\\/]|$)/

/** The common case, at a third of the cost: a file by its full name, no link, in the importer's own folder, which is a real path. */
function siblingOf(specifier: string, { file, url }: Importer, plain: PlainFiles): ImportTarget | undefined {
  if (!SIBLING.test(specifier) || !url.endsWith(basename(file))) return undefined
  const name = specifier.slice(2)
  const path = file.slice(0, file.lastIndexOf(sep) + 1) + name
  if (!plain.look(path)) return undefined
  return { kind: 'own', file: path, url: url.slice(0, url.lastIndexOf('/') + 1) + name }
}

const SIBLING = /^\.\/[\w-][\w.-]*\.[a-z]+$/

function urlOf(specifier: string, base: string, place: FilePlace): URL {
  try {
    return new URL(specifier, base)
  } catch (error) {
    throw new LoadProblem('CFP_SPECIFIER_INVALID', `"${specifier}" is imported, which is no path`, place, error)
  }
}

function pathOf(url: URL, specifier: string, place: FilePlace): string {
  try {
    const path = fileURLToPath(url)
    if (!path.includes('\0')) return path
  } catch {
    // An encoded slash or a host name: as bad as a NUL.
  }
  throw new LoadProblem('CFP_SPECIFIER_INVALID', `${JSON.stringify(specifier)} is imported, which is no path`, place)
}

function findFile(path: string, tried: Set<string>): string | undefined {
  for (const candidate of candidatesFor(path)) {
    if (isFile(candidate)) return candidate
    tried.add(candidate)
  }
  return undefined
}

function* candidatesFor(path: string): Generator<string> {
  yield path
  const extension = /\.[mc]?js$/.exec(path)?.[0]
  if (extension) yield path.slice(0, -extension.length) + SCRIPT_FOR.get(extension)
  for (const added of [...SOURCE_EXTENSIONS, '.json']) yield path + added
  for (const added of SOURCE_EXTENSIONS) yield join(path, `index${added}`)
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
  } catch (error) {
    // Something is there that may not be looked at: reading it says so.
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

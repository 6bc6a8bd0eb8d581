// From folders to plugin records: discovery, and one fresh generation of a plugin's modules for each load.
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isThenable, type Logger, type PluginError, type PluginRecord, type PluginSource } from '@cf-plugins/plugin-api'
import { toPluginRecord, within } from '@cf-plugins/plugin-api/host'
import { Compiler } from './compile.ts'
import { CompileCache, defaultCacheFolder } from './compile-cache.ts'
import { Discovery, type FoundPlugin, type PluginRoot, realPath } from './discovery.ts'
import { errorPosition } from './error-position.ts'
import { type ExitRefused, guardExit } from './exit-guard.ts'
import { Generation } from './generation.ts'
import { HostModules, PLUGIN_API } from './host-modules.ts'
import type { KeptModules, PluginImage } from './image.ts'
import { Images } from './images.ts'
import { IntrinsicsWatch } from './intrinsics.ts'
import { abortError, type LoadContext, loadError, timeoutError } from './load-error.ts'
import { LoadHistory } from './load-history.ts'
import { LoadProblem, shownPlace } from './load-problem.ts'
import { hostUrlOf, type PluginLoaderOptions, pluginRoots } from './loader-options.ts'
import type { LoaderParts, ReadFiles, ReadListener } from './module-graph.ts'
import { Packages } from './packages.ts'
import { DEFAULT_PATTERNS } from './patterns.ts'
import { Resolver } from './resolve.ts'

export interface LoadOptions {
  readonly signal?: AbortSignal | undefined
  /**
   * Told of each of the plugin's own files as it is read, before anything in it runs, with the SHA-256 of its bytes in hex:
   * what was hashed is what runs. Told without a hash of each that was looked for and is not there, in the end. What it
   * throws ends the load.
   */
  readonly onRead?: ReadListener | undefined
}

/** What several loads gave. */
export interface LoadReport {
  /** In the order in which they were found. */
  readonly records: readonly PluginRecord[]
  readonly failures: readonly PluginError[]
  readonly durationMs: number
}

/**
 * Finds plugins and loads them. Every load evaluates all of a plugin's own files afresh, and is collected when the host
 * lets go of its record.
 *
 * @example
 * const loader = new PluginLoader({ paths: ['plugins'] })
 * const { records, failures } = await loader.loadPlugins()
 */
export class PluginLoader {
  /** What is to be watched: the plugin folders, and packages that are links to where people work. Absolute paths. */
  readonly roots: readonly string[]
  readonly #folders: readonly string[]
  readonly #packages: Packages | undefined
  readonly #pluginRoots: readonly PluginRoot[]
  readonly #discovery: Discovery
  readonly #parts: LoaderParts
  readonly #history = new LoadHistory()
  readonly #intrinsics = new IntrinsicsWatch()
  readonly #images: Images
  readonly #options: {
    validate: boolean
    strict: boolean
    loadTimeoutMs: number
    followLinks: boolean
    logger: Logger | undefined
  }

  constructor(options: PluginLoaderOptions = {}) {
    const {
      recursive = true,
      followLinks = false,
      validate = true,
      strict = true,
      loadTimeoutMs = 10_000,
      logger,
    } = options
    this.#options = { validate, strict, loadTimeoutMs, followLinks, logger }
    this.#pluginRoots = pluginRoots(options)
    this.#discovery = new Discovery({ patterns: options.patterns ?? DEFAULT_PATTERNS, recursive, followLinks })
    this.#folders = [...new Set(this.#pluginRoots.map(({ path }) => this.#discovery.folderOf(path)))]
    const { packages = false } = options
    this.#packages = packages ? new Packages(packages === true ? {} : packages) : undefined
    this.roots = [...new Set([...this.#folders, ...(this.#packages?.linked() ?? [])])]
    const { cacheFolder: cache = defaultCacheFolder(process.cwd()) } = options
    const cacheFolder = cache === false ? undefined : resolve(cache)
    const hostUrl = hostUrlOf(options.hostUrl)
    this.#parts = {
      compiler: new Compiler(
        cacheFolder === undefined ? undefined : new CompileCache(cacheFolder, this.roots.join('\n')),
      ),
      resolver: new Resolver({ followLinks, hostUrl, hostModules: { ...PLUGIN_API, ...options.hostModules } }),
      hostModules: new HostModules(),
    }
    this.#images = new Images({ hostUrl, followLinks, cacheFolder })
  }

  /**
   * Finds plugins by their files' names, and then those that are packages; runs nothing. Each sorted by path or name.
   * @throws PluginError `CFP_FOLDER_MISSING`, `CFP_FOLDER_UNREADABLE`, `CFP_PACKAGES_UNREADABLE`
   */
  async discover(): Promise<FoundPlugin[]> {
    const found = this.#discovery.find(this.#pluginRoots)
    const files = new Set(found.map(({ file }) => file))
    // One by two names, or in a plugin folder too, is found once.
    for (const plugin of (await this.#packages?.find()) ?? []) {
      if (files.has(plugin.file)) continue
      files.add(plugin.file)
      found.push(plugin)
    }
    return found
  }

  /** The plugin whose entry this file is, by its name and place; it need not have been loaded. */
  isCandidate(file: string): FoundPlugin | undefined {
    return this.#discovery.isCandidate(file, this.#pluginRoots) ?? this.#packages?.at(realPath(file))
  }

  /** Files that the last load of the entry `file` read; if it failed, also those that it looked for in vain. */
  filesOf(file: string): readonly string[] {
    return this.#history.filesOf(realPath(file))
  }

  /** Plugins whose last good or last tried load read `file`, or would have read it had it been there. */
  usersOf(file: string): FoundPlugin[] {
    return this.#history.usersOf(realPath(file))
  }

  /**
   * Loads one plugin: a new generation of all its own files.
   * @throws PluginError with file, line and column as far as they are known, and the `generation` that it would have been
   */
  async load(found: FoundPlugin, options: LoadOptions = {}): Promise<PluginRecord> {
    return this.#load(found, options, (namespace, source, read, kept) => {
      const record = toPluginRecord(namespace, source)
      this.#history.succeed(source, read, record.meta.name)
      this.#images.keep(record, { namespace, kept, folders: read.folders })
      return record
    })
  }

  /**
   * The same for a file that need not be a plugin: gives what it exports.
   * @throws PluginError as `load` does
   */
  async evaluate(
    found: FoundPlugin,
    options: LoadOptions = {},
  ): Promise<{ namespace: object; files: readonly string[] }> {
    return this.#load(found, options, (namespace, { files }) => ({ namespace, files }))
  }

  async #load<T>(
    given: FoundPlugin,
    { signal, onRead }: LoadOptions,
    make: (namespace: object, source: PluginSource, read: ReadFiles, kept: KeptModules) => T,
  ): Promise<T> {
    const found = given.problem ? ((await this.#packages?.again(given)) ?? given) : given
    if (found.problem) throw found.problem
    const { file } = found
    // Of a package its own files, and no others' in the plugin folders, which it would import as anybody does.
    const folders = new Set(found.package === undefined ? [...this.#folders, found.base] : [found.base])
    const read: ReadFiles = { files: new Set(), tried: new Set(), folders, onRead }
    const { generation: number, name } = this.#history.begin(found, read)
    const mappingsOf = (url: string): string | undefined => this.#parts.compiler.mappingsOf(url)
    const context: LoadContext = { file, generation: number, plugin: name, mappingsOf }
    const generation = new Generation(this.#parts, file, read)
    try {
      if (signal?.aborted) throw abortError(context, signal.reason)
      const namespace = await within(this.#run(generation, file, read), {
        ms: this.#options.loadTimeoutMs,
        signal,
        late: () => timeoutError(context, this.#options.loadTimeoutMs, generation.pending[0]?.file),
        aborted: (cause) => abortError(context, cause),
      })
      tellMissing(read)
      return make(namespace, { file, generation: number, files: [...read.files] }, read, generation.kept)
    } catch (error) {
      // What was not there a moment ago may be what the load failed for.
      tellMissing(read)
      throw loadError(error, context)
    } finally {
      read.onRead = undefined
    }
  }

  /**
   * The code of a plugin that this loader loaded, for `loadImage` in another thread: what was hashed and ran here runs
   * there, also when the files are others by then.
   * @throws PluginError `CFP_IMAGE_MISSING` for a record that this loader did not make
   */
  imageOf(record: PluginRecord): PluginImage {
    return this.#images.imageOf(record)
  }

  /** The name by which a plugin's entry file exports this very value. */
  exportNameOf(record: PluginRecord, exported: unknown): string | undefined {
    return this.#images.exportNameOf(record, exported)
  }

  /** Loads several plugins at once. A failure of one is told in `failures` and does not stop the others. */
  async loadAll(found: Iterable<FoundPlugin>, options: LoadOptions = {}): Promise<LoadReport> {
    const startedAt = performance.now()
    const results = await Promise.allSettled([...found].map((plugin) => this.load(plugin, options)))
    this.#parts.compiler.release()
    const records: PluginRecord[] = []
    const failures: PluginError[] = []
    for (const result of results) {
      if (result.status === 'fulfilled') records.push(result.value)
      else if (!this.#isPassedOver(result.reason)) failures.push(result.reason as PluginError)
    }
    return { records, failures, durationMs: performance.now() - startedAt }
  }

  /** Finds and loads. @throws PluginError as `discover` does */
  async loadPlugins(options: LoadOptions = {}): Promise<LoadReport> {
    return this.loadAll(await this.discover(), options)
  }

  #isPassedOver(error: PluginError): boolean {
    const { strict, validate, logger } = this.#options
    if (error.code === 'CFP_NOT_A_PLUGIN' && !strict) {
      logger?.debug(`passed over: ${error.message}`)
      return true
    }
    if (error.code === 'CFP_META_INVALID' && !validate) {
      logger?.warn(`passed over: ${error.message}`)
      return true
    }
    return false
  }

  async #run(generation: Generation, file: string, read: ReadFiles): Promise<object> {
    this.#checkLink(file, read)
    const entry = await generation.prepare()
    this.#intrinsics.changes()
    // Until the first await whoever calls `process.exit` was called by the plugin; after it, its files tell.
    let isSynchronous = true
    const guard = guardExit((stack) => isSynchronous || mentions(stack, read))
    try {
      const running = generation.run(entry)
      isSynchronous = false
      if (isThenable(running)) await running
    } catch (error) {
      if (!guard.exited) throw error
    } finally {
      guard.release()
      this.#reportPatches(file)
    }
    if (guard.exited) throw this.#exitProblem(file, guard.exited)
    return entry.namespace
  }

  /** Discovery gives a link that leaves the folders as it stands, so that it is refused here, where failures are told. */
  #checkLink(file: string, read: ReadFiles): void {
    const real = realPath(file)
    if (real === file) return
    if (this.#options.followLinks) {
      read.folders.add(dirname(real))
      return
    }
    throw new LoadProblem('CFP_LINK_OUTSIDE', `it is a symbolic link to ${real}, outside the plugin folders`, { file })
  }

  #reportPatches(file: string): void {
    const changes = this.#intrinsics.changes()
    if (changes.length === 0) return
    const message = `Plugin file ${shownPlace({ file })} changed ${changes.join(', ')} while it was loaded: every plugin and the host see that.`
    this.#options.logger?.warn({ code: 'CFP_INTRINSIC_PATCHED', file, changes }, message)
  }

  #exitProblem(file: string, exited: ExitRefused): LoadProblem {
    const place = errorPosition(exited, (url) => this.#parts.compiler.mappingsOf(url)) ?? { file }
    return new LoadProblem('CFP_PLUGIN_EXITED', exited.message, place, exited)
  }
}

function tellMissing({ tried, onRead }: ReadFiles): void {
  if (onRead) for (const file of tried) onRead(file, undefined)
}

function mentions(stack: string, { files }: ReadFiles): boolean {
  // By its path where the process reads source maps itself.
  for (const file of files) if (stack.includes(pathToFileURL(file).href) || stack.includes(`${file}:`)) return true
  return false
}

// A generation's modules, read, compiled, and their imports resolved; nothing of them has run.
import { type Awaitable, isThenable, messageOf } from '@cf-plugins/plugin-api'
import type { CompiledModule, Compiler } from './compile.ts'
import type { HostModules } from './host-modules.ts'
import type { ImageModule, KeptModule } from './image.ts'
import { type FilePlace, LoadProblem } from './load-problem.ts'
import { type Dependency, OwnModule } from './own-module.ts'
import { PlainFiles } from './plain-files.ts'
import { readSource, type SourceText } from './read-source.ts'
import { type ImportTarget, isPathSpecifier, type OwnFiles, type Resolver, SOURCE_EXTENSIONS } from './resolve.ts'

/** What the generations of a loader share. None of it knows a generation. */
export interface LoaderParts {
  readonly compiler: Compiler
  readonly resolver: Resolver
  readonly hostModules: HostModules
  /** By URL, files that are not to be read: another thread has. */
  readonly given?: ReadonlyMap<string, ImageModule>
}

/** Which files a load touched: it outlives the generation, and does not hold it. */
export interface ReadFiles extends OwnFiles {
  /** Real paths of the files that were read, or that reading failed of. */
  readonly files: Set<string>
  /** Told of each file that is read, until the load is over: a generation must not hold whoever asked for it. */
  onRead: ReadListener | undefined
}

/** Told of a file and of its bytes' SHA-256 in hex, or of nothing where it is not there. What it throws ends the load. */
export type ReadListener = (file: string, hash: string | undefined) => void

/** Finds a plugin's modules by following their imports from any one of them. */
export class ModuleGraph {
  readonly #parts: LoaderParts
  readonly #read: ReadFiles
  readonly #modules = new Map<string, OwnModule>()
  /** What stays known of each module that is ready. It holds none of them: so an instance is collected that nobody uses. */
  readonly kept = new Map<string, KeptModule>()
  /** Only while the graph is read: what an `import()` finds later may be new. */
  #plain: PlainFiles | undefined

  constructor(parts: LoaderParts, read: ReadFiles) {
    this.#parts = parts
    this.#read = read
  }

  get modules(): Iterable<OwnModule> {
    return this.#modules.values()
  }

  /** The module that an import means, the same each time. */
  moduleFor(target: Extract<ImportTarget, { kind: 'own' }>, importedBy?: FilePlace): OwnModule {
    let module = this.#modules.get(target.url)
    if (!module) {
      module = new OwnModule(target.url, target.file, importedBy)
      this.#modules.set(target.url, module)
    }
    return module
  }

  /** Prepares a module and all that it imports. @throws LoadProblem, the first one found */
  async prepareFrom(root: OwnModule): Promise<void> {
    const seen = new Set<OwnModule>()
    const waiting: PromiseLike<void>[] = []
    const problems: unknown[] = []
    const visit = (module: OwnModule, mayFail = false): void => {
      if (seen.has(module)) return
      seen.add(module)
      const failed = (error: unknown): void => {
        // To be tried again by whoever asks next; `require` in a `try` may ask for what is not there.
        this.#modules.delete(module.url)
        this.kept.delete(module.url)
        if (error instanceof LoadProblem) error.importedBy ??= module.importedBy
        if (!mayFail) problems.push(error)
      }
      const descend = (): void => {
        for (const dependency of module.ownDependencies) visit(dependency)
        for (const required of module.required) visit(required, true)
      }
      try {
        const ready = this.#prepare(module)
        if (isThenable(ready)) waiting.push(ready.then(descend).then(undefined, failed))
        else descend()
      } catch (error) {
        failed(error)
      }
    }
    this.#plain = new PlainFiles()
    visit(root)
    while (waiting.length > 0) await Promise.all(waiting.splice(0))
    this.#plain = undefined
    this.#parts.compiler.save()
    if (problems.length > 0) throw problems[0]
  }

  /** Prepares a module alone, for whoever can't wait: whether it is ready. @throws LoadProblem */
  prepareAtOnce(module: OwnModule): boolean {
    const isReady = !isThenable(this.#prepare(module))
    this.#parts.compiler.save()
    return isReady
  }

  /** Reads and compiles a module, and resolves its requests: at once where nothing of it must be waited for. */
  #prepare(module: OwnModule): Awaitable<void> {
    if (module.ready === true) return
    if (module.ready) return module.ready
    const compiled = this.#contentOf(module)
    if (!compiled) {
      module.ready = true
      return
    }
    const resolved = isThenable(compiled)
      ? compiled.then((done) => this.#take(module, done))
      : this.#take(module, compiled)
    if (!isThenable(resolved)) {
      module.ready = true
      return
    }
    const ready = Promise.resolve(resolved).then(() => {
      module.ready = true
    })
    module.ready = ready
    return ready
  }

  /** A module's code; nothing of a JSON file, which has its value then. */
  #contentOf(module: OwnModule): Awaitable<CompiledModule> | undefined {
    const { url, file, links } = module
    const { compiler, given } = this.#parts
    const known = given?.get(url)
    if (known?.code) return compiler.take(url, known.code)
    if (file.endsWith('.json')) {
      const text = known?.json ?? this.#sourceOf(file).text
      module.json = parseJson(text, file)
      this.kept.set(url, { file, code: undefined, json: text, links })
      return undefined
    }
    const unread = this.#unread(url, file)
    if (unread) return unread
    const source = this.#sourceOf(file)
    if (SOURCE_EXTENSIONS.some((extension) => file.endsWith(extension))) return compiler.compile(url, file, source)
    throw new LoadProblem('CFP_FILE_UNSUPPORTED', 'only TypeScript, JavaScript and JSON files are evaluated', { file })
  }

  /** What was compiled of a file that has not changed since: looking at it costs a fifth of reading it. */
  #unread(url: string, file: string): CompiledModule | undefined {
    const { files, onRead } = this.#read
    const stats = (this.#plain ?? new PlainFiles()).look(file)
    const unread = stats && this.#parts.compiler.unread(url, file, stats)
    if (!unread) return undefined
    files.add(file)
    onRead?.(file, unread.hash)
    return unread.compiled
  }

  #sourceOf(file: string): SourceText {
    const { files, onRead } = this.#read
    files.add(file)
    let source: SourceText
    try {
      source = readSource(file)
    } catch (error) {
      if (error instanceof LoadProblem && error.code === 'CFP_MODULE_MISSING') onRead?.(file, undefined)
      throw error
    }
    onRead?.(file, source.hash)
    return source
  }

  #take(module: OwnModule, compiled: CompiledModule): Awaitable<void> {
    module.compiled = compiled
    const { url, file, links } = module
    this.kept.set(url, { file, code: compiled.code, json: undefined, links })
    const { compiler, resolver } = this.#parts
    const { kind, requests, usesMeta } = compiled.code
    const waiting: Promise<unknown>[] = []
    if (usesMeta || requests.some(({ specifier }) => resolver.needsPackages(specifier, module)))
      waiting.push(resolver.ready())
    // `require` can't wait for it.
    if (kind === 'commonjs' && !compiler.isReady) waiting.push(compiler.ready())
    if (waiting.length === 0) return this.#resolveRequests(module)
    return Promise.all(waiting).then(() => this.#resolveRequests(module))
  }

  #resolveRequests(module: OwnModule): Awaitable<void> {
    const waiting: PromiseLike<void>[] = []
    const { resolver, hostModules } = this.#parts
    const dependencies: Dependency[] = []
    for (const [index, { specifier, line, column }] of (module.code?.requests ?? []).entries()) {
      const place = { file: module.file, line, column }
      const target = resolver.resolve(specifier, module, this.#read, place, this.#plain)
      module.links.set(specifier, target)
      if (target.kind === 'own') {
        dependencies[index] = this.moduleFor(target, place)
        continue
      }
      const take = (namespace: object): void => {
        dependencies[index] = { namespace, url: target.url }
      }
      const namespace = hostModules.load(target)
      if (isThenable(namespace)) waiting.push(waitForHost(namespace as PromiseLike<object>, take, specifier, place))
      else take(namespace)
    }
    module.dependencies = dependencies
    for (const specifier of module.code?.requires ?? []) {
      const given = resolver.hostModule(specifier)
      const loading = given && hostModules.load(given)
      if (isThenable(loading))
        waiting.push(waitForHost(loading as PromiseLike<object>, () => {}, specifier, { file: module.file }))
      else if (isPathSpecifier(specifier)) this.#expectRequire(module, specifier)
    }
    if (waiting.length > 0) return Promise.all(waiting).then(() => {})
  }

  #expectRequire(module: OwnModule, specifier: string): void {
    try {
      const target = this.#parts.resolver.resolve(specifier, module, this.#read, { file: module.file })
      module.links.set(specifier, target)
      if (target.kind === 'own') module.required.push(this.moduleFor(target, { file: module.file }))
    } catch {
      // It may be in a branch that is never taken: `require` itself reports it.
    }
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new LoadProblem('CFP_SYNTAX', messageOf(error), { file }, error)
  }
}

async function waitForHost(
  loading: PromiseLike<object>,
  take: (namespace: object) => void,
  specifier: string,
  place: FilePlace,
): Promise<void> {
  try {
    take(await loading)
  } catch (error) {
    throw importProblem(specifier, place, error)
  }
}

/** What to do about a file that Node does not run by itself, such as one in TypeScript. */
const NOT_COMPILED =
  'What is outside the plugin folders is imported as Node does it: move the file into one (with a name that begins with _, it is no plugin), or import its types only'

function importProblem(specifier: string, place: FilePlace, error: unknown): LoadProblem {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  const remedy = code === 'ERR_UNKNOWN_FILE_EXTENSION' ? `. ${NOT_COMPILED}` : ''
  return new LoadProblem(
    code === 'ERR_MODULE_NOT_FOUND' ? 'CFP_MODULE_MISSING' : 'CFP_IMPORT_FAILED',
    `"${specifier}", a module of the host, could not be imported: ${messageOf(error)}${remedy}`,
    place,
    error,
  )
}

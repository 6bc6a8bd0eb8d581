// One load of a plugin: its modules, fresh, from reading them to running them.
import { pathToFileURL } from 'node:url'
import { type Awaitable, isThenable, messageOf } from '@cf-plugins/plugin-api'
import { commonJsRunner } from './commonjs.ts'
import type { CompiledModule, Compiler } from './compile.ts'
import { Evaluator, ModuleFailure } from './evaluate.ts'
import type { HostModules } from './host-modules.ts'
import { link, settleExports, type TakeExports } from './link.ts'
import { importError } from './load-error.ts'
import { type FilePlace, LoadProblem } from './load-problem.ts'
import { importerFor, metaFor, runnerOf } from './module-bindings.ts'
import { type Dependency, OwnModule } from './own-module.ts'
import { readSource } from './read-source.ts'
import { type ImportTarget, isPathSpecifier, type OwnFiles, type Resolver, SOURCE_EXTENSIONS } from './resolve.ts'

/** What the generations of a loader share. None of it knows a generation. */
export interface LoaderParts {
  readonly compiler: Compiler
  readonly resolver: Resolver
  readonly hostModules: HostModules
}

/** Which files a load touched: it outlives the generation, and does not hold it. */
export interface ReadFiles extends OwnFiles {
  /** Real paths of the files that were read, or that reading failed of. */
  readonly files: Set<string>
}

/**
 * A plugin's own module graph. Everything of it is held by what the plugin exports, and by nothing of the loader: when
 * the host lets go of the exports, the generation is collected.
 */
export class Generation {
  readonly #parts: LoaderParts
  readonly #read: ReadFiles
  readonly #modules = new Map<string, OwnModule>()
  readonly #evaluator = new Evaluator()

  constructor(parts: LoaderParts, read: ReadFiles) {
    this.#parts = parts
    this.#read = read
  }

  /** Modules that are waiting in a top-level await. */
  get pending(): readonly OwnModule[] {
    return this.#evaluator.pending
  }

  moduleAt(url: string): OwnModule | undefined {
    return this.#modules.get(url)
  }

  /**
   * Reads and links the graph of an entry file, which runs nothing of it.
   * @throws LoadProblem
   */
  async prepare(file: string): Promise<OwnModule> {
    const entry = this.#moduleFor({ kind: 'own', file, url: pathToFileURL(file).href })
    await this.#link(entry)
    return entry
  }

  /** Runs a graph that was prepared: at once where nothing in it awaits. @throws ModuleFailure */
  run(entry: OwnModule): Awaitable<void> {
    const running = this.#evaluator.evaluate(entry)
    if (isThenable(running)) return running.then(() => this.#settle())
    this.#settle()
  }

  /** `import()` as a module of the plugin calls it, then or much later. */
  async importFrom(importer: OwnModule, specifier: string): Promise<object> {
    const place = { file: importer.file }
    const { resolver } = this.#parts
    try {
      if (resolver.needsPackages(specifier)) await resolver.ready()
      const target = resolver.resolve(specifier, importer, this.#read, place)
      if (target.kind === 'host') return await this.#parts.hostModules.load(target)
      const module = this.#moduleFor(target, place)
      await this.#link(module)
      await this.run(module)
      return module.namespace
    } catch (error) {
      throw importError(specifier, error)
    }
  }

  /** Where `require()` looks for a package that the plugin does not have. */
  get hostUrl(): string {
    return this.#parts.resolver.hostUrl
  }

  /** `require()` as a CommonJS module of the plugin calls it: nothing where the host's own `require` is meant. */
  requireFrom(importer: OwnModule, specifier: string): { readonly exports: unknown } | undefined {
    if (!isPathSpecifier(specifier)) {
      const namespace = this.#parts.hostModules.loaded(specifier)
      return namespace && { exports: namespace }
    }
    const target = this.#parts.resolver.resolve(specifier, importer, this.#read, { file: importer.file })
    if (target.kind === 'host') return undefined
    const module = this.#moduleFor(target, { file: importer.file })
    if (module.commonJs) return module.commonJs
    try {
      if (isThenable(this.#prepare(module))) throw cannotWait(specifier, importer)
      link(module, { instantiate: (one, take) => this.#instantiate(one, take) })
      if (isThenable(this.run(module))) throw cannotWait(specifier, importer)
    } catch (error) {
      throw error instanceof ModuleFailure ? error.thrown : error
    }
    return module.commonJs ?? { exports: module.code ? module.namespace : module.json }
  }

  #settle(): void {
    for (const module of this.#modules.values()) {
      settleExports(module)
      module.values = undefined
    }
  }

  #moduleFor(target: Extract<ImportTarget, { kind: 'own' }>, importedBy?: FilePlace): OwnModule {
    let module = this.#modules.get(target.url)
    if (!module) {
      module = new OwnModule(target.url, target.file, importedBy)
      this.#modules.set(target.url, module)
    }
    return module
  }

  async #link(entry: OwnModule): Promise<void> {
    await this.#prepareGraph(entry)
    const starting: unknown[] = []
    link(entry, {
      instantiate: (module, take) => {
        starting.push(this.#instantiate(module, take))
      },
    })
    // An async module is at its start a moment later than others.
    if (starting.some(isThenable)) await Promise.all(starting)
  }

  async #prepareGraph(root: OwnModule): Promise<void> {
    const seen = new Set<OwnModule>()
    const waiting: PromiseLike<void>[] = []
    const problems: unknown[] = []
    const visit = (module: OwnModule, mayFail = false): void => {
      if (seen.has(module)) return
      seen.add(module)
      const failed = (error: unknown): void => {
        // To be tried again by whoever asks next; `require` in a `try` may ask for what is not there.
        this.#modules.delete(module.url)
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
    visit(root)
    while (waiting.length > 0) await Promise.all(waiting.splice(0))
    if (problems.length > 0) throw problems[0]
  }

  /** Reads and compiles a module, and resolves its requests. */
  #prepare(module: OwnModule): Awaitable<void> {
    if (module.ready === true) return
    if (module.ready) return module.ready
    this.#read.files.add(module.file)
    const source = readSource(module.file)
    if (module.file.endsWith('.json')) {
      module.json = parseJson(source.text, module.file)
      module.ready = true
      return
    }
    if (!SOURCE_EXTENSIONS.some((extension) => module.file.endsWith(extension))) {
      throw new LoadProblem('CFP_FILE_UNSUPPORTED', 'only TypeScript, JavaScript and JSON files are evaluated', {
        file: module.file,
      })
    }
    const compiled = this.#parts.compiler.compile(module.url, module.file, source)
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

  #take(module: OwnModule, compiled: CompiledModule): Awaitable<void> {
    module.compiled = compiled
    const { compiler, resolver } = this.#parts
    const { kind, requests, usesMeta } = compiled.code
    const waiting: Promise<unknown>[] = []
    if (usesMeta || requests.some(({ specifier }) => resolver.needsPackages(specifier))) waiting.push(resolver.ready())
    // `require` can't wait for it.
    if (kind === 'commonjs') waiting.push(compiler.ready())
    if (waiting.length === 0) return this.#resolveRequests(module)
    return Promise.all(waiting).then(() => this.#resolveRequests(module))
  }

  #resolveRequests(module: OwnModule): Awaitable<void> {
    const waiting: PromiseLike<void>[] = []
    const { resolver, hostModules } = this.#parts
    const dependencies: Dependency[] = []
    for (const [index, { specifier, line, column }] of (module.code?.requests ?? []).entries()) {
      const place = { file: module.file, line, column }
      const target = resolver.resolve(specifier, module, this.#read, place)
      if (target.kind === 'own') {
        dependencies[index] = this.#moduleFor(target, place)
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
      if (target.kind === 'own') module.required.push(this.#moduleFor(target, { file: module.file }))
    } catch {
      // It may be in a branch that is never taken: `require` itself reports it.
    }
  }

  /** Makes an instance of a module and lets it hand out its exports. */
  #instantiate(module: OwnModule, takeExports: TakeExports): unknown {
    const { compiled } = module
    if (!compiled) return
    const importFunction = compiled.code.usesImport ? importerFor(this, module) : undefined
    if (compiled.code.kind === 'commonjs') {
      module.run = commonJsRunner(this, module, compiled.instantiate, importFunction)
      return
    }
    const meta = compiled.code.usesMeta ? metaFor(module, this.#parts.resolver, this.#read) : undefined
    const namespaces = module.dependencies.map(({ namespace }) => namespace)
    // Not as a method: `this` is undefined in a module.
    const { instantiate } = compiled
    const steps = instantiate(takeExports, meta, importFunction, ...namespaces) as Generator | AsyncGenerator
    const first = steps.next()
    module.run = runnerOf(module, steps)
    return first
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

function importProblem(specifier: string, place: FilePlace, error: unknown): LoadProblem {
  const missing = (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_MODULE_NOT_FOUND'
  return new LoadProblem(
    missing ? 'CFP_MODULE_MISSING' : 'CFP_IMPORT_FAILED',
    `"${specifier}", a module of the host, could not be imported: ${messageOf(error)}`,
    place,
    error,
  )
}

function cannotWait(specifier: string, importer: OwnModule): LoadProblem {
  const why = 'needs to wait (for a top-level await, or for TypeScript that no import() or literal require() names)'
  return new LoadProblem('CFP_IMPORT_FAILED', `require("${specifier}") ${why}: use import()`, { file: importer.file })
}

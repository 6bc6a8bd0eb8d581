// One load of a plugin: its modules, fresh, from reading them to running them.
import { pathToFileURL } from 'node:url'
import { type Awaitable, isThenable } from '@cf-plugins/plugin-api'
import { commonJsRunner } from './commonjs.ts'
import { Evaluator, ModuleFailure } from './evaluate.ts'
import type { KeptModules } from './image.ts'
import { link, type TakeExports } from './link.ts'
import { importError } from './load-error.ts'
import { LoadProblem } from './load-problem.ts'
import { type Importing, importerFor, metaFor, runnerOf } from './module-bindings.ts'
import { type LoaderParts, ModuleGraph, type ReadFiles } from './module-graph.ts'
import { settleExports } from './namespace.ts'
import type { OwnModule } from './own-module.ts'
import { isPathSpecifier } from './resolve.ts'

/**
 * A plugin's own module graph. Everything of it is held by what the plugin exports, and by nothing of the loader: when
 * the host lets go of the exports, the generation is collected.
 */
export class Generation implements Importing {
  readonly #parts: LoaderParts
  readonly #read: ReadFiles
  readonly #graph: ModuleGraph
  readonly #evaluator = new Evaluator()

  readonly #entry: string

  constructor(parts: LoaderParts, entry: string, read: ReadFiles) {
    this.#entry = entry
    this.#parts = parts
    this.#read = read
    this.#graph = new ModuleGraph(parts, read)
  }

  /** What was read for it until now. */
  get kept(): KeptModules {
    return this.#graph.kept
  }

  /** Modules that are waiting in a top-level await. */
  get pending(): readonly OwnModule[] {
    return this.#evaluator.pending
  }

  /**
   * Reads and links the graph of the entry file, which runs nothing of it.
   * @throws LoadProblem
   */
  async prepare(): Promise<OwnModule> {
    const entry = this.#graph.moduleFor({ kind: 'own', file: this.#entry, url: pathToFileURL(this.#entry).href })
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
      if (resolver.needsPackages(specifier, importer)) await resolver.ready()
      const target = resolver.resolve(specifier, importer, this.#read, place)
      importer.links.set(specifier, target)
      if (target.kind === 'host') return await this.#parts.hostModules.load(target)
      const module = this.#graph.moduleFor(target, place)
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
    importer.links.set(specifier, target)
    if (target.kind === 'host') return undefined
    const module = this.#graph.moduleFor(target, { file: importer.file })
    if (module.commonJs) return module.commonJs
    try {
      if (!this.#graph.prepareAtOnce(module)) throw cannotWait(specifier, importer)
      link(module, { instantiate: (one, take) => this.#instantiate(one, take) })
      if (isThenable(this.run(module))) throw cannotWait(specifier, importer)
    } catch (error) {
      throw error instanceof ModuleFailure ? error.thrown : error
    }
    return module.commonJs ?? { exports: module.code ? module.namespace : module.json }
  }

  #settle(): void {
    for (const module of this.#graph.modules) {
      settleExports(module)
      module.values = undefined
    }
  }

  async #link(entry: OwnModule): Promise<void> {
    await this.#graph.prepareFrom(entry)
    const starting: unknown[] = []
    link(entry, {
      instantiate: (module, take) => {
        starting.push(this.#instantiate(module, take))
      },
    })
    // An async module is at its start a moment later than others.
    if (starting.some(isThenable)) await Promise.all(starting)
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

function cannotWait(specifier: string, importer: OwnModule): LoadProblem {
  const why = 'needs to wait (for a top-level await, or for TypeScript that no import() or literal require() names)'
  return new LoadProblem('CFP_IMPORT_FAILED', `require("${specifier}") ${why}: use import()`, { file: importer.file })
}

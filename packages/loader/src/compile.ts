// From a file's text to a function that makes instances of its module; each text is compiled once.
import type { Awaitable } from '@cf-plugins/plugin-api'
import type { CachePack } from './cache-pack.ts'
import type { CompileCache } from './compile-cache.ts'
import { evaluateSource, type ModuleFunction, mappingsIn } from './evaluate-source.ts'
import type { ModuleCode } from './module-code.ts'
import { ModuleSystems } from './module-system.ts'
import type { prepare } from './prepare.ts'
import type { SourceText } from './read-source.ts'
import { isTypeScript, TypeScriptTransform } from './transform.ts'

export interface CompiledModule {
  readonly code: ModuleCode
  readonly instantiate: ModuleFunction
}

/** Compiles files, and remembers the last text of each: a reload compiles only what changed. */
export class Compiler {
  readonly #cache: CompileCache | undefined
  readonly #transform = new TypeScriptTransform()
  readonly #systems = new ModuleSystems()
  readonly #last = new Map<string, { readonly hash: string; readonly compiled: CompiledModule }>()
  #prepare: typeof prepare | undefined

  constructor(cache?: CompileCache) {
    this.#cache = cache
  }

  /** What is kept on disk for the modules of an entry file: for `compile`, and to be saved after it. */
  packOf(entry: string): CachePack | undefined {
    return this.#cache?.packOf(entry)
  }

  /** At once where it was compiled before, here or on disk. @throws LoadProblem `CFP_SYNTAX` */
  compile(url: string, file: string, source: SourceText, pack?: CachePack): Awaitable<CompiledModule> {
    const last = this.#last.get(url)
    if (last?.hash === source.hash) return last.compiled
    const system = this.#systems.of(file)
    const typescript = isTypeScript(file)
    const key = pack ? `${source.hash} ${system} ${typescript ? this.#transform.version : ''}` : ''
    const finish = (code: ModuleCode): CompiledModule => {
      const compiled = { code, instantiate: evaluateSource(code.code, url) }
      // Oldest first out: a plugin may import its files with ever new queries.
      const [oldest] = this.#last.size < MOST_REMEMBERED ? [] : this.#last.keys()
      if (oldest !== undefined) this.#last.delete(oldest)
      this.#last.delete(url)
      this.#last.set(url, { hash: source.hash, compiled })
      return compiled
    }
    const make = (prepared: typeof prepare, text: string, mappings?: string): CompiledModule => {
      const code = prepared({ text, system, file, url, ...(mappings === undefined ? {} : { mappings }) })
      const compiled = finish(code)
      pack?.add(url, key, code)
      return compiled
    }
    const makeWith = (prepared: typeof prepare): Awaitable<CompiledModule> => {
      if (!typescript) return make(prepared, source.text)
      return this.#transform.run(source.text, file, ({ code, mappings }) => make(prepared, code, mappings))
    }

    const cached = pack?.take(url, key)
    if (cached) {
      try {
        return finish(cached)
      } catch {
        // Not what was written: made anew.
      }
    }
    return this.#prepare ? makeWith(this.#prepare) : this.ready().then(makeWith)
  }

  /** The same of code that was compiled elsewhere. */
  take(url: string, code: ModuleCode): CompiledModule {
    const compiled = { code, instantiate: evaluateSource(code.code, url) }
    this.#last.set(url, { hash: '', compiled })
    return compiled
  }

  get isReady(): boolean {
    return this.#prepare !== undefined
  }

  /** Loads what makes files ready to run, so that JavaScript compiles at once. */
  async ready(): Promise<typeof prepare> {
    this.#prepare ??= (await import('./prepare.ts')).prepare
    return this.#prepare
  }

  /** Source map of the running code of a file. */
  mappingsOf(url: string): string | undefined {
    const last = this.#last.get(url)
    return last && mappingsIn(last.compiled.code.code)
  }
}

const MOST_REMEMBERED = 10_000

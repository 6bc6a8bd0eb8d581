// From a file's text to a function that makes instances of its module; each text is compiled once.
import type { Awaitable } from '@cf-plugins/plugin-api'
import { wrapCommonJs } from './commonjs-code.ts'
import type { CompileCache } from './compile-cache.ts'
import { evaluateSource, type ModuleFunction } from './evaluate-source.ts'
import type { ModuleCode } from './module-code.ts'
import { ModuleSystems } from './module-system.ts'
import { type ModuleSystem, parseModule } from './parse.ts'
import { Positions } from './positions.ts'
import type { SourceText } from './read-source.ts'
import { rewriteModule } from './rewrite.ts'
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

  constructor(cache?: CompileCache) {
    this.#cache = cache
  }

  /** At once where nothing has to be transformed. @throws LoadProblem `CFP_SYNTAX` */
  compile(url: string, file: string, source: SourceText): Awaitable<CompiledModule> {
    const last = this.#last.get(url)
    if (last?.hash === source.hash) return last.compiled
    const system = this.#systems.of(file)
    const key = isTypeScript(file) ? `${source.hash} ${system} ${this.#transform.version}` : `${source.hash} ${system}`
    const cached = this.#cache?.get(key)
    if (cached) return this.#remember(url, source, cached)
    if (!isTypeScript(file)) {
      const code = prepare(source.text, system, file)
      this.#cache?.set(key, code)
      return this.#remember(url, source, code)
    }
    return this.#transform.run(source.text, file).then(({ code: script, mappings }) => {
      const code = prepare(script, system, file, mappings)
      this.#cache?.set(key, code)
      return this.#remember(url, source, code)
    })
  }

  /** Where a place in the running code of a file stands in the file. */
  mappingsOf(url: string): string | undefined {
    return this.#last.get(url)?.compiled.code.mappings
  }

  #remember(url: string, { hash }: SourceText, code: ModuleCode): CompiledModule {
    const compiled = { code, instantiate: evaluateSource(code.code, url, code.mappings) }
    this.#last.set(url, { hash, compiled })
    return compiled
  }
}

function prepare(text: string, system: ModuleSystem, file: string, mappings?: string): ModuleCode {
  const positions = new Positions(text, mappings)
  const parsed = parseModule(text, system, file, positions)
  return parsed.kind === 'esm'
    ? rewriteModule({ code: text, ...parsed, positions })
    : wrapCommonJs(text, parsed, positions)
}

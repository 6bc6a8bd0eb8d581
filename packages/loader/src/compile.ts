// From a file's text to a function that makes instances of its module; each text is compiled once.
import type { Stats } from 'node:fs'
import type { Awaitable } from '@cf-plugins/plugin-api'
import type { CachePack, PackedModule, PackKey } from './cache-pack.ts'
import type { CompileCache } from './compile-cache.ts'
import { evaluateKept, evaluateSource, type ModuleFunction, mappingsIn } from './evaluate-source.ts'
import { type FileIdentity, isSameFile } from './file-identity.ts'
import type { ModuleCode } from './module-code.ts'
import { ModuleSystems } from './module-system.ts'
import type { prepare } from './prepare.ts'
import type { SourceText } from './read-source.ts'
import { isTypeScript, TypeScriptTransform } from './transform.ts'

export interface CompiledModule {
  readonly code: ModuleCode
  readonly instantiate: ModuleFunction
}

/** The last that was compiled of a file. */
interface Compiled {
  /** SHA-256 of the file's bytes. */
  readonly hash: string
  readonly identity: FileIdentity | undefined
  readonly compiled: CompiledModule
}

/** Compiles files, and remembers the last text of each: a reload compiles, and reads, only what changed. */
export class Compiler {
  readonly #cache: CompileCache | undefined
  readonly #transform = new TypeScriptTransform()
  readonly #systems = new ModuleSystems()
  readonly #last = new Map<string, Compiled>()
  #prepare: typeof prepare | undefined

  constructor(cache?: CompileCache) {
    this.#cache = cache
  }

  /** What was compiled, now or at another time, of a file that by its `stats` is still the same. */
  unread(
    url: string,
    file: string,
    stats: Stats,
  ): { readonly hash: string; readonly compiled: CompiledModule } | undefined {
    const last = this.#last.get(url)
    if (last) return isSameFile(last.identity, stats) ? last : undefined
    const kept = this.#pack?.unread(url, this.#howOf(file), stats)
    const { ino, size, mtimeMs, ctimeMs } = stats
    return kept && this.#evaluate(kept, { url, hash: kept.hash, identity: [ino, size, mtimeMs, ctimeMs] })
  }

  /** At once where it was compiled before, here or on disk. @throws LoadProblem `CFP_SYNTAX` */
  compile(url: string, file: string, source: SourceText): Awaitable<CompiledModule> {
    const { hash, identity } = source
    const last = this.#last.get(url)
    if (last?.hash === hash) {
      if (identity) this.#last.set(url, { ...last, identity })
      return last.compiled
    }
    const key = { url, hash, identity, how: this.#pack ? this.#howOf(file) : '' }
    const kept = this.#pack?.take(key)
    const evaluated = kept && this.#evaluate(kept, key)
    if (evaluated) return evaluated.compiled
    return this.#prepare
      ? this.#make(this.#prepare, file, source, key)
      : this.ready().then((prepared) => this.#make(prepared, file, source, key))
  }

  /** The same of code that was compiled elsewhere. */
  take(url: string, code: ModuleCode): CompiledModule {
    const compiled = { code, instantiate: evaluateSource(code.code, url) }
    this.#last.set(url, { hash: '', identity: undefined, compiled })
    return compiled
  }

  /** Keeps on disk what was compiled since the last time. */
  save(): void {
    this.#pack?.save()
  }

  /** Lets go of what is kept on disk and nobody has asked for. */
  release(): void {
    this.#pack?.release()
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

  get #pack(): CachePack | undefined {
    return this.#cache?.pack
  }

  #howOf(file: string): string {
    return `${this.#systems.of(file)} ${isTypeScript(file) ? this.#transform.version : ''}`
  }

  #make(prepared: typeof prepare, file: string, { text }: SourceText, key: PackKey): Awaitable<CompiledModule> {
    const { url } = key
    const system = this.#systems.of(file)
    const make = (javascript: string, mappings?: string): CompiledModule => {
      const code = prepared({ text: javascript, system, file, url, ...(mappings === undefined ? {} : { mappings }) })
      const compiled = { code, instantiate: this.#evaluateMade(code, key) }
      this.#remember(key, compiled)
      return compiled
    }
    if (!isTypeScript(file)) return make(text)
    return this.#transform.run(text, file, ({ code, mappings }) => make(code, mappings))
  }

  #evaluateMade(code: ModuleCode, key: PackKey): ModuleFunction {
    const pack = this.#pack
    // Of a file that is edited the next start compiles the last edit: V8's part of the others is in vain.
    if (!pack || this.#last.has(key.url)) {
      pack?.add(key, code, undefined)
      return evaluateSource(code.code, key.url)
    }
    const { instantiate, data } = evaluateKept(code.code, key.url)
    pack.add(key, code, data?.())
    return instantiate
  }

  /** Nothing where it is not what was written: it is made anew. */
  #evaluate({ code, data }: PackedModule, key: Omit<PackKey, 'how'>): Compiled | undefined {
    try {
      const evaluated = evaluateKept(code.code, key.url, data)
      return this.#remember(key, { code, instantiate: evaluated.instantiate })
    } catch {
      return undefined
    }
  }

  #remember({ url, hash, identity }: Omit<PackKey, 'how'>, compiled: CompiledModule): Compiled {
    // Oldest first out: a plugin may import its files with ever new queries.
    const [oldest] = this.#last.size < MOST_REMEMBERED ? [] : this.#last.keys()
    if (oldest !== undefined) this.#last.delete(oldest)
    const last = { hash, identity, compiled }
    this.#last.delete(url)
    this.#last.set(url, last)
    return last
  }
}

const MOST_REMEMBERED = 10_000

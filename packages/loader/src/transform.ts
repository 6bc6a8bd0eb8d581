// TypeScript to JavaScript: by oxc in this process where that gives what esbuild would, by esbuild for all the rest.
import type { Awaitable } from '@cf-plugins/plugin-api'
import { Esbuild } from './esbuild.ts'
import { Oxc } from './oxc.ts'

export interface Transformed {
  readonly code: string
  /** Of a version 3 source map from `code` to the file. */
  readonly mappings: string
}

const TYPESCRIPT = /\.[mc]?ts$/

export function isTypeScript(file: string): boolean {
  return TYPESCRIPT.test(file)
}

/** Turns TypeScript into JavaScript. What it does depends on nothing but its arguments and `version`. */
export class TypeScriptTransform {
  readonly #oxc = new Oxc()
  readonly #esbuild = new Esbuild()

  /** Changes whenever the output may. */
  get version(): string {
    return `${this.#oxc.version} ${this.#esbuild.version}`
  }

  /**
   * Gives each transform's output to `use` until one is taken: what `use` throws of the first, which may have left in
   * what JavaScript does not have yet, is the second's to answer.
   *
   * @throws LoadProblem `CFP_SYNTAX` with line and column; `CFP_FILE_UNSUPPORTED` where no process may be started
   */
  run<T>(text: string, file: string, use: (transformed: Transformed) => T): Awaitable<T> {
    if (!this.#oxc.isReady) return this.#oxc.ready().then(() => this.run(text, file, use))
    const transformed = this.#oxc.run(text, file)
    if (transformed) {
      try {
        return use(transformed)
      } catch {
        // Decorators, and what is wrong with the file: esbuild lowers the ones and finds the words for the other.
      }
    }
    return this.#esbuild.run(text, file).then(use)
  }
}

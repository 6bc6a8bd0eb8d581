// TypeScript to JavaScript by oxc: in this process, at a twentieth of the cost of asking esbuild's.
import { createRequire } from 'node:module'
import type { TransformOptions, transformSync } from 'oxc-transform'
import type { Transformed } from './transform.ts'

/** It is there once `ready` has come to its end; on a platform that oxc is not built for it takes no file. */
export class Oxc {
  #version: string | undefined
  #transform: typeof transformSync | false | undefined

  /** Changes whenever the output may. */
  get version(): string {
    this.#version ??= `${versionOf()} ${JSON.stringify(OPTIONS)}`
    return this.#version
  }

  get isReady(): boolean {
    return this.#transform !== undefined
  }

  async ready(): Promise<void> {
    try {
      this.#transform ??= (await import('oxc-transform')).transformSync
    } catch {
      // Not built for this platform, or no native code may be loaded here: esbuild does it all.
      this.#transform = false
    }
  }

  /** Nothing where only esbuild's output is sure to mean what the file does. It may leave in what JavaScript does not have. */
  run(text: string, file: string): Transformed | undefined {
    if (!this.#transform || file.endsWith('.cts') || ESBUILDS_OWN.test(text)) return undefined
    const { code, map, errors, helpersUsed } = this.#transform(file, text, OPTIONS)
    // What needs a helper would import it from a package of oxc's.
    if (!map || errors.length > 0 || Object.keys(helpersUsed).length > 0) return undefined
    return { code, mappings: map.mappings }
  }
}

const OPTIONS = {
  lang: 'ts',
  sourceType: 'module',
  target: 'node20',
  sourcemap: true,
} as const satisfies TransformOptions

/**
 * What oxc leaves in (decorators, `accessor`: most are seen here, and none gets past the parser), declares otherwise (an enum is a
 * `let`, `import a = b` a `var`), or supports in part (namespaces). In a comment it does no harm.
 */
const ESBUILDS_OWN =
  /^\s*@[\w(]|\b(?:accessor|enum|namespace)\b|\bmodule\s+[\w$.]+\s*\{|\bimport\s+(?:type\s+)?[\w$]+\s*=|\bexport\s*=/m

function versionOf(): string {
  try {
    return `oxc ${(createRequire(import.meta.url)('oxc-transform/package.json') as { version: string }).version}`
  } catch {
    return ''
  }
}

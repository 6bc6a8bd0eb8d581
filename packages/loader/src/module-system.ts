// Whether a file is an ES module or CommonJS, as far as names and package.json files tell.
import { readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import type { ModuleSystem } from './parse.ts'
import { isTypeScript } from './transform.ts'

/** Remembers the `type` of each folder: like everything in a package.json, a change of it needs a restart. */
export class ModuleSystems {
  readonly #types = new Map<string, ModuleSystem>()

  of(file: string): ModuleSystem {
    const extension = extname(file)
    if (extension === '.cjs' || extension === '.cts') return 'commonjs'
    if (extension === '.mjs' || isTypeScript(file)) return 'esm'
    return this.#ofFolder(dirname(file))
  }

  #ofFolder(folder: string): ModuleSystem {
    const known = this.#types.get(folder)
    if (known) return known
    const parent = dirname(folder)
    const type = typeIn(folder) ?? (parent === folder ? 'detect' : this.#ofFolder(parent))
    this.#types.set(folder, type)
    return type
  }
}

function typeIn(folder: string): ModuleSystem | undefined {
  try {
    const { type } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { type?: unknown }
    return type === 'module' ? 'esm' : 'detect'
  } catch {
    return undefined
  }
}

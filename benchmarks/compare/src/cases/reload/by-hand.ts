// The floor of a reload: told which file was saved, reads it, looks at all others, compiles the one, and runs all anew. It knows how the
// plugin is written and so parses nothing; it has no errors, no isolation, no cycles, and no live bindings.
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { compileFunction } from 'node:vm'

type Exports = Record<string, unknown>
type Run = (imported: (specifier: string) => Exports, exported: Exports) => void
type Transform = (file: string, text: string) => string

interface Module {
  readonly run: Run
  readonly mtimeMs: number
}

/** The modules of one plugin. */
export class ModulesByHand {
  readonly #modules = new Map<string, Module>()
  readonly #entry: string
  readonly #transform: Transform

  /** @param transform from the file's language to JavaScript */
  constructor(entry: string, transform: Transform = (_file, text) => text) {
    this.#entry = entry
    this.#transform = transform
  }

  /** Runs all modules anew. @param saved the file that was */
  evaluate(saved?: string): Exports {
    for (const [file, { mtimeMs }] of this.#modules) {
      if (file === saved || statSync(file).mtimeMs !== mtimeMs) this.#modules.delete(file)
    }
    const evaluated = new Map<string, Exports>()
    const evaluate = (file: string): Exports => {
      const before = evaluated.get(file)
      if (before !== undefined) return before
      const exported: Exports = {}
      evaluated.set(file, exported)
      const folder = dirname(file)
      this.#moduleOf(file).run((specifier) => evaluate(join(folder, specifier)), exported)
      return exported
    }
    return evaluate(this.#entry)
  }

  #moduleOf(file: string): Module {
    const known = this.#modules.get(file)
    if (known !== undefined) return known
    const { mtimeMs } = statSync(file)
    const code = this.#transform(file, readFileSync(file, 'utf8'))
      .replaceAll(/^import (\{.*\}) from (['"].*['"]);?$/gm, 'const $1 = imported($2)')
      .replaceAll(/^export const (\w+) =/gm, 'const $1 = exported.$1 =')
      .replaceAll(/^export function (\w+)/gm, 'exported.$1 = $1\nfunction $1')
    const run = compileFunction(code, ['imported', 'exported'], { filename: file }) as Run
    const module = { run, mtimeMs }
    this.#modules.set(file, module)
    return module
  }
}

/** TypeScript by a native transform in this process, with the source map that a host needs for its stacks. */
export async function nativeTransform(): Promise<Transform> {
  const { transformSync } = await import('oxc-transform')
  return (file, text) => transformSync(file, text, { sourcemap: true, target: 'node20' }).code
}

// TypeScript to JavaScript by esbuild, a process of its own, which is started when the first file needs it.
import { createRequire } from 'node:module'
import type { TransformOptions, TransformResult } from 'esbuild'
import { LoadProblem } from './load-problem.ts'
import type { Transformed } from './transform.ts'

const requireHere = createRequire(import.meta.url)

/** Takes all of TypeScript, TC39 decorators included. */
export class Esbuild {
  #version: string | undefined
  #transform: ((text: string, options: TransformOptions) => Promise<TransformResult>) | undefined

  /** Changes whenever the output may. */
  get version(): string {
    this.#version ??= `${requireHere('esbuild/package.json').version} ${JSON.stringify(OPTIONS)}`
    return this.#version
  }

  /** @throws LoadProblem `CFP_SYNTAX` with line and column; `CFP_FILE_UNSUPPORTED` where no process may be started */
  async run(text: string, file: string): Promise<Transformed> {
    // Not by `import()`, which would search all of its CommonJS for exports first.
    this.#transform ??= (requireHere('esbuild') as typeof import('esbuild')).transform
    const options: TransformOptions = { ...OPTIONS, sourcefile: file }
    try {
      const result = await this.#transform(text, file.endsWith('.cts') ? { ...options, format: 'cjs' } : options)
      return { code: result.code, mappings: (JSON.parse(result.map) as { mappings: string }).mappings }
    } catch (error) {
      throw asProblem(error, file)
    }
  }
}

const OPTIONS = {
  loader: 'ts',
  target: 'node20',
  // Or `with { type: 'json' }` would be dropped.
  supported: { 'import-attributes': true },
  sourcemap: 'external',
  sourcesContent: false,
  logLevel: 'silent',
  legalComments: 'none',
  // The same whatever stands around the plugin.
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: true } },
} as const satisfies TransformOptions

interface EsbuildFailure {
  readonly errors: readonly {
    readonly text: string
    readonly location: { line: number; column: number; lineText: string } | null
  }[]
}

function asProblem(error: unknown, file: string): unknown {
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ERR_ACCESS_DENIED') {
    const why =
      'TypeScript is compiled by a process of its own, which a restricted thread may not start: import it statically, so that the host compiles it, or write it in JavaScript'
    return new LoadProblem('CFP_FILE_UNSUPPORTED', why, { file }, error)
  }
  if (!(error instanceof Error) || !('errors' in error)) return error
  const [first] = (error as Error & EsbuildFailure).errors
  if (!first) return error
  const { location } = first
  // esbuild counts bytes.
  const column = location && Buffer.from(location.lineText).subarray(0, location.column).toString().length + 1
  return new LoadProblem('CFP_SYNTAX', first.text, { file, line: location?.line, column: column ?? undefined }, error)
}

// Compiles one fixture with each compiler that authors use, and evaluates what came out against this very package.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import { type TransformOptions, transform } from 'esbuild'
import ts from 'typescript'
import * as api from '../../src/index.ts'

/** How each compiler turns the fixture into CommonJS that Node 20 runs. */
export const compilers: Readonly<Record<string, (source: string) => Promise<string>>> = {
  esbuild: async (source) => (await transform(source, { loader: 'ts', format: 'cjs', target: 'node20' })).code,
  'esbuild, minified': async (source) =>
    (await transform(source, { loader: 'ts', format: 'cjs', target: 'node20', minify: true })).code,
  tsc: async (source) => tsc(source, {}),
  'tsc with useDefineForClassFields off': async (source) => tsc(source, { useDefineForClassFields: false }),
  'tsc for es2021, where #private members are lowered': async (source) =>
    tsc(source, { target: ts.ScriptTarget.ES2021 }),
}

/** The exports of a fixture, compiled. */
export async function evaluate(
  compile: (source: string) => Promise<string>,
  fixture: string,
): Promise<Record<string, unknown>> {
  const source = await readFile(join(import.meta.dirname, '../fixtures', fixture), 'utf8')
  const module = { exports: {} as Record<string, unknown> }
  compileFunction(await compile(source), ['require', 'module', 'exports'])(() => api, module, module.exports)
  return module.exports
}

/** What `result` is once `code`, plain JavaScript with decorators, has run. */
export async function run(code: string, result = 'undefined', options: TransformOptions = {}): Promise<unknown> {
  const compiled = await transform(code, { target: 'node20', ...options })
  const { plugin, hook, inject } = api
  return compileFunction(`${compiled.code}; return ${result}`, ['plugin', 'hook', 'inject'])(plugin, hook, inject)
}

function tsc(source: string, options: ts.CompilerOptions): string {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, ...options },
  })
  return outputText
}

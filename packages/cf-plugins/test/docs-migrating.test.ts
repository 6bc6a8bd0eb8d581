// What the guide for those who come from something else says is here is here: each name is known, and each piece of code compiles.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it, onTestFinished } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')

/** What the pieces of code refer to. */
const PREAMBLE = `
import * as cf from 'cf-plugins'
import { callEither, createDefinePlugin, definePlugin, hookRef, PluginManager, type PluginMeta, serviceRef } from 'cf-plugins'
type App = { readonly routes: string[] }
class Notes extends cf.ResourcePlugin { override readonly resourceDir = '' }
/** Everything with a name that plugins and hosts write. */
type Name = keyof typeof cf | keyof cf.PluginInstance | keyof PluginMeta | keyof cf.HandlerOptions | keyof cf.HookRefOptions
  | keyof cf.PluginHooks | keyof cf.PluginContext | keyof Notes
interface Page { readonly name: string }
type T = { readonly a: 1 }
declare const context: cf.PluginContext & cf.EventContext
declare const timeouts: cf.PluginTimeouts
declare const hooks: cf.PluginHooks
declare const manager: cf.PluginManager
declare const { inject }: cf.PluginContext
declare const register: (app: unknown, context: cf.PluginContext) => object
declare const handleEvent: NonNullable<cf.PluginInstance['handleEvent']>
declare const event: never, app: never, fn: () => void, call: () => 1, args: [], done: () => 2, failed: () => 3
declare const ref: cf.HookRef<() => void, 'series'> & cf.ServiceRef<() => 1>, make: () => () => 1, definition: cf.DefinedPlugin
declare const priority: 'high', before: string, after: string, dependencies: string[], setup: () => void
`

/** The code that a piece of the guide stands for. */
function compilable(piece: string): string {
  const code = piece.replace('= {...}', "= { name: 'a', version: '1.0.0' }").replace(/, \.\.\.\)/g, ')')
  if (/^@?\w+$/.test(code)) return `'${code.replace('@', '')}' satisfies Name`
  if (code.startsWith('{')) return `(${code}) satisfies cf.HandlerOptions | cf.HookRefOptions`
  if (/^\w+: /.test(code)) return `({ ${code} }) satisfies Partial<PluginMeta>`
  if (code.startsWith('definePlugin(')) return code.replace('({', "({ name: 'a', version: '1.0.0',")
  return code.replace(/^export /, '')
}

it('names what there is, and shows code that compiles', async () => {
  const guide = await readFile(join(ROOT, 'docs/migrating.md'), 'utf8')
  const pieces = new Set<string>()
  for (const [, there = '', here = ''] of guide.matchAll(/^\| (.+?) \| (.+) \|$/gm)) {
    // What is the same is named there.
    const names = here.startsWith('the same') ? (there.match(/`[A-Z][a-z]\w+`/g) ?? []) : (here.match(/`[^`]+`/g) ?? [])
    for (const name of names) pieces.add(name.slice(1, -1))
  }
  expect(pieces.size).toBeGreaterThan(60)
  expect(pieces).toContain('HotReloader')
  const code = [...pieces].filter((piece) => !/^(cf run|cf-plugins:|series$|parallel$|waterfall$|bail$)/.test(piece))
  // Below this package, so that its import is found.
  const parent = join(import.meta.dirname, '../node_modules/.docs')
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, 'migrating-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'pieces.ts')
  await writeFile(file, `${PREAMBLE}${code.map((piece) => `{ ${compilable(piece)} }`).join('\n')}\n`)

  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT)
  const program = ts.createProgram([file], {
    ...options,
    ...{
      noEmit: true,
      noUnusedLocals: false,
      noUnusedParameters: false,
      typeRoots: [join(ROOT, 'node_modules/@types')],
    },
  })
  const source = program.getSourceFile(file)
  const problems = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
  const told = problems.map(({ start = 0, messageText }) => {
    const { line = 0 } = source?.getLineAndCharacterOfPosition(start) ?? {}
    return `${source?.text.split('\n')[line]}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
  expect(told).toEqual([])
}, 120_000)

// Every way to write a plugin, on the host's event loop and in a thread of its own, in a folder without node_modules,
// across a reload, a rollback and a disable.
import ts from 'typescript'
import { expect, it } from 'vitest'
import { PluginFolder } from './plugin-folder.ts'

/** As whoever calls it sees it: in a thread it is awaited. */
interface Counter {
  increment(): number | Promise<number>
}

type Execution = 'inline' | 'worker'
type Source = (step: number, setup: string, execution: Execution) => string

/** A class with decorators and private members, as its author writes it. */
const decorated: Source = (step, setup, execution) => `
import { BasePlugin, hook, inject, plugin, serviceRef } from 'cf-plugins'
const Clock = serviceRef<{ now(): number | Promise<number> }>('clock')
@plugin({ name: 'counter', version: '1.0.0', execution: '${execution}' })
export default class Counter extends BasePlugin {
  @inject(Clock) accessor clock!: { now(): number | Promise<number> }
  #count = 0
  static #made = 0
  override async setup() { Counter.#made++; if ((await this.clock.now()) < 0) throw new Error('no time'); ${setup} }
  #add(step: number) { this.#count += step; return this.#count }
  increment() { return this.#add(${step}) }
  @hook('ask') answer() { return #count in this ? ${step} : -1 }
  override getReloadState() { return { count: this.#count } }
  override setReloadState(state: { count: number }) { this.#count = state.count }
}
`
const byModule: Source = (step, setup, execution) => `
import { BasePlugin } from '@cf-plugins/plugin-api'
export const PLUGIN_META = { name: 'counter', version: '1.0.0', dependencies: ['clock'], execution: '${execution}' }
export const register = (app, context) => new Counter(app, context)
class Counter extends BasePlugin {
  #count = 0
  setup() { this.context.hooks.on('ask', () => ${step}); ${setup} }
  increment() { return (this.#count += ${step}) }
  getReloadState() { return this.#count }
  setReloadState(count) { this.#count = count }
}
`
const byDefinition: Source = (step, setup, execution) => `
import { definePlugin } from 'cf-plugins'
import { add } from './_add.ts'
let count = 0
export default definePlugin({
  name: 'counter', version: '1.0.0', dependencies: ['clock'], execution: '${execution}',
  setup({ hooks, inject }) { inject('clock'); hooks.on('ask', () => ${step}); ${setup}; return { increment: () => (count = add(count, ${step})) } },
  state: { save: () => count, restore: (saved: number) => { count = saved } },
})
`

/** The same as a JavaScript file, as `tsc` writes it. */
function byTsc(source: string): string {
  const { outputText, diagnostics } = ts.transpileModule(source, {
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, useDefineForClassFields: true },
  })
  expect(diagnostics).toEqual([])
  expect(outputText).toContain('__esDecorate')
  return outputText
}

const FORMS: [string, string, Source][] = [
  ['a decorated class, in TypeScript', 'counter.ts', decorated],
  ['a decorated class that tsc compiled', 'counter.js', (...of) => byTsc(decorated(...of))],
  ['PLUGIN_META and register, in JavaScript', 'counter.mjs', byModule],
  ['a definition with a helper', 'counter/index.ts', byDefinition],
]

it.each([
  ...FORMS.map(([what, file, source]) => ({ what, file, source, execution: 'inline' as const })),
  ...FORMS.map(([what, file, source]) => ({
    what: `${what}, in a thread`,
    file,
    source,
    execution: 'worker' as const,
  })),
])('keeps the state, the hooks and the users of $what', async ({ file, source: sourceOf, execution }) => {
  const source = (step: number, setup: string) => sourceOf(step, setup, execution)
  const folder = await PluginFolder.make({
    [file]: source(1, ''),
    'counter/_add.ts': 'export const add = (a: number, b: number) => a + b',
    'clock.ts':
      "import { definePlugin } from 'cf-plugins'\nexport default definePlugin({ name: 'clock', version: '1.0.0', setup: () => ({ now: () => 1 }) })",
    // Destructures the service once, and uses it for as long as it lives.
    'user.ts': `import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: 'user', version: '1.0.0', dependencies: ['counter'],
  setup({ inject }) { const counter = inject('counter') as { increment(): number | Promise<number> }; const increment = counter.increment.bind(counter); return { increment } } })`,
  })
  const { manager, report, reported } = await folder.started({ hotReload: true })
  expect(report).toMatchObject({ failed: [], active: ['clock', 'counter', 'user'] })
  const increment = () => (manager.get('user') as Counter).increment()
  const same = () => (manager.get('counter') as Counter).increment()
  expect([await increment(), await same()]).toEqual([1, 2])
  expect(await manager.hooks.call('ask')).toEqual([1])

  expect((await reported(() => folder.save(file, source(10, '')))).outcome).toBe('committed')
  expect([await increment(), await same()]).toEqual([12, 22])
  expect(await manager.hooks.call('ask')).toEqual([10])

  const failed = await reported(() => folder.save(file, source(100, "throw new Error('no')")))
  expect(failed).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_SETUP_FAILED' } })
  expect([await increment(), await same()]).toEqual([32, 42])
  expect(await manager.hooks.call('ask')).toEqual([10])

  await manager.disable('counter')
  expect(manager.tryGet('user')).toBeUndefined()
  expect(await manager.hooks.call('ask')).toEqual([])
  await manager.enable('counter')
  expect([await increment(), await same()]).toEqual([52, 62])
  expect(await manager.hooks.call('ask')).toEqual([10])

  expect(await manager.reload('counter')).toMatchObject({ outcome: 'rolled-back' })
  expect((await reported(() => folder.save(file, source(1000, '')))).outcome).toBe('committed')
  expect([await increment(), await same()]).toEqual([1062, 2062])
})

// The main road: plugins in a folder, started, edited, and never lost.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { PluginManager, type ReloadReport } from '../../src/index.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const counter = (step: number, extra = '') => `
import { BasePlugin, type PluginContext, type PluginMeta } from 'cf-plugins'
export const PLUGIN_META = { name: 'counter', version: '1.0.0', dependencies: ['clock'] } satisfies PluginMeta
export async function register(app: unknown, context: PluginContext) { return new Counter(app, context) }
class Counter extends BasePlugin {
  #count = 0
  override setup() { ${extra} }
  increment() { this.#count += ${step}; return this.#count }
  override getReloadState() { return { count: this.#count } }
  override setReloadState(state: { count?: number }) { this.#count = state.count ?? 0 }
}
`
const clock = `
import { definePlugin } from '@cf-plugins/plugin-api'
import { now } from './_now.js'
export default definePlugin({ name: 'clock', version: '1.0.0', setup() { return { now } } })
`

it('keeps a count through an edit, a syntax error and a failing setup', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cf-journey-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  const save = async (name: string, text: string) => {
    await writeFile(join(folder, `.${name}.tmp`), text)
    await rename(join(folder, `.${name}.tmp`), join(folder, name))
  }
  await save('counter.ts', counter(1))
  await save('clock.mjs', clock)
  await save('_now.js', 'export const now = () => 1')
  const reports: ReloadReport[] = []
  let told: (() => void) | undefined
  const next = () =>
    new Promise<void>((resolve) => {
      told = resolve
    })
  const manager = new PluginManager({
    paths: [folder],
    hotReload: true,
    afterReload: (r) => {
      reports.push(r)
      told?.()
    },
  })
  cleanups.push(() => manager.stop())
  const started = await manager.start()
  expect(started.failed).toEqual([])
  expect(started.active).toEqual(['clock', 'counter'])
  type Counter = { increment(): number }
  const get = () => manager.get('counter') as Counter
  expect(get().increment()).toBe(1)
  let seen = next()
  await save('counter.ts', counter(10))
  await seen
  expect(reports.at(-1)?.outcome).toBe('committed')
  expect(get().increment()).toBe(11)
  seen = next()
  await save('counter.ts', 'export const = 5')
  await seen
  expect(reports.at(-1)?.outcome).toBe('kept')
  expect(reports.at(-1)?.error?.message).toMatch(/counter\.ts:1:14/)
  expect(get().increment()).toBe(21)
  seen = next()
  await save('counter.ts', counter(100, "throw new Error('no')"))
  await seen
  expect(reports.at(-1)?.outcome).toBe('rolled-back')
  expect(get().increment()).toBe(31)
  seen = next()
  await save('_now.js', 'export const now = () => 2')
  await seen
  expect(reports.at(-1)?.members).toEqual(['clock', 'counter'])
  // The counter is made anew from the code that serves, not from the bad file.
  expect(reports.at(-1)?.outcome).toBe('committed')
  expect(get().increment()).toBe(41)
}, 20000)

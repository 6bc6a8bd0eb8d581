// The main road: plugins in a folder, started, edited, and never lost.
import { expect, it } from 'vitest'
import { PluginFolder } from './plugin-folder.ts'

const counter = (step: number, setup = '') => `
import { BasePlugin, type PluginContext, type PluginMeta } from 'cf-plugins'
export const PLUGIN_META = { name: 'counter', version: '1.0.0', dependencies: ['clock'] } satisfies PluginMeta
export async function register(app: unknown, context: PluginContext) { return new Counter(app, context) }
class Counter extends BasePlugin {
  #count = 0
  override setup() { ${setup} }
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

it('keeps a count through an edit, a syntax error, a failing setup and an edit of what it needs', async () => {
  const folder = await PluginFolder.make({
    'counter.ts': counter(1),
    'clock.mjs': clock,
    '_now.js': 'export const now = () => 1',
  })
  const { manager, report, reported } = await folder.started({ hotReload: true })
  expect(report).toMatchObject({ failed: [], active: ['clock', 'counter'] })
  const increment = () => (manager.get('counter') as { increment(): number }).increment()
  expect(increment()).toBe(1)

  const edited = await reported(() => folder.save('counter.ts', counter(10)))
  expect(edited.outcome).toBe('committed')
  expect(increment()).toBe(11)

  const broken = await reported(() => folder.save('counter.ts', 'export const = 5'))
  expect(broken.outcome).toBe('kept')
  expect(broken.error?.message).toMatch(/counter\.ts:1:14/)
  expect(increment()).toBe(21)

  const failing = await reported(() => folder.save('counter.ts', counter(100, "throw new Error('no')")))
  expect(failing.outcome).toBe('rolled-back')
  expect(increment()).toBe(31)

  // The counter is made anew from the code that serves, not from the bad file.
  const provider = await reported(() => folder.save('_now.js', 'export const now = () => 2'))
  expect(provider).toMatchObject({ outcome: 'committed', members: ['clock', 'counter'] })
  expect(increment()).toBe(41)
})

// Plugins of real files that switch, reload and unload themselves, from a handler that waits for it.
import { expect, it } from 'vitest'
import type { PluginManager } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

interface Shared {
  manager?: PluginManager
}

const admin = `import { definePlugin } from 'cf-plugins'
import { ask } from './admin/ask.ts'
export default definePlugin({
  name: 'admin', version: '1.0.0', dependencies: ['store'],
  setup({ on, shared }) {
    on('admin.ask', async ({ what, name }: { what: string; name: string }) => await ask(shared, what, name))
  },
})`
const ask = `type Manager = Record<string, (name: string) => Promise<unknown>>
export async function ask(shared: unknown, what: string, name: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1))
  const { manager } = shared as { manager: Manager }
  const call = manager[what] as (name: string) => Promise<unknown>
  await call.call(manager, name)
}`
const store = `import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: 'store', version: '1.0.0', setup: () => ({}) })`

const files = {
  'admin.ts': admin,
  'admin/ask.ts': ask,
  'store.ts': store,
  'other.ts': store.replace("'store'", "'other'"),
}

async function host() {
  const shared: Shared = {}
  const folder = await PluginFolder.make(files)
  const { manager, reported } = await folder.started({ hotReload: false, shared })
  shared.manager = manager
  /** How long the handler waited, and how it failed, if it did. */
  const asked = async (what: string, name: string) => {
    const from = performance.now()
    const { failures } = await manager.events.emit('admin.ask', { what, name })
    return { ms: performance.now() - from, failures }
  }
  const until = (plugin: string, state: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (manager.registry.has(plugin) ? manager.status(plugin).state === state : state === 'gone') resolve()
        else setTimeout(look, 1)
      }
      look()
    })
  return { manager, reported, asked, until }
}

// The drain, for which a plugin would wait that waits for itself, takes five seconds.
const SOON_MS = 3000

it('a plugin that switches off what it needs, and itself, goes on at once and is switched off when it is idle', async () => {
  const { manager, asked, until } = await host()
  for (const name of ['store', 'admin']) {
    const { ms, failures } = await asked('disable', name)
    expect(failures).toEqual([])
    expect(ms).toBeLessThan(SOON_MS)
    await until('admin', name === 'admin' ? 'disabled' : 'blocked')
    await manager.enable(name)
    await until('admin', 'active')
  }
})

it('a plugin that reloads or unloads itself goes on at once, and so it is', async () => {
  const { reported, asked, until } = await host()
  const report = await reported(async () => {
    expect((await asked('reload', 'store')).ms).toBeLessThan(SOON_MS)
  })
  expect(report).toMatchObject({ outcome: 'committed', members: ['store', 'admin'] })
  expect((await asked('unload', 'admin')).ms).toBeLessThan(SOON_MS)
  await until('admin', 'gone')
})

it('a plugin waits for what it asks of plugins that do not need it', async () => {
  const { manager, asked } = await host()
  expect((await asked('disable', 'other')).failures).toEqual([])
  expect(manager.status('other').state).toBe('disabled')
  expect((await asked('unload', 'other')).failures).toEqual([])
  expect(manager.registry.has('other')).toBe(false)
})

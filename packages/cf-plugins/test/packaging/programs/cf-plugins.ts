// What somebody writes who takes the umbrella: a host, and a plugin in a folder that has no node_modules.
import assert from 'node:assert/strict'
import { mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DependencyGraph, definePlugin, PluginError, PluginManager, serviceRef } from 'cf-plugins'

interface Greeter {
  greet(name: string): string
  greeted: number
}
const Greeter = serviceRef<Greeter>('greeter')

const greeterSaying = (word: string): string => `import { definePlugin } from 'cf-plugins'
export default definePlugin({
  name: 'greeter',
  version: '1.0.0',
  setup: () => ({ greeted: 0, greet(name: string) { this.greeted++; return '${word} ' + name } }),
  state: { save: (service) => service.greeted, restore: (greeted, service) => { service.greeted = greeted } },
})
`

async function main(): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'plugins-')))
  await writeFile(join(folder, 'greeter.ts'), greeterSaying('hello'))

  // What is slow on a busy machine is told as a warning.
  const host = { app: {}, logger: false } as const
  const manager = new PluginManager({ ...host, paths: [folder], hotReload: true, load: { cacheFolder: false } })
  await manager.add(
    definePlugin({
      name: 'guest',
      version: '1.0.0',
      setup: ({ inject }) => inject(Greeter).greet('Ada'),
      dependencies: ['greeter'],
    }),
  )
  const report = await manager.start()
  assert.deepEqual(report.failed, [])
  assert.equal(manager.get(Greeter).greeted, 1)
  manager.get(Greeter).greeted = 100

  const reloaded = new Promise<void>((resolve) => {
    manager.watch(() => void (manager.tryGet(Greeter)?.greet('Bob') === 'good day Bob' && resolve()))
  })
  await writeFile(join(folder, '_next'), greeterSaying('good day'))
  await rename(join(folder, '_next'), join(folder, 'greeter.ts'))
  await reloaded
  await manager.idle()
  assert.ok(manager.get(Greeter).greeted > 100, 'its state was kept')

  assert.throws(
    () => manager.get('nobody'),
    (error: unknown) => error instanceof PluginError && error.code === 'CFP_PLUGIN_UNKNOWN',
  )
  assert.deepEqual(new DependencyGraph([['a', ['b']]]).topologicalOrder(), ['b', 'a'])
  await manager.stop()
  await rm(folder, { recursive: true })
  console.log('cf-plugins works')
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})

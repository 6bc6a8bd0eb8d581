// What the README says is so: its example runs, and the errors in it are errors of the packages that it names.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PluginApiErrorCodes } from '@cf-plugins/plugin-api/schema'
import { expect, it } from 'vitest'
import * as cfPlugins from '../src/index.ts'
import { filesInTheEnd, readmeSteps } from './packaging/readme-steps.ts'

const root = join(import.meta.dirname, '..')
const readme = await readFile(join(root, 'README.md'), 'utf8')

it('has plugins that start, and do what they say', async () => {
  // In the package's node_modules, so that their imports are resolved as a reader's would be.
  const folder = join(root, 'node_modules/.readme')
  for (const [file, text] of filesInTheEnd(await readmeSteps())) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  const { Greeting, Visits } = await import(join(folder, 'plugins/_refs.ts'))
  const manager = new cfPlugins.PluginManager({
    paths: [join(folder, 'plugins')],
    config: join(folder, 'plugins.yaml'),
  })
  const { active, failed } = await manager.start()
  expect({ active: [...active].sort(), failed }).toEqual({ active: ['greeter', 'shout', 'visits'], failed: [] })
  expect(await manager.hooks.call(Greeting, 'hello')).toBe('HELLO')
  expect(await manager.use(Visits, (visits: { next(): number }) => visits.next())).toBe(1)
  await manager.stop()
  await rm(folder, { recursive: true })
})

it('names errors with the packages that they come from', () => {
  const { HooksErrorCodes, HotReloadErrorCodes, LifecycleErrorCodes, LoaderErrorCodes } = cfPlugins
  const { RegistryErrorCodes, StatePreserverErrorCodes } = cfPlugins
  const codes: Readonly<Record<string, object>> = {
    hooks: HooksErrorCodes,
    'hot-reload': HotReloadErrorCodes,
    lifecycle: LifecycleErrorCodes,
    loader: LoaderErrorCodes,
    'plugin-api': PluginApiErrorCodes,
    registry: RegistryErrorCodes,
    'state-preserver': StatePreserverErrorCodes,
  }
  const listed = [...readme.matchAll(/^\| `(CFP_\w+)` \| (\S+) \|/gm)]
  expect(listed.length).toBeGreaterThan(10)
  for (const [, code = '', from = ''] of listed) expect(codes[from], `${code} of ${from}`).toHaveProperty(code)
})

it('names options that a manager has, and all that are its own', async () => {
  const files = ['src/plugin-manager-options.ts', '../lifecycle/src/core.ts']
  const [own = '', ...others] = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')))
  const optionsIn = (text: string) => [...text.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name = '']) => name)
  const known = [...optionsIn(own), ...others.flatMap(optionsIn)]
  const elsewhere = ['beforeReload', 'afterReload', 'hostVersion', 'providers']
  const table = readme.slice(readme.indexOf('\n## Options'), readme.indexOf('\n## Packages'))
  const listed = [...table.matchAll(/^\| (`.+?`) \| /gm)].flatMap(([, cell = '']) => cell.match(/\w+/g) ?? [])
  for (const name of listed) expect([...known, ...elsewhere], name).toContain(name)
  for (const name of optionsIn(own)) expect([...listed, 'preserver'], name).toContain(name)
})

it('names members that a manager has', () => {
  const members = [...readme.matchAll(/^\| (`\w+\(.*?) \| /gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)(?:\(.*?\))?`/g)].map(([, name]) => name ?? ''),
  )
  expect(members).toContain('explain')
  const manager = new cfPlugins.PluginManager({ autoLoad: false })
  for (const name of members) expect(manager).toHaveProperty(name)
})

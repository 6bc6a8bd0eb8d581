// Plugins that are npm packages, beside those of a folder: started, edited where they are links, and told apart.
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { PluginFolder } from './plugin-folder.ts'

const plugin = (name: string, description: string, more = '') => `
import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: '${name}', version: '1.0.0', setup: () => ({ text: '${description}' }), ${more} })
`
const manifest = (entry: string) => JSON.stringify({ keywords: ['cf-plugin'], main: entry, type: 'module' })

/** A host with a package that is installed, one that is a link to where it is worked on, and a plugin in a folder. */
async function hostWithPackages() {
  const folder = await PluginFolder.make({
    'host/package.json': JSON.stringify({ dependencies: { '@acme/installed': '1', linked: 'workspace:*' } }),
    'host/node_modules/@acme/installed/package.json': manifest('index.js'),
    'host/node_modules/@acme/installed/index.js': plugin('installed', 'as npm has it'),
    'work/linked/package.json': manifest('src/plugin.ts'),
    'work/linked/src/plugin.ts': plugin('linked', 'first', "dependencies: ['installed']"),
    'host/plugins/own.js': plugin('own', 'of the host', "dependencies: ['linked']"),
  })
  await symlink('../../work/linked', join(folder.path, 'host/node_modules/linked'))
  const paths = [join(folder.path, 'host/plugins')]
  return { folder, options: { paths, load: { packages: { from: join(folder.path, 'host') } } } }
}

it('starts packages and folders in one order, and reloads a linked package and what needs it when it is saved', async () => {
  const { folder, options } = await hostWithPackages()
  const { manager, report, reported } = await folder.started({ ...options, hotReload: true })
  expect(report).toMatchObject({ failed: [], active: ['installed', 'linked', 'own'] })
  const saved = await reported(() =>
    folder.save('work/linked/src/plugin.ts', plugin('linked', 'second', "dependencies: ['installed']")),
  )
  expect(saved).toMatchObject({ outcome: 'committed', members: ['linked', 'own'] })
  expect(manager.get('linked')).toEqual({ text: 'second' })
  const asked = await manager.reload('installed')
  expect(asked).toMatchObject({ outcome: 'committed', members: ['installed', 'linked', 'own'] })
})

it('tells both places of a plugin that is a package and in a folder too, and starts neither twice', async () => {
  const { folder, options } = await hostWithPackages()
  await folder.save('host/plugins/again.js', plugin('installed', 'another one'))
  const { report } = await folder.started(options)
  const error = report.failed.find(({ error }) => error.code === 'CFP_DUPLICATE_NAME')?.error
  expect(error?.message).toContain('again.js')
  expect(error?.message).toContain(join('@acme/installed', 'index.js'))
})

it('goes on without a package that is broken, says what is wrong with it, and takes it up when it is mended', async () => {
  const { folder, options } = await hostWithPackages()
  await folder.save('work/linked/package.json', '{ "keywords": ["cf-plugin"], ')
  const { manager, report, reported } = await folder.started({ ...options, hotReload: true })
  expect(report.active).toEqual(['installed'])
  expect(report.failed.map(({ plugin, error }) => [plugin, error.code])).toEqual([
    ['linked', 'CFP_PACKAGE_INVALID'],
    ['own', expect.any(String)],
  ])
  expect(manager.explain('own').text).toContain('linked')
  expect(manager.explain('own').rootCause.reason).toContain(join('work/linked/package.json'))
  const mended = await reported(() => folder.save('work/linked/package.json', manifest('src/plugin.ts')))
  expect(mended.error).toBeUndefined()
  await expect.poll(() => manager.tryGet('own')).toEqual({ text: 'of the host' })
  expect(manager.get('linked')).toEqual({ text: 'first' })
})

it('takes up a package that is installed while it runs, moves with it to another entry, and lets it go, where nobody watches', async () => {
  const { folder, options } = await hostWithPackages()
  const { manager } = await folder.started(options)
  expect(await manager.rescan()).toMatchObject({ outcome: 'nothing' })
  const keeps = "state: { save: (kept) => kept.text, restore: (text, kept) => { kept.text += ', ' + text } }"
  const depend = (...names: string[]) =>
    folder.save(
      'host/package.json',
      JSON.stringify({ dependencies: Object.fromEntries(names.map((name) => [name, '1'])) }),
    )
  await depend('@acme/installed', 'linked', 'late')
  const late = (entry: string) =>
    folder.save('host/node_modules/late/package.json', JSON.stringify({ 'cf-plugin': entry, type: 'module' }))
  await late('./one.js')
  await folder.save('host/node_modules/late/one.js', plugin('late', 'first', keeps))
  expect(await manager.rescan()).toMatchObject({ outcome: 'committed', started: ['late'] })
  expect(manager.get('late')).toEqual({ text: 'first' })

  // A version whose entry is called otherwise.
  await rm(join(folder.path, 'host/node_modules/late/one.js'))
  await late('./two.js')
  await folder.save('host/node_modules/late/two.js', plugin('late', 'second', keeps))
  expect(await manager.rescan()).toMatchObject({ outcome: 'committed' })
  expect(manager.get('late')).toEqual({ text: 'second, first' })

  await depend('@acme/installed', 'linked')
  await rm(join(folder.path, 'host/node_modules/late'), { recursive: true })
  expect(await manager.rescan()).toMatchObject({ outcome: 'committed', unloaded: ['late'] })
  expect(manager.tryGet('late')).toBeUndefined()
  expect(manager.get('own')).toEqual({ text: 'of the host' })
})

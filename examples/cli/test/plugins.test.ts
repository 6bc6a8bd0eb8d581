// What one sees of plugins: their commands in the help, under their names; which adds what; and why one does not.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { place } from './tally-process.ts'

it('help shows commands under the plugin that they come from, and says where a command is from', async () => {
  const { tally, plugins } = await place()
  const { code, stdout } = await tally('--help')
  expect(code).toBe(0)
  const headings = [...stdout.matchAll(/^Commands.*:$/gm)].map(([heading]) => heading)
  expect(headings).toEqual([
    'Commands:',
    'Commands of the plugin chart 1.0.0:',
    'Commands of the plugin counter 1.0.0:',
    'Commands of the plugin digest 1.0.0:',
    'Commands of the plugin greet 1.0.0:',
  ])
  expect(stdout).toMatch(/Commands of the plugin counter 1\.0\.0:\n {2}counter\|count +count things\n/)
  expect((await tally()).stdout).toBe(stdout)
  const own = (await tally('help', 'counter')).stdout
  expect(own).toMatch(/^Usage: tally counter.*increment \[options\] +count on.*/s)
  expect(own).toContain(`Of the plugin counter 1.0.0, ${join(plugins, 'counter.ts')}`)
  expect((await tally('counter', 'increment', '--help')).stdout).toContain('Of the plugin counter 1.0.0')
})

it('a plugin that is broken: its commands say why, where it is and with 1; the others work', async () => {
  const { tally, edit, folder } = await place()
  await tally('counter', 'increment')
  await edit('counter.ts', 'setup({ app, state })', 'setup({ app, state }')
  for (const name of ['counter', 'count', 'chart']) {
    const { code, stdout, stderr } = await tally(name)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(
      /^error: "\w+" is a command of the plugin "\w+", which does not run: [^\n]*counter\.ts:\d+:\d+[^\n]*\n$/,
    )
  }
  expect(await tally('greet', 'Ada')).toEqual({ code: 0, stdout: 'Good day, Ada!\n', stderr: '' })
  const help = (await tally('--help')).stdout
  expect(help).toMatch(/^Not available:\n {2}chart +chart: .*\n {2}count(er)?\|count(er)? +counter: .*Expected "\)"/m)
  expect(help).not.toContain('Commands of the plugin counter')
  const { code, stdout } = await tally('plugins')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^✖ counter +counter\.ts\n {4}Plugin file .*Expected "\)"/m)
  expect(stdout).toMatch(/^● greet +1\.0\.0 +greet +greet\.ts$/m)
  // One that nobody has ever had is a mistake, whatever else is broken.
  expect((await tally('nothing')).code).toBe(2)
  await writeFile(join(folder, 'off.yaml'), 'greet:\n  enabled: false\n')
  expect((await tally('--config', 'off.yaml', 'greet')).stderr).toMatch(/which does not run: greet is disabled/)
})

it('a plugin that fails in its setup takes those that need it along, and nobody else', async () => {
  const { tally, edit } = await place()
  await edit('counter.ts', '    const add =', "    throw new Error('no numbers left')\n    const add =")
  expect(await tally('chart')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/which does not run: .*counter.*no numbers left/),
  })
  expect(await tally('greet')).toMatchObject({ code: 0 })
  const listed = JSON.parse((await tally('plugins', '--json')).stdout) as {
    plugin: string
    runs: boolean
    commands: string[]
  }[]
  expect(listed.map(({ plugin, runs }) => [plugin, runs])).toEqual([
    ['chart', false],
    ['counter', false],
    ['digest', true],
    ['greet', true],
  ])
})

it('settings come from the configuration, and what is wrong with them keeps their plugin, and no other, from running', async () => {
  const { tally, folder, with: withMore } = await place()
  const config = join(folder, 'tally.yaml')
  const salutation = `\${SALUTATION:-Ahoy}`
  const greet = () => tally('--config', config, 'greet', 'Ada')
  await writeFile(config, `greet:\n  settings:\n    greeting: ${salutation}\n    mark: "?"\n`)
  expect((await greet()).stdout).toBe('Ahoy Ada?\n')
  expect((await withMore({ SALUTATION: 'Hi' }).tally('--config', config, 'greet', 'Ada')).stdout).toBe('Hi Ada?\n')
  expect((await withMore({ CF_PLUGIN_GREET__MARK: '.', TALLY_CONFIG: config }).tally('greet')).stdout).toBe(
    'Ahoy world.\n',
  )
  await writeFile(config, 'greet:\n  settings:\n    mark: x\n')
  expect(await greet()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/greet.*tally\.yaml:3:11 greet\.mark: Invalid option/),
  })
  expect((await tally('--config', config, 'counter', 'show')).code).toBe(0)
  await writeFile(config, 'greet: [\n')
  expect(await greet()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: The configuration.*tally\.yaml:\d+:\d+.*\n$/),
  })
})

it('two plugins that add one command: the one that is later says who has it', async () => {
  const { tally, save } = await place()
  await save(
    'other.js',
    "export const PLUGIN_META = { name: 'other', version: '1.0.0', dependencies: ['greet'] }\nexport const register = (app) => ({ setup: () => void app.command('greet') })",
  )
  expect((await tally('greet')).stdout).toBe('Good day, world!\n')
  expect((await tally('plugins')).stdout).toMatch(
    /✖ other .*\n.*adds the command "greet", which plugin "greet" has already/,
  )
})

it('--version loads no plugin, and nothing that would start one', async () => {
  const { folder, with: withMore } = await place()
  const coverage = join(folder, 'coverage')
  const { tally } = withMore({ NODE_V8_COVERAGE: coverage, TALLY_PLUGINS: join(folder, 'nowhere') })
  expect(await tally('--version')).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' })
  const [name = ''] = await readdir(coverage)
  const { result } = JSON.parse(await readFile(join(coverage, name), 'utf8')) as { result: { url: string }[] }
  const loaded = result.map(({ url }) => url).filter((url) => url.startsWith('file:'))
  expect(loaded.length).toBeGreaterThan(0)
  expect(loaded.filter((url) => !/\/examples\/cli\/(bin|dist)\//.test(url))).toEqual([])
})

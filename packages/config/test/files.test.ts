// Which files make a configuration, and what is said of those that cannot.
import { execFileSync } from 'node:child_process'
import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigSource, problemLine } from '../src/index.ts'
import { folderWith, placesOf, plugin, sourceOf, write } from './support.ts'

const refused = expect.objectContaining({ code: 'CFP_CONFIG_REFUSED' })

it('reads a key a plugin from one file, and a file a plugin from the folder beside it', async () => {
  const source = await sourceOf({
    'plugins.yaml': 'auth:\n  version: ^1.0.0\n  settings:\n    timeout: 30\n',
    'plugins.d/database.yaml': 'enabled: false\npermissions: ["service:pool", "event:db.*"]\nsettings:\n  url: here\n',
    'plugins.d/a.b-c.yml': 'settings: { x: 1 }',
    'plugins.d/_shared.yaml': 'whatever',
    'plugins.d/.database.yaml.swp': 'whatever',
    'plugins.d/notes.txt': 'whatever',
  })
  const config = await source.load()
  expect(config.problems).toEqual([])
  expect([...config.plugins.values()].map(({ file, ...entry }) => [file.endsWith('.yaml'), entry])).toEqual([
    [true, { name: 'auth', line: 1, column: 1, version: '^1.0.0', settings: { timeout: 30 } }],
    [false, { name: 'a.b-c', line: 1, column: 1, settings: { x: 1 } }],
    [
      true,
      {
        name: 'database',
        line: 1,
        column: 1,
        enabled: false,
        permissions: ['service:pool', 'event:db.*'],
        settings: { url: 'here' },
      },
    ],
  ])
  expect(config.watchedFiles).toEqual([
    source.file,
    join(source.folder, 'a.b-c.yml'),
    join(source.folder, 'database.yaml'),
  ])
  expect(source.roots).toEqual([source.file, source.folder])
})

it('refuses a plugin that is in both, and names both places', async () => {
  const source = await sourceOf({
    'plugins.yaml': 'other:\nauth:\n  settings: { a: 1 }\n',
    'plugins.d/auth.yaml': 'settings: { a: 2 }\n',
    'plugins.d/auth.yml': 'settings: { a: 3 }\n',
  })
  const config = await source.load()
  expect(placesOf(config.problems, source)).toEqual([
    'plugins.d/auth.yaml:1:1 auth CFP_CONFIG_TWICE',
    'plugins.d/auth.yml:1:1 auth CFP_CONFIG_TWICE',
  ])
  expect(config.problems[0]?.message).toContain(`${source.file}:2:1`)
  expect(() => config.settingsFor(plugin('auth'))).toThrow(/is configured here and in .*plugins\.yaml:2:1: keep one/)
  expect(config.settingsFor(plugin('other'))).toEqual({})
})

it('says that a file is missing, and asks no plugin to do with nothing, unless it is optional', async () => {
  const folder = await folderWith({})
  const named = { file: join(folder, 'plugins.yaml'), folder: join(folder, 'parts'), env: {} }
  const source = new ConfigSource(named)
  const config = await source.load()
  expect(placesOf(config.problems, source)).toEqual(['plugins.yaml CFP_CONFIG_MISSING', 'parts CFP_CONFIG_MISSING'])
  expect(() => config.settingsFor(plugin('auth'))).toThrow(refused)
  const optional = await new ConfigSource({ ...named, optional: true }).load()
  expect(optional.problems).toEqual([])
  expect(optional.settingsFor(plugin('auth'))).toEqual({})
  await write(folder, { 'plugins.yaml': '' })
  expect((await new ConfigSource({ file: named.file, env: {} }).load()).problems).toEqual([])
})

it('says of each file that cannot be read why, and reads the others', async () => {
  const source = await sourceOf({
    'plugins.yaml': 'good:\n  settings: { a: 1 }\n',
    'plugins.d/latin.yaml': Buffer.from('settings: { name: "caf\xe9" }', 'latin1'),
    'plugins.d/large.yaml': `settings:\n${'  # filler filler filler\n'.repeat(420_000)}`,
    'plugins.d/folder.yaml/inner.yaml': '',
    'plugins.d/No Name.yaml': 'settings: {}',
    'plugins.d/list.yaml': '- 1',
    'plugins.d/bom.yaml': '\uFEFFsettings: { a: 2 }\r\nenabled: true\r\n',
  })
  execFileSync('mkfifo', [join(source.folder, 'pipe.yaml')])
  const config = await source.load()
  expect(placesOf(config.problems, source).sort()).toEqual(
    [
      'plugins.d/No Name.yaml CFP_CONFIG_KEY?',
      'plugins.d/folder.yaml folder CFP_CONFIG_UNREADABLE',
      'plugins.d/large.yaml large CFP_CONFIG_LIMIT',
      'plugins.d/latin.yaml latin CFP_CONFIG_UNREADABLE',
      'plugins.d/list.yaml:1:1 list CFP_CONFIG_VALUE',
      'plugins.d/pipe.yaml pipe CFP_CONFIG_UNREADABLE',
    ].sort(),
  )
  expect(config.settingsFor(plugin('good'))).toEqual({ a: 1 })
  expect(config.settingsFor(plugin('bom'))).toEqual({ a: 2 })
  for (const name of ['latin', 'large', 'pipe']) expect(() => config.settingsFor(plugin(name))).toThrow(refused)
})

it.skipIf(process.getuid?.() === 0)('says that a file may not be read', async () => {
  const source = await sourceOf('auth:\n')
  await chmod(source.file, 0)
  const { problems } = await source.load()
  expect(problems[0]?.message).toContain('EACCES')
})

it('tells every key that is not known and every value that is wrong at once', async () => {
  const source = await sourceOf(
    `auth:
  setings: { a: 1 }
  timeout: 3
  enabled: yes
  version: 1.0
  permissions: [nothing, "service:x"]
  settings: [1]
Bad Name: {}
_shared: &shared { a: 1 }
list: [1]
`,
  )
  const config = await source.load()
  expect(placesOf(config.problems, source)).toEqual([
    'plugins.yaml:2:3 auth.setings CFP_CONFIG_KEY',
    'plugins.yaml:3:3 auth.timeout CFP_CONFIG_KEY',
    'plugins.yaml:4:12 auth.enabled CFP_CONFIG_VALUE',
    'plugins.yaml:5:12 auth.version CFP_CONFIG_VALUE',
    'plugins.yaml:6:3 auth.permissions CFP_CONFIG_VALUE',
    'plugins.yaml:7:3 auth.settings CFP_CONFIG_VALUE',
    'plugins.yaml:8:1 CFP_CONFIG_KEY?',
    'plugins.yaml:10:1 list CFP_CONFIG_VALUE',
  ])
  expect(config.problems.map(({ message }) => message).slice(0, 2)).toEqual([
    'is not known; did you mean "settings"?',
    "is not known; the plugin's own settings stand under settings",
  ])
})

it('refuses wrong options', () => {
  const made = (options: object) => () => new ConfigSource(options as never)
  expect(made({})).toThrow('file must be the path of a file')
  expect(made({ file: ' ' })).toThrow(expect.objectContaining({ code: 'CFP_CONFIG_OPTIONS' }))
  expect(made({ file: 'a\0b' })).toThrow(expect.objectContaining({ code: 'CFP_CONFIG_OPTIONS' }))
  expect(made({ file: 'x', folder: 1 })).toThrow('folder must be the path of a folder')
  expect(made({ file: 'x', folder: './x' })).toThrow('another path')
  expect(made({ file: 'x', env: { PORT: 80 } })).toThrow('env.PORT must be a text')
  expect(made({ file: 'x', optional: 'yes' })).toThrow('optional must be true or false')
})

it('ends with the reason of its signal', async () => {
  const source = await sourceOf('auth:\n')
  await expect(source.load({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
})

it('reads no longer than its bound', async () => {
  const files = Array.from({ length: 500 }, (_, at) => [`plugins.d/p${at}.yaml`, 'settings: { a: 1 }\n'])
  const source = await sourceOf({ 'plugins.yaml': '', ...Object.fromEntries(files) })
  await expect(source.load({ boundMs: 1 })).rejects.toMatchObject({
    code: 'CFP_CONFIG_UNREADABLE',
    file: source.file,
    message: expect.stringMatching(/^The configuration was not read within 1 ms \(.*plugins\.yaml\)/),
  })
  expect((await source.load()).plugins.size).toBe(500)
})

it('tells of what could not be read nothing but that', async () => {
  const schema = z.object({ key: z.string() })
  const all = [plugin('auth', schema), plugin('mail', schema)]
  const whole = await sourceOf('auth: [\n')
  expect(placesOf(await (await whole.load()).check(all), whole)).toEqual(['plugins.yaml:2:1 CFP_CONFIG_SYNTAX'])
  const part = await sourceOf({ 'plugins.yaml': '', 'plugins.d/auth.yaml': 'settings: [\n' })
  expect(placesOf(await (await part.load()).check(all), part)).toEqual([
    'plugins.yaml mail.settings.key CFP_CONFIG_SETTINGS',
    'plugins.d/auth.yaml:2:1 auth CFP_CONFIG_SYNTAX',
  ])
})

it('tells each problem in one line, whatever somebody named a key', async () => {
  const source = await sourceOf(`auth:\n  "set\\ntings\\u0007": 1\n  ? ${'long'.repeat(100)}\n  : 1\n`)
  const { problems } = await source.load()
  expect(problems.map((problem) => problemLine(problem).replace(source.file, ''))).toEqual([
    expect.stringMatching(/^:2:3 auth\.set tings\\u0007: is not known; did you mean "settings"/),
    ':3:5 auth: a key has at most 200 characters',
  ])
})

it('keeps a snapshot as it was, whatever becomes of the files and of what was asked of it', async () => {
  const source = await sourceOf('auth:\n  settings: { list: [1] }\n')
  const config = await source.load()
  await rm(source.file)
  const settings = config.settingsFor(plugin('auth')) as { list: number[] }
  settings.list.push(2)
  expect(config.settingsFor(plugin('auth'))).toEqual({ list: [1] })
  const [entry] = [...config.plugins.values()]
  expect(entry?.settings).toEqual({ list: [1] })
  expect(() => (entry as { settings: { list: number[] } }).settings.list.push(2)).toThrow(/not extensible/)
})

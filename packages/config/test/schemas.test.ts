// Any Standard Schema: what each library says of settings, told where they stand.
import type { StandardIssue, StandardSchema } from '@cf-plugins/plugin-api'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ConfigProblem, configError, problemLine } from '../src/index.ts'
import { placesOf, plugin, sourceOf } from './support.ts'

const schemas: Record<string, StandardSchema> = {
  zod: z.object({
    timeout: z.number().min(1),
    pool: z.strictObject({ hosts: z.array(z.object({ port: z.int() })) }),
    name: z.string(),
  }),
  valibot: toStandardJsonSchema(
    v.object({
      timeout: v.pipe(v.number(), v.minValue(1)),
      pool: v.strictObject({ hosts: v.array(v.object({ port: v.pipe(v.number(), v.integer()) })) }),
      name: v.string(),
    }),
  ),
  arktype: type({
    timeout: 'number >= 1',
    pool: type({ hosts: type({ port: 'number.integer' }).array() }).onUndeclaredKey('reject'),
    name: 'string',
  }),
}

describe.each(Object.entries(schemas))('with %s', (_, schema) => {
  const auth = plugin('auth', schema)

  it('gives settings that are right, with what the environment says of them', async () => {
    const source = await sourceOf('auth:\n  settings: { timeout: 2, pool: { hosts: [{ port: 80 }] }, name: Ada }\n', {
      env: { CF_PLUGIN_AUTH__TIMEOUT: '3', CF_PLUGIN_AUTH__NAME: '0777' },
    })
    const config = await source.load()
    expect(await config.check([auth])).toEqual([])
    expect(config.settingsFor(auth)).toEqual({ timeout: 3, pool: { hosts: [{ port: 80 }] }, name: '0777' })
  })

  it('tells everything that is wrong with line and column, and what is missing where it would stand', async () => {
    const source = await sourceOf(`other:
auth:
  settings:
    timeout: 0
    pool:
      hosts:
        - port: 80
        - port: 1.5
        - {}
      extra: 1
`)
    const problems = await (await source.load()).check([auth, plugin('other', schema)])
    expect(placesOf(problems, source).filter((place) => place.includes('auth'))).toEqual(
      [
        'plugins.yaml:3:3 auth.settings.name CFP_CONFIG_SETTINGS',
        'plugins.yaml:4:14 auth.settings.timeout CFP_CONFIG_SETTINGS',
        'plugins.yaml:8:17 auth.settings.pool.hosts.1.port CFP_CONFIG_SETTINGS',
        'plugins.yaml:9:11 auth.settings.pool.hosts.2.port CFP_CONFIG_SETTINGS',
        'plugins.yaml:10:7 auth.settings.pool.extra CFP_CONFIG_SETTINGS',
      ].map((place) =>
        place.includes('extra') ? expect.stringMatching(/10:(7|14) auth\.settings\.pool\.extra/) : place,
      ),
    )
    expect(
      placesOf(problems, source)
        .filter((place) => place.includes('other'))
        .every((place) => place.startsWith('plugins.yaml:1:1 other.settings.')),
    ).toBe(true)
    expect(problems.some(({ plugin: of }) => of === 'other')).toBe(true)
  })

  it('tells settings that are missing altogether by the file', async () => {
    const source = await sourceOf('')
    const problems = await (await source.load()).check([auth])
    expect(new Set(problems.map(({ file, line }) => `${file}:${line}`))).toEqual(new Set([`${source.file}:undefined`]))
    expect(problems.map(({ path }) => path).sort()).toEqual(['settings.name', 'settings.pool', 'settings.timeout'])
  })
})

it('warns of keys that a schema would drop without a word', async () => {
  const schema = z.object({
    timeout: z.number(),
    pool: z.looseObject({}),
    labels: z.record(z.string(), z.string()),
    hosts: z.array(z.object({ port: z.int() })),
  })
  const source = await sourceOf(`auth:
  settings:
    timeout: 1
    timeuot: 2
    pool: { free: 1 }
    labels: { free: x }
    hosts: [{ port: 1, prot: 2 }]
`)
  const problems = await (await source.load()).check([plugin('auth', schema)])
  expect(problems.map(problemLine)).toEqual([
    expect.stringMatching(
      /plugins\.yaml:4:5 auth\.settings\.timeuot: is not known to the plugin's schema; did you mean "timeout"\?$/,
    ),
    expect.stringMatching(/plugins\.yaml:7:24 auth\.settings\.hosts\.0\.prot: is not known .*did you mean "port"/),
  ])
  expect(problems.every(({ severity }) => severity === 'warning')).toBe(true)
})

it('waits for a schema that validates asynchronously, all of them side by side', async () => {
  const source = await sourceOf('a:\n  settings: { url: one }\nb:\n  settings: { url: two }\n')
  const begun = new Set<string>()
  // Each is answered only once both are asked.
  const check = async (url: string) => {
    begun.add(url)
    await expect.poll(() => begun.size, { timeout: 10_000 }).toBe(2)
    return false
  }
  const schema = z.object({ url: z.string().refine(check, 'nobody answers there') })
  const valibot = v.objectAsync({ url: v.pipeAsync(v.string(), v.checkAsync(check, 'nobody answers there')) })
  const problems = await (await source.load()).check([plugin('a', schema), plugin('b', valibot)])
  expect(placesOf(problems, source)).toEqual([
    'plugins.yaml:2:20 a.settings.url CFP_CONFIG_SETTINGS',
    'plugins.yaml:4:20 b.settings.url CFP_CONFIG_SETTINGS',
  ])
  expect(problems.map(({ message }) => message)).toEqual(['nobody answers there', 'nobody answers there'])
})

it('waits for no schema longer than its bound, nor than its signal', async () => {
  const source = await sourceOf('a:\n  settings: {}\n')
  const config = await source.load()
  const never = plugin(
    'a',
    hand(() => new Promise(() => {})),
  )
  expect((await config.check([never], { boundMs: 5 })).map(problemLine)).toEqual([
    expect.stringMatching(/plugins\.yaml:2:3 a\.settings: the schema threw: the schema did not answer within 5 ms$/),
  ])
  const abort = new AbortController()
  const checked = config.check([never], { signal: abort.signal })
  abort.abort(new Error('enough'))
  await expect(checked).rejects.toThrow('enough')
})

it('bears schemas that throw, answer with nothing, and point nowhere', async () => {
  const source = await sourceOf('a:\n  settings: { list: [1] }\n')
  const config = await source.load()
  const linesOf = async (schema: StandardSchema) => (await config.check([plugin('a', schema)])).map(problemLine)
  expect(
    await linesOf(
      hand(() => {
        throw new Error('broken')
      }),
    ),
  ).toEqual([expect.stringContaining('2:3 a.settings: the schema threw: broken')])
  expect(await linesOf(hand(() => undefined as never))).toEqual([
    expect.stringContaining('a.settings: the schema threw: '),
  ])
  const issues: StandardIssue[] = [
    { message: 'odd' },
    { message: 'odd', path: ['list', 7, 'x'] },
    { message: 'odd', path: [{ key: 'list' }, { key: 0 }, 'deeper'] },
    { message: 'odd', path: [Symbol('s')] },
  ]
  expect(await linesOf(hand(() => ({ issues })))).toEqual([
    expect.stringContaining('2:3 a.settings: odd'),
    expect.stringContaining('2:3 a.settings.Symbol(s): odd'),
    expect.stringContaining('2:15 a.settings.list.7.x: odd'),
    expect.stringContaining('2:22 a.settings.list.0.deeper: odd'),
  ])
})

it('makes no error of what a plugin that does not run would refuse', async () => {
  const schema = z.object({ url: z.string() })
  const source = await sourceOf('off:\n  enabled: false\non:\n  enabled: true\n')
  const all = [
    plugin('off', schema),
    plugin('on', schema, { enabled: false }),
    plugin('rests', schema, { enabled: false }),
  ]
  const problems = await (await source.load()).check(all)
  expect(problems.map(({ plugin: of, severity }) => `${of} ${severity}`)).toEqual([
    'rests warning',
    'off warning',
    'on error',
  ])
})

it('warns of plugins that nobody knows, and compares versions where the host can', async () => {
  const source = await sourceOf('auht:\n  settings: {}\nauth:\n  version: ^2.0.0\n')
  const config = await source.load()
  const satisfies = (version: string, range: string) => range === `^${version}`
  const problems = await config.check([plugin('auth')], { satisfies })
  expect(problems.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
    'warning CFP_CONFIG_PLUGIN_UNKNOWN',
    'error CFP_CONFIG_VERSION',
  ])
  expect(problems.map(problemLine)).toEqual([
    expect.stringMatching(/plugins\.yaml:1:1 auht: is no plugin of this host; did you mean "auth"\?/),
    expect.stringMatching(
      /plugins\.yaml:4:12 auth\.version: the configuration is for \^2\.0\.0, and the plugin has version 1\.0\.0/,
    ),
  ])
  expect(await config.check([plugin('auth', undefined, { version: '2.0.0' }), plugin('auht')], { satisfies })).toEqual(
    [],
  )
})

it('makes one error of all problems', async () => {
  const source = await sourceOf('auth:\n  enabled: 1\n  version: 2\n')
  const { problems } = await source.load()
  const error = configError(problems)
  expect(error).toMatchObject({
    code: 'CFP_CONFIG_REFUSED',
    plugin: 'auth',
    phase: 'configure',
    file: source.file,
    line: 2,
    column: 12,
  })
  expect(error.problems).toBe(problems)
  expect(error.message.split('\n')).toHaveLength(3)
  const mixed: ConfigProblem[] = [
    ...problems,
    { code: 'CFP_CONFIG_MISSING', severity: 'error', path: '', message: 'x' },
  ]
  expect(configError(mixed).plugin).toBeUndefined()
})

function hand(validate: () => ReturnType<StandardSchema['~standard']['validate']>): StandardSchema {
  return { '~standard': { version: 1, vendor: 'hand', validate } }
}

// Overrides from the environment: `CF_PLUGIN_<NAME>__<PATH>`.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import type { JsonType } from '../src/option-node.ts'
import { typedText } from '../src/typed-text.ts'
import { placesOf, plugin, sourceOf } from './support.ts'

const schema = z.object({
  timeout: z.number().default(30),
  pool: z
    .object({ maxSize: z.int().default(5), 'min-size': z.int().optional(), name_space: z.string().optional() })
    .prefault({}),
  providers: z.array(z.string()).optional(),
  mode: z.enum(['fast', 'safe']).optional(),
  level: z.union([z.literal(1), z.literal(2)]).optional(),
  quick: z.boolean().optional(),
  label: z.string().optional(),
  either: z.union([z.string(), z.number(), z.null()]).optional(),
  labels: z.record(z.string(), z.number()).optional(),
})

async function withVariables(
  env: Record<string, string>,
  yaml = 'auth:\n  settings: { timeout: 1, pool: { maxSize: 2 } }\n',
) {
  const source = await sourceOf(yaml, { env })
  const config = await source.load()
  const auth = plugin('auth', schema)
  return { auth, config, source, check: async (others = [auth]) => config.check(others) }
}

it('overrides what the file has, by names in capitals, typed by the schema', async () => {
  const { auth, config, check } = await withVariables({
    CF_PLUGIN_AUTH__TIMEOUT: '1e3',
    CF_PLUGIN_AUTH__POOL__MAXSIZE: '7',
    CF_PLUGIN_AUTH__POOL__MIN_SIZE: '-0',
    cf_plugin_auth__pool__name_space: '0777',
    CF_PLUGIN_AUTH__PROVIDERS: '["jwt", "basic"]',
    CF_PLUGIN_AUTH__MODE: 'safe',
    CF_PLUGIN_AUTH__LEVEL: '2',
    CF_PLUGIN_AUTH__QUICK: 'true',
    CF_PLUGIN_AUTH__LABEL: '',
    CF_PLUGIN_AUTH__EITHER: '8080',
    CF_PLUGIN_AUTH__LABELS: '{"a": 1}',
    CF_PLUGIN_PATHS: 'of somebody else',
  })
  expect(await check()).toEqual([])
  expect(config.settingsFor(auth)).toEqual({
    timeout: 1000,
    pool: { maxSize: 7, 'min-size': -0, name_space: '0777' },
    providers: ['jwt', 'basic'],
    mode: 'safe',
    level: 2,
    quick: true,
    label: '',
    either: 8080,
    labels: { a: 1 },
  })
})

it('configures a plugin that no file names, and lays inner options over outer ones', async () => {
  const { auth, config } = await withVariables(
    { CF_PLUGIN_AUTH__POOL__MAXSIZE: '9', CF_PLUGIN_AUTH__POOL: '{"maxSize": 1, "min-size": 2}' },
    '',
  )
  expect(config.settingsFor(auth)).toEqual({ pool: { maxSize: 9, 'min-size': 2 } })
  const dotted = plugin('my.auth-two', schema)
  const source = await sourceOf('', { env: { CF_PLUGIN_MY_AUTH_TWO__TIMEOUT: '4' } })
  expect((await source.load()).settingsFor(dotted)).toEqual({ timeout: 4 })
})

it('refuses every way to the prototype (fault 64)', async () => {
  const names = [
    'CF_PLUGIN_AUTH____PROTO____Y',
    'CF_PLUGIN_AUTH____PROTO__',
    'CF_PLUGIN_AUTH__POOL____PROTO____Y',
    'cf_plugin_auth____proto____y',
    'CF_PLUGIN_AUTH__CONSTRUCTOR__PROTOTYPE__Y',
    'CF_PLUGIN_AUTH__POOL__CONSTRUCTOR',
  ]
  for (const name of names) {
    const { auth, config, check } = await withVariables({ [name]: 'polluted' })
    expect(await check(), name).toEqual([
      expect.objectContaining({ code: 'CFP_CONFIG_OVERRIDE', severity: 'error', plugin: 'auth', variable: name }),
    ])
    expect(() => config.settingsFor(auth)).toThrow(`the variable ${name} is refused`)
    expect(({} as { y?: unknown; Y?: unknown }).y ?? ({} as { Y?: unknown }).Y).toBeUndefined()
  }
  const json = await withVariables({ CF_PLUGIN_AUTH__POOL: '{"maxSize": 1, "__proto__": {"y": 1}}' })
  expect(() => json.config.settingsFor(json.auth)).toThrow('CF_PLUGIN_AUTH__POOL must be an object as JSON')
  for (const depth of [70, 60_000]) {
    const deep = await withVariables({ CF_PLUGIN_AUTH__PROVIDERS: '['.repeat(depth) + ']'.repeat(depth) })
    expect(() => deep.config.settingsFor(deep.auth)).toThrow('CF_PLUGIN_AUTH__PROVIDERS must be a list as JSON')
  }
})

it('takes "0777", "" and "1e3" as the schema has them, or names the variable (fault 65)', async () => {
  const outcome = async (option: string, text: string) => {
    const variable = `CF_PLUGIN_AUTH__${option}`
    const { auth, config, check } = await withVariables({ [variable]: text }, '')
    const problems = await check()
    for (const problem of problems) expect(problem).toMatchObject({ plugin: 'auth', variable, severity: 'error' })
    if (problems.length > 0) return problems.map(({ code }) => code).join()
    return Object.values(config.settingsFor(auth) as object)[0]
  }
  const wrong = 'CFP_CONFIG_OVERRIDE'
  expect(await Promise.all(['0777', '', '1e3'].map((text) => outcome('TIMEOUT', text)))).toEqual([wrong, wrong, 1000])
  expect(await Promise.all(['0777', '', '1e3'].map((text) => outcome('LABEL', text)))).toEqual(['0777', '', '1e3'])
  expect(await Promise.all(['0777', '', '1e3'].map((text) => outcome('EITHER', text)))).toEqual(['0777', '', '1e3'])
  expect(await Promise.all(['0777', '', '1e3'].map((text) => outcome('QUICK', text)))).toEqual([wrong, wrong, wrong])
  expect(await Promise.all(['0777', '', '1e3'].map((text) => outcome('PROVIDERS', text)))).toEqual([
    wrong,
    wrong,
    wrong,
  ])
  expect(await Promise.all(['0777', '', '1e3'].map((text) => outcome('MODE', text)))).toEqual(
    Array(3).fill('CFP_CONFIG_SETTINGS'),
  )
  for (const text of [' 1', '+1', '.5', '1.', '0x1F', '1_000', 'Infinity', 'NaN', '1e999', '9007199254740993']) {
    expect(await outcome('TIMEOUT', text), text).toBe(wrong)
  }
  for (const text of ['1', 'yes', 'True', 'on']) expect(await outcome('QUICK', text), text).toBe(wrong)
})

it('tells a value that the schema refuses by its variable, and by no place in a file', async () => {
  const { check } = await withVariables({
    CF_PLUGIN_AUTH__POOL__MAXSIZE: '1.5',
    CF_PLUGIN_AUTH__POOL: '{"maxSize": "x"}',
  })
  const problems = await check()
  expect(problems).toEqual([
    expect.objectContaining({ variable: 'CF_PLUGIN_AUTH__POOL__MAXSIZE', code: 'CFP_CONFIG_OVERRIDE' }),
  ])
  const { check: other } = await withVariables({ CF_PLUGIN_AUTH__POOL: '{"maxSize": "x"}' })
  const [problem] = await other()
  expect(problem).toMatchObject({
    variable: 'CF_PLUGIN_AUTH__POOL',
    path: 'settings.pool.maxSize',
    code: 'CFP_CONFIG_SETTINGS',
  })
  expect(problem?.file).toBeUndefined()
})

it('refuses options that the schema does not know, with the nearest, and warns of plugins that nobody knows', async () => {
  const { check } = await withVariables({
    CF_PLUGIN_AUTH__TIMEOUTS: '1',
    CF_PLUGIN_AUTH__LABELS__A: '1',
    CF_PLUGIN_AUTH__PROVIDERS__0: 'x',
    CF_PLUGIN_AUHT__TIMEOUT: '1',
  })
  const messages = (await check()).map(({ severity, message }) => `${severity}: ${message}`)
  expect(messages).toEqual([
    "error: the variable CF_PLUGIN_AUTH__TIMEOUTS is no option of the plugin's schema; did you mean CF_PLUGIN_AUTH__TIMEOUT?",
    "error: the variable CF_PLUGIN_AUTH__LABELS__A is no option of the plugin's schema",
    expect.stringContaining("error: the variable CF_PLUGIN_AUTH__PROVIDERS__0 is no option of the plugin's schema"),
    'warning: the variable CF_PLUGIN_AUHT__TIMEOUT is for no plugin of this host; did you mean CF_PLUGIN_AUTH__...?',
  ])
})

it('refuses variables that two plugins, two options, or two spellings claim', async () => {
  const env = {
    CF_PLUGIN_MY_AUTH__TIMEOUT: '4',
    CF_PLUGIN_A__B__C: '1',
    CF_PLUGIN_X__FOO: '1',
    cf_plugin_x__bar: '1',
    CF_PLUGIN_X__BAR: '2',
  }
  const source = await sourceOf('', { env })
  const config = await source.load()
  const b = z.object({ b: z.object({ c: z.number() }) })
  const x = z.object({ foo: z.number().optional(), FOO: z.number().optional(), bar: z.number().optional() })
  const all = [
    plugin('my-auth', schema),
    plugin('my.auth', schema),
    plugin('a', b),
    plugin('a__b', z.object({ c: z.number() })),
    plugin('x', x),
  ]
  const problems = await config.check(all)
  const told = problems
    .filter(({ code }) => code === 'CFP_CONFIG_OVERRIDE')
    .map((each) => `${each.plugin}: ${each.message}`)
  expect(told).toEqual([
    'my-auth: the variable CF_PLUGIN_MY_AUTH__TIMEOUT could be meant for "my-auth" or "my.auth": set it in a file instead',
    'my.auth: the variable CF_PLUGIN_MY_AUTH__TIMEOUT could be meant for "my.auth" or "my-auth": set it in a file instead',
    'a: the variable CF_PLUGIN_A__B__C could be meant for "a" or "a__b": set it in a file instead',
    'a__b: the variable CF_PLUGIN_A__B__C could be meant for "a__b" or "a": set it in a file instead',
    'x: the variable CF_PLUGIN_X__FOO could be foo or FOO: set it in a file instead',
    'x: the variable CF_PLUGIN_X__BAR is the same as cf_plugin_x__bar, for case does not count: unset one of them',
  ])
  expect(() => config.settingsFor(all[0]!, all)).toThrow('could be meant for')
})

it('refuses an override of what has no JSON Schema, or of what is no map in the file', async () => {
  const bare = { '~standard': { version: 1, vendor: 'bare', validate: (value: unknown) => ({ value }) } } as const
  const { config } = await withVariables({ CF_PLUGIN_AUTH__TIMEOUT: '1' })
  expect(() => config.settingsFor(plugin('auth', bare))).toThrow(
    'CF_PLUGIN_AUTH__TIMEOUT cannot be used: its schema (of bare) has no JSON Schema (~standard.jsonSchema)',
  )
  expect(() => config.settingsFor(plugin('auth'))).toThrow('the plugin has no schema of its configuration')
  const flat = await withVariables({ CF_PLUGIN_AUTH__POOL__MAXSIZE: '1' }, 'auth:\n  settings: { pool: 3 }\n')
  expect(placesOf(await flat.check(), flat.source)).toContain('auth.settings.pool.maxSize CFP_CONFIG_OVERRIDE')
})

it('gives a text its one type or refuses it, and changes it only into what is written so', () => {
  const types = fc.uniqueArray(
    fc.constantFrom<JsonType>('string', 'number', 'integer', 'boolean', 'null', 'array', 'object'),
  )
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.double().map(String),
    fc.integer().map(String),
    fc.constantFrom('true', 'null', '0777', '', '1e3', '-0'),
  )
  fc.assert(
    fc.property(text, types, (given, of) => {
      const typed = typedText(given, new Set(of))
      if (!('value' in typed)) {
        expect(of).not.toContain('string')
        expect(of).not.toEqual([])
        expect(typed.problem).toMatch(/^must be /)
      } else if (typeof typed.value === 'string') expect(typed.value).toBe(given)
      else {
        if (of.includes('string') && typeof typed.value !== 'object') expect(String(typed.value)).toBe(given)
        expect(typed.value).toEqual(JSON.parse(given))
      }
    }),
    { numRuns: 2_000 },
  )
})

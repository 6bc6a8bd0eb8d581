// What a schema marks as secret is in no error, no documentation and no log.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files that are read have such placeholders
import { inspect } from 'node:util'
import { PluginError, type StandardSchema } from '@cf-plugins/plugin-api'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  configError,
  documentation,
  documentationMarkdown,
  documentationText,
  problemLine,
  Secrets,
} from '../src/index.ts'
import { plugin, sourceOf } from './support.ts'

const schemas: Record<string, StandardSchema> = {
  zod: z.object({
    key: z.string().min(20).meta({ secret: true }).default('zod-default-key-of-all'),
    pin: z.number().max(5).meta({ writeOnly: true }),
    short: z.literal('abc').meta({ format: 'password' }),
    free: z.string(),
  }),
  valibot: toStandardJsonSchema(
    v.object({
      key: v.pipe(v.string(), v.minLength(20), v.metadata({ secret: true })),
      pin: v.pipe(v.number(), v.maxValue(5), v.metadata({ writeOnly: true })),
      short: v.pipe(v.literal('abc'), v.metadata({ format: 'password' })),
      free: v.string(),
    }),
  ),
  arktype: type({
    key: type('string >= 20').configure({ secret: true } as never),
    pin: type('number <= 5').configure({ secret: true } as never),
    short: type("'abc'").configure({ secret: true } as never),
    free: 'string',
  }),
}

describe.each(Object.entries(schemas))('with %s', (_, schema) => {
  const auth = plugin('auth', schema)
  const files = 'auth:\n  settings: { key: "${KEY}", pin: 987654, short: xyz, free: 1 }\n'

  it('tells what is wrong with a secret, and nothing of it (fault 77)', async () => {
    const source = await sourceOf(files, { env: { KEY: 'hunter2-hunter2' } })
    const problems = await (await source.load()).check([auth])
    expect(problems.map(({ path }) => path).sort()).toEqual(
      ['free', 'key', 'pin', 'short'].map((path) => `settings.${path}`),
    )
    const told = inspect([problems, problems.map(problemLine), configError(problems), configError(problems).toJSON()], {
      depth: 9,
    })
    for (const secret of ['hunter2', '987654', 'xyz']) expect(told).not.toContain(secret)
    expect(problems.find(({ path }) => path === 'settings.key')?.message).toMatch(
      /^is not what the schema takes \(string, at least 20 characters\); it is a secret, and so nothing more is told$/,
    )
    expect(source.secrets.hide('hunter2-hunter2 / 987654')).toBe('[secret] / [secret]')
  })

  it('tells nothing of a secret from the environment that is wrong', async () => {
    const env = { KEY: 'hunter2-hunter2', CF_PLUGIN_AUTH__PIN: 'hunter3-hunter3', CF_PLUGIN_AUTH__KEY: 'hunter4' }
    const source = await sourceOf(files, { env })
    const config = await source.load()
    const problems = await config.check([auth])
    let thrown: unknown
    try {
      config.settingsFor(auth)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(PluginError)
    const told = inspect([problems, problems.map(problemLine), thrown], { depth: 9 })
    expect(told).toContain('CF_PLUGIN_AUTH__PIN must be a number')
    expect(told).not.toContain('hunter')
    expect(source.secrets.hide('hunter3-hunter3')).toBe('[secret]')
  })

  it('marks secrets in the documentation, and shows no default of one', () => {
    const all = documentation({ ...auth, description: '' })
    expect(
      all.options
        .filter(({ secret }) => secret)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['key', 'pin', 'short'])
    const printed = inspect(all, { depth: 9 }) + documentationText(all) + documentationMarkdown(all)
    expect(printed).not.toContain('zod-default')
    expect(printed).not.toContain('abc')
  })
})

it('hides what a schema makes of a secret, and every part of one that holds others', async () => {
  const schema = z.object({
    token: z.string().trim().toLowerCase().meta({ secret: true }),
    pool: z.object({ users: z.array(z.string()), name: z.string() }).meta({ secret: true }),
    list: z.array(z.object({ key: z.string().meta({ secret: true }), name: z.string() })),
    map: z.record(z.string(), z.string().meta({ secret: true })),
  })
  const source = await sourceOf(`auth:
  settings:
    token: " HUNTER2 "
    pool: { users: [alice, bob], name: database }
    list: [{ key: sesame, name: open }]
    map: { one: first-key }
`)
  const auth = plugin('auth', schema)
  expect(await (await source.load()).check([auth])).toEqual([])
  const { secrets } = source
  expect(secrets.hide('HUNTER2 hunter2, alice bob database, sesame open, one first-key')).toBe(
    // A short one would be found in every other word.
    'HUNTER2 [secret], [secret] bob [secret], [secret] open, one [secret]',
  )
})

it('finds a secret however deep a schema that refers to itself has it', async () => {
  const node = z.object({
    key: z.string().meta({ secret: true }).optional(),
    get inner() {
      return z.array(node).optional()
    },
  })
  const source = await sourceOf(
    'auth:\n  settings: { inner: [{ inner: [{ key: sesame }, { inner: [{ key: 1 }] }] }] }\n',
  )
  const problems = await (await source.load()).check([plugin('auth', node)])
  expect(problems.map(problemLine)).toEqual([
    expect.stringContaining('2:67 auth.settings.inner.0.inner.1.inner.0.key: is not what'),
  ])
  expect(source.secrets.hide('sesame')).toBe('[secret]')
})

it('hides a secret in what a schema says of another setting, and the default of one that is set', async () => {
  const key = z.string().meta({ secret: true }).default('open-by-default')
  const schema = z.object({ key, url: z.string() }).superRefine(({ key, url }, context) => {
    if (url.includes(key)) context.addIssue({ code: 'custom', path: ['url'], message: `${url} has ${key} in it` })
  })
  const source = await sourceOf('auth:\n  settings: { key: sesame, url: "tcp://sesame@host" }\n')
  const problems = await (await source.load()).check([plugin('auth', schema)])
  expect(problems.map(({ message }) => message)).toEqual(['tcp://[secret]@host has [secret] in it'])
  expect(source.secrets.hide('open-by-default')).toBe('[secret]')
})

it('hides what is secret in a default, and shows the rest of it', async () => {
  const pool = z.object({ key: z.string().meta({ secret: true }), size: z.number() })
  const schema = z.object({
    pool: pool.default({ key: 'sesame', size: 3 }),
    list: z.array(pool).default([{ key: 'opens', size: 1 }]),
  })
  const { options } = documentation({ ...plugin('auth', schema), description: '' })
  expect(options.flatMap((option) => ('default' in option ? [option.default] : []))).toEqual([
    { key: '[secret]', size: 3 },
    [{ key: '[secret]', size: 1 }],
  ])
  const source = await sourceOf('')
  ;(await source.load()).settingsFor(plugin('auth', schema))
  expect(source.secrets.hide('sesame opens')).toBe('[secret] [secret]')
})

it('hides a secret of before in what is told later, also where it comes with a cause, as JSON, or in a URL', async () => {
  const secrets = new Secrets()
  const key = 'p"w\\d/?&=ü'
  secrets.add({ key, pin: 123456, no: [true, null, 12] })
  const error = new Error('outer', {
    cause: new AggregateError([new Error(`refused: ${key}`)], JSON.stringify({ key })),
  })
  const texts = [
    String((error.cause as AggregateError).errors[0]),
    (error.cause as AggregateError).message,
    `https://user:${encodeURIComponent(key)}@host/`,
    'pin=123456 12 true null',
  ]
  expect(texts.map((text) => secrets.hide(text))).toEqual([
    'Error: refused: [secret]',
    '{"key":"[secret]"}',
    'https://user:[secret]@host/',
    'pin=[secret] 12 true null',
  ])
  const pem = '-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n'
  secrets.add(pem)
  for (const line of pem.trim().split('\n')) expect(secrets.hide(`  | ${line}`)).toBe('  | [secret]')
  expect(inspect(secrets, { showHidden: true, depth: 9 }) + JSON.stringify(secrets)).not.toContain('123456')
})

it('leaves no secret in a text, however they overlap, and nothing out that is none', () => {
  const secret = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 4, maxLength: 7 })
  fc.assert(
    fc.property(
      fc.array(secret, { maxLength: 5 }),
      fc.array(fc.oneof(secret, fc.constantFrom('a', 'x', ' '))),
      (all, parts) => {
        const secrets = new Secrets()
        for (const each of all) secrets.add(each)
        const text = parts.join('')
        const shown = secrets.hide(text)
        for (const each of all) expect(shown).not.toContain(each)
        const covered = [...text].map((_, at) =>
          all.some((each) => {
            const from = text.slice(Math.max(0, at - each.length + 1), at + each.length)
            return from.includes(each)
          }),
        )
        const open = [...text].filter((_, at) => !covered[at]).join('')
        expect(shown.replaceAll('[secret]', '')).toBe(open)
      },
    ),
  )
})

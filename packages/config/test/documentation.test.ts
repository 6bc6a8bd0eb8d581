// Every option of a plugin, told from its schema.
import type { StandardSchema } from '@cf-plugins/plugin-api'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { documentation, documentationMarkdown, documentationText } from '../src/index.ts'

const of = (config: StandardSchema | undefined) => documentation({ name: 'auth', description: 'Who is who', config })
const optionsOf = (config: StandardSchema) =>
  of(config).options.map(({ path, type, required, default: byDefault, variable }) => [
    path,
    type,
    required,
    byDefault,
    variable,
  ])

it('tells the same of the same schema in every library', () => {
  const expected = [
    ['mode', 'string', false, undefined, 'CF_PLUGIN_AUTH__MODE'],
    ['pool', 'object', true, undefined, 'CF_PLUGIN_AUTH__POOL'],
    ['pool.maxSize', 'integer', true, undefined, 'CF_PLUGIN_AUTH__POOL__MAXSIZE'],
    ['servers', 'object[]', true, undefined, 'CF_PLUGIN_AUTH__SERVERS'],
    ['servers[].host', 'string', true, undefined, undefined],
    ['ttl', 'number', false, 300, 'CF_PLUGIN_AUTH__TTL'],
  ]
  const zod = z.object({
    mode: z.enum(['fast', 'safe']).optional(),
    pool: z.object({ maxSize: z.int().min(1) }),
    servers: z.array(z.object({ host: z.string() })),
    ttl: z.number().default(300),
  })
  const valibot = v.object({
    mode: v.optional(v.picklist(['fast', 'safe'])),
    pool: v.object({ maxSize: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
    servers: v.array(v.object({ host: v.string() })),
    ttl: v.optional(v.number(), 300),
  })
  const arktype = type({
    'mode?': "'fast' | 'safe'",
    pool: { maxSize: 'number.integer >= 1' },
    servers: type({ host: 'string' }).array(),
    ttl: 'number = 300',
  })
  for (const schema of [zod, toStandardJsonSchema(valibot), arktype]) {
    const sorted = optionsOf(schema).sort(([one], [other]) => String(one).localeCompare(String(other)))
    expect(sorted, schema['~standard'].vendor).toEqual(expected)
    const { options } = of(schema)
    expect(options.find(({ path }) => path === 'mode')?.values).toEqual(['fast', 'safe'])
    expect(options.find(({ path }) => path === 'pool.maxSize')?.rules).toEqual(['at least 1'])
  }
  expect(of(valibot)).toMatchObject({
    options: [],
    missing:
      'its schema (of valibot) has no JSON Schema (~standard.jsonSchema); wrap it in toStandardJsonSchema() of @valibot/to-json-schema',
  })
})

it('prints for a terminal and for a page', () => {
  const config = z.object({
    ttl: z.number().min(1).default(300).describe('How long a session\nlives | seconds'),
    key: z.string().meta({ secret: true, deprecated: true }),
    mode: z.enum(['fast', 'safe']).optional(),
  })
  expect(documentationText(of(config))).toBe(`auth: Who is who
  ttl  number, at least 1, default 300
      How long a session lives | seconds
      CF_PLUGIN_AUTH__TTL
  key  string, required, secret, deprecated
      CF_PLUGIN_AUTH__KEY
  mode  string, one of "fast", "safe"
      CF_PLUGIN_AUTH__MODE
`)
  expect(documentationMarkdown(of(config))).toBe(`## auth

Who is who

| option | type | | variable |
|---|---|---|---|
| \`ttl\` | number | How long a session lives \\| seconds · at least 1, default 300 | \`CF_PLUGIN_AUTH__TTL\` |
| \`key\` | string | required, secret, deprecated | \`CF_PLUGIN_AUTH__KEY\` |
| \`mode\` | string | one of "fast", "safe" | \`CF_PLUGIN_AUTH__MODE\` |
`)
  expect(documentationText(of(z.object({})))).toBe('auth: Who is who\n  No options.\n')
  expect(documentationMarkdown(of(z.object({})))).toContain('No options.')
  expect(documentationText(of(undefined))).toContain('No options can be told: the plugin has no schema')
  expect(documentationMarkdown(of(undefined))).toContain('No options can be told: the plugin has no schema')
})

it('lays unions and intersections together, follows references, and ends where they go in circles', () => {
  const tree = z.object({
    name: z.string(),
    get children() {
      return z.array(tree).optional()
    },
  })
  const config = z
    .object({ tree, when: z.date().optional(), big: z.bigint().optional(), labels: z.record(z.string(), z.number()) })
    .and(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('a'), url: z.string() }),
        z.object({ kind: z.literal('b'), port: z.int() }),
      ]),
    )
  const options = optionsOf(config)
  expect(options).toContainEqual(['kind', 'string', true, undefined, 'CF_PLUGIN_AUTH__KIND'])
  expect(options).toContainEqual(['url', 'string', false, undefined, 'CF_PLUGIN_AUTH__URL'])
  expect(options).toContainEqual(['port', 'integer', false, undefined, 'CF_PLUGIN_AUTH__PORT'])
  expect(options).toContainEqual(['tree.children[].name', 'string', true, undefined, undefined])
  expect(options).toContainEqual(['when', 'any', false, undefined, 'CF_PLUGIN_AUTH__WHEN'])
  expect(options).toContainEqual(['labels', 'map of number', true, undefined, 'CF_PLUGIN_AUTH__LABELS'])
  expect(of(config).options.find(({ path }) => path === 'kind')?.values).toEqual(['a', 'b'])
  expect(options.length).toBeLessThan(20)
  const list = z.object({ list: z.json() })
  expect(optionsOf(list)[0]?.slice(0, 2)).toEqual(['list', expect.stringContaining('string | number | boolean | null')])
})

it('bears JSON Schemas that are wrong, endless, or cannot be had', () => {
  const schema = (input: () => unknown): StandardSchema => ({
    '~standard': {
      version: 1,
      vendor: 'hand',
      validate: (value: unknown) => ({ value }),
      jsonSchema: { input },
    } as never,
  })
  expect(
    of(
      schema(() => {
        throw new Error('a date is no JSON')
      }),
    ).missing,
  ).toBe('its schema (of hand) cannot be told as JSON Schema: a date is no JSON')
  for (const wrong of [undefined, null, 1, []]) expect(of(schema(() => wrong)).missing).toContain('has no JSON Schema')
  const odd = {
    type: 'thing',
    properties: { a: 1, b: null, c: { $ref: '#/nowhere' }, d: { $ref: 'http://x/y' }, e: { $ref: '#' } },
    required: 'a',
    allOf: 3,
  }
  expect(optionsOf(schema(() => odd)).map(([path]) => path)).toEqual([
    'a',
    'b',
    'c',
    'd',
    'e',
    ...['a', 'b', 'c', 'd', 'e'].map((key) => `e.${key}`),
  ])
  const wide = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`p${at}`, { $ref: `#/$defs/d${at}` }]))
  const all = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`d${at}`, { type: 'object', properties: wide }]))
  const started = performance.now()
  expect(of(schema(() => ({ $defs: all, properties: wide }))).options.length).toBeLessThan(50_000)
  expect(performance.now() - started).toBeLessThan(10_000)
})

// What a YAML text may be, and how what it may not be is refused.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files that are read have such placeholders
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readYaml } from '../src/yaml-text.ts'
import { placesOf, plugin, sourceOf } from './support.ts'

/** What is wrong with a text, and what is left of it. */
async function read(text: string) {
  const source = await sourceOf(text)
  const config = await source.load()
  return { places: placesOf(config.problems, source), messages: config.problems.map(({ message }) => message), config }
}

it('refuses a text that nests without an end, where it does so, before anything follows it (fault 61)', async () => {
  const bombs = {
    lists: 'a: '.padEnd(4096, '['),
    maps: 'a: '.padEnd(4096, '{a: '),
    dashes: '- '.repeat(2048),
    keys: '? '.repeat(2048),
    values: ': '.repeat(2048),
    indented: Array.from({ length: 3000 }, (_, level) => `${' '.repeat(level)}a:`)
      .join('\n')
      .slice(0, 1_000_000),
    large: '['.repeat(1_000_000),
  }
  for (const [name, bomb] of Object.entries(bombs)) {
    const { places, messages } = await read(bomb)
    expect(places, name).toEqual([expect.stringMatching(/^plugins\.yaml:\d+:\d+ CFP_CONFIG_LIMIT$/)])
    expect(messages[0]).toBe('the file nests more than 64 levels deep here')
  }
  expect((await read(bombs.lists)).places).toEqual(['plugins.yaml:1:66 CFP_CONFIG_LIMIT'])
})

it('reads what nests as deep as people nest', async () => {
  const deep = `auth:\n  settings:\n    a: ${'['.repeat(40)}${']'.repeat(40)}\n`
  expect((await read(deep)).places).toEqual([])
})

it('refuses a text of too many parts before it takes seconds', async () => {
  const { places } = await read(`auth:\n  settings:\n    list: [${','.repeat(900_000)}]\n`)
  expect(places).toEqual([expect.stringMatching(/^plugins\.yaml:3:\d+ CFP_CONFIG_LIMIT$/)])
})

it('refuses aliases that multiply to more than a configuration, or nest without an end (fault 62)', async () => {
  const levels = Array.from(
    { length: 9 },
    (_, at) => `  a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(', ')}]`,
  )
  const laughs = `_shared:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n${levels.join('\n')}\nauth:\n  settings: { a: *a9 }\n`
  const started = performance.now()
  const { places, messages } = await read(laughs)
  expect(performance.now() - started).toBeLessThan(10_000)
  expect(places[0]).toMatch(/^plugins\.yaml:7:\d+ _shared\.a5 CFP_CONFIG_LIMIT$/)
  expect(messages[0]).toBe('with what its aliases repeat this is more than 100000 values')
  const ladder = Array.from({ length: 200 }, (_, at) => `  b${at + 1}: &b${at + 1} [*b${at}]`)
  const tower = await read(`_shared:\n  b0: &b0 []\n${ladder.join('\n')}\n`)
  expect(tower.messages[0]).toBe('with what its aliases repeat this is more than 64 levels deep')
  const circle = await read('auth:\n  settings:\n    a: &a [1, *a]\n    b: *nobody\n')
  expect(circle.places).toEqual([
    'plugins.yaml:3:15 auth.settings.a.1 CFP_CONFIG_SYNTAX',
    'plugins.yaml:4:8 auth.settings.b CFP_CONFIG_SYNTAX',
  ])
  expect(circle.messages).toEqual([
    'the alias *a stands inside what it names',
    'the alias *nobody names nothing that stands before it',
  ])
})

it('tells a key that is there twice, a tab, and a second document with line and column, all at once (fault 63)', async () => {
  expect((await read('auth:\n  settings:\n    a: 1\n    b: 2\n    "a": 3\nauth:\n')).places).toEqual([
    'plugins.yaml:5:5 auth.settings.a CFP_CONFIG_SYNTAX',
    'plugins.yaml:6:1 auth CFP_CONFIG_SYNTAX',
  ])
  expect((await read('auth:\n  settings: { 1: a, "1": b }\n')).messages).toEqual([
    'the key "1" was there before, on line 2',
  ])
  const several = await read('auth:\n\tsettings: 1\nother: "\\q"\n---\nmore: 1\n---\n')
  expect(several.places).toEqual([
    'plugins.yaml:2:1 CFP_CONFIG_SYNTAX',
    'plugins.yaml:3:9 CFP_CONFIG_SYNTAX',
    'plugins.yaml:4:1 CFP_CONFIG_SYNTAX',
  ])
  expect(several.messages).toEqual([
    'a tab is not allowed as indentation: use spaces',
    expect.stringContaining('a backslash in double quotes'),
    expect.stringContaining('a second document begins here'),
  ])
})

it('asks for quotes where YAML wants them around a variable', async () => {
  const { places, messages } = await read('auth:\n  settings:\n    list: [${ONE:-x}, two]\n')
  expect(places).toEqual(['plugins.yaml:3:13 CFP_CONFIG_SYNTAX'])
  expect(messages[0]).toContain('a value with ${...} must be in quotes')
})

it('refuses keys of the prototype chain, keys that are no text, tags, and what is YAML 1.1', async () => {
  const { places, messages } = await read(
    'auth:\n  settings:\n    __proto__: { admin: true }\n    deep: [{ constructor: 1 }]\n    ? [a]\n    : 1\n    ~: 2\n__proto__:\n  x: 1\n',
  )
  expect(places).toEqual([
    'plugins.yaml:3:5 auth.settings.__proto__ CFP_CONFIG_KEY',
    'plugins.yaml:4:14 auth.settings.deep.0.constructor CFP_CONFIG_KEY',
    'plugins.yaml:5:7 auth.settings CFP_CONFIG_SYNTAX',
    'plugins.yaml:7:5 auth.settings CFP_CONFIG_SYNTAX',
    'plugins.yaml:8:1 __proto__ CFP_CONFIG_KEY',
  ])
  expect(messages[0]).toBe('the key "__proto__" is refused: rename it')
  expect((Object.prototype as { admin?: boolean }).admin).toBeUndefined()
  expect((await read('auth: !!js/function "x"\nother: !!binary aGVsbG8=\n')).places).toEqual([
    'plugins.yaml:1:7 CFP_CONFIG_SYNTAX',
    'plugins.yaml:2:8 CFP_CONFIG_SYNTAX',
  ])
  expect((await read('%YAML 1.1\n---\nauth:\n  enabled: yes\n')).messages).toEqual([
    'only YAML 1.2 is read: remove the %YAML line',
  ])
})

it('takes anchors and merge keys, what stands there over what is merged', async () => {
  const { config, places } = await read(`_shared: &shared
  retries: 3
  hosts: [a, b]
_more: &more { retries: 9, quiet: true }
auth:
  settings:
    <<: [*shared, *more]
    retries: 5
mail:
  settings: { <<: *shared, "<<": text }
`)
  expect(places).toEqual([])
  expect(config.settingsFor(plugin('auth'))).toEqual({ retries: 5, hosts: ['a', 'b'], quiet: true })
  expect(config.settingsFor(plugin('mail'))).toEqual({ retries: 3, hosts: ['a', 'b'], '<<': 'text' })
  expect((await read('auth:\n  settings:\n    <<: 1\n')).places).toEqual([
    'plugins.yaml:3:5 auth.settings CFP_CONFIG_SYNTAX',
  ])
})

it('warns of numbers that are not kept as they are written', async () => {
  const { places } = await read(
    'auth:\n  settings: { mode: 0777, id: 12345678901234567890, octal: 0o777, text: "0777", zero: 0, part: 0.5 }\n',
  )
  expect(places).toEqual([
    'plugins.yaml:2:21 auth.settings.mode CFP_CONFIG_VALUE?',
    'plugins.yaml:2:31 auth.settings.id CFP_CONFIG_VALUE?',
  ])
})

it('says nothing of the text in what it says of a text', async () => {
  const { messages } = await read(
    'auth:\n  settings:\n    key: "hunter2\\xhunter2"\n    more: @hunter2\n    [hunter2\n',
  )
  expect(messages.length).toBeGreaterThan(0)
  expect(messages.join()).not.toContain('hunter2')
})

it('reads any text or tells where it is wrong, and never throws', () => {
  const part = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '\n',
    '  ',
    '\t',
    '&a ',
    '*a',
    '"',
    "'",
    '|',
    '>',
    '?',
    '!',
    '%',
    '@',
    '#',
    '---\n',
    '...\n',
    '<<: ',
    ',',
    '\0',
    '\u2028',
    '\ud800',
    '${',
    '}',
    ':-',
    '~',
    '0777',
    '\r\n',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 200 }), (parts) => {
      const text = parts.join('')
      const { document, problems } = readYaml(text, '/plugins.yaml')
      expect(document === undefined).toBe(problems.length > 0)
      const lines = text.split('\n')
      for (const { line = 0, column = 0 } of problems) {
        expect(line).toBeGreaterThan(0)
        expect(line).toBeLessThanOrEqual(lines.length)
        expect(column).toBeGreaterThan(0)
        expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1)
      }
    }),
    { numRuns: 1_000 },
  )
})

// `${VAR}` and `${VAR:-default}` in files.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files that are read have such placeholders
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { substitute } from '../src/variables.ts'
import { placesOf, plugin, sourceOf } from './support.ts'

const environment = new Map([
  ['HOST', 'example.org'],
  ['PORT', '8080'],
  ['EMPTY', ''],
  ['TRICKY', '${HOST} }: [&a'],
])

it('puts in values, defaults, and defaults of defaults, each once', () => {
  const cases: Record<string, string> = {
    'https://${HOST}:${PORT}/': 'https://example.org:8080/',
    '${NOBODY:-30}': '30',
    '${EMPTY:-30}': '30',
    '${EMPTY}': '',
    '${NOBODY:-}': '',
    '${HOST:-${NOBODY}}': 'example.org',
    '${NOBODY:-${ALSO_NOBODY:-${PORT}}}': '8080',
    '$${HOST} costs $5 $HOST': '${HOST} costs $5 $HOST',
    '${NOBODY:-$${x}': '${x',
    '${TRICKY}': '${HOST} }: [&a',
  }
  for (const [text, put] of Object.entries(cases)) {
    expect(substitute(text, environment), text).toMatchObject({ text: put, problems: [] })
  }
  expect(substitute('${HOST}:${PORT:-1}:${NOBODY:-x}', environment).variables).toEqual(['HOST', 'PORT'])
  expect(substitute('$${HOST}', environment).replaced).toBe(false)
})

it('tells each variable that is missing, and what is written wrong', () => {
  expect(substitute('${NOBODY} ${NOBODY} ${constructor}', environment).problems).toEqual([
    expect.stringContaining('the variable NOBODY is not set'),
    expect.stringContaining('the variable constructor is not set'),
  ])
  const deep = `${'${A:-'.repeat(9)}x${'}'.repeat(9)}`
  for (const text of ['${}', '${1A}', '${A', '${A:-', '${A-b}', '${A:?b}', '${ HOST }', deep]) {
    expect(substitute(text, environment).problems, text).toEqual([
      expect.stringContaining('must be followed by a name'),
    ])
  }
})

it('never looks again at what it put in, and ends on any text', () => {
  const part = fc.constantFrom('${', '}', ':-', '$', '$${', 'A', 'B', '${A}', '${B:-', ' ')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
      const text = parts.join('')
      const one = substitute(
        text,
        new Map([
          ['A', '${B}'],
          ['B', '$${A}'],
        ]),
      )
      const other = substitute(
        text,
        new Map([
          ['A', '<a>'],
          ['B', '<b>'],
        ]),
      )
      expect(one.text).toBe(other.text.replace(/<a>/g, () => '${B}').replace(/<b>/g, () => '$${A}'))
      expect(one.problems).toEqual(other.problems)
    }),
  )
})

it('types what is put in by the schema, and where nobody knows a type by the quotes', async () => {
  const source = await sourceOf(
    `auth:
  enabled: \${ON:-true}
  version: \${VERSION:-^1.0.0}
  settings:
    port: "\${PORT}"
    host: \${PIN}
    url: tcp://\${HOST}:\${PORT}
    quick: \${QUICK:-false}
    hosts: \${HOSTS}
    pool: '\${POOL:-{"size": 3}}'
    free: \${PORT}
    quoted: "\${PORT}"
    pin: \${PIN}
`,
    { env: { PORT: '8080', PIN: '0777', HOST: 'here', HOSTS: '["a", "b"]' } },
  )
  const schema = z.looseObject({
    port: z.number(),
    host: z.string(),
    url: z.string(),
    quick: z.boolean(),
    hosts: z.array(z.string()),
    pool: z.object({ size: z.number() }),
  })
  const config = await source.load()
  expect(await config.check([plugin('auth', schema)])).toEqual([])
  expect(config.plugins.get('auth')).toMatchObject({ enabled: true, version: '^1.0.0' })
  expect(config.settingsFor(plugin('auth', schema))).toEqual({
    port: 8080,
    host: '0777',
    url: 'tcp://here:8080',
    quick: false,
    hosts: ['a', 'b'],
    pool: { size: 3 },
    free: 8080,
    quoted: '8080',
    pin: '0777',
  })
})

it('tells what is missing, and what has not the type, with variable and place, and does not repeat it as the schema would', async () => {
  const source = await sourceOf(
    `auth:
  enabled: \${ON}
  settings:
    key: \${KEY}
    port: \${PORT}
    size: \${SIZE:-many}
    count: \${COUNT}
other:
  settings:
    a: \${OTHER}
`,
    { env: { PORT: '0777', ON: 'yes' } },
  )
  const auth = plugin('auth', z.object({ key: z.string(), port: z.number(), size: z.int(), count: z.int() }))
  const config = await source.load()
  const problems = await config.check([auth, plugin('other', undefined, { enabled: false })])
  expect(placesOf(problems, source)).toEqual([
    'plugins.yaml:2:12 auth.enabled CFP_CONFIG_VALUE',
    'plugins.yaml:4:10 auth.settings.key CFP_CONFIG_VARIABLE',
    'plugins.yaml:5:11 auth.settings.port CFP_CONFIG_VALUE',
    'plugins.yaml:6:11 auth.settings.size CFP_CONFIG_VALUE',
    'plugins.yaml:7:12 auth.settings.count CFP_CONFIG_VARIABLE',
    // That one does not run.
    'plugins.yaml:10:8 other.settings.a CFP_CONFIG_VARIABLE?',
  ])
  expect(problems[2]).toMatchObject({
    variable: 'PORT',
    message: expect.stringMatching(/^the variable PORT must be a number/),
  })
  expect(problems[3]?.message).toMatch(/^the default must be a whole number/)
  expect(problems.map(({ message }) => message).join()).not.toContain('0777')
})

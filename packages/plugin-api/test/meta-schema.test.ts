// The JSON Schema says of metadata what resolveMeta says, where a schema can tell.
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { resolveMeta } from '../src/host.ts'
import { PluginError, type PluginIssue } from '../src/index.ts'
import { pluginMetaSchema } from '../src/schema.ts'

const accepts = new Ajv2020({ strict: true, strictTypes: false }).compile(pluginMetaSchema)

function resolves(meta: unknown): boolean {
  try {
    resolveMeta(meta)
    return true
  } catch (error) {
    if (error instanceof PluginError) return false
    throw error
  }
}

// Names that are told apart by where they stand, so that no metadata contradicts itself: that no schema can tell.
const name = (prefix: string) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.stringMatching(/^[a-z0-9._-]{0,4}$/).map((rest) => prefix + rest) },
    { weight: 1, arbitrary: odd },
  )
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    ' ',
    'A',
    '__proto__',
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    [],
    {},
    [[]],
    ['a', 'a'],
    { a: '' },
    { a: '*' },
  ),
  fc.jsonValue({ maxDepth: 2 }),
)
const either = (arbitrary: fc.Arbitrary<unknown>) => fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: odd })
const names = (prefix: string) => fc.array(name(prefix), { maxLength: 3 })
const range = either(fc.constantFrom('*', '^1.0.0', '1 || 2', ''))
const dependencies = (prefix: string) =>
  fc.oneof(
    names(prefix),
    fc.dictionary(
      fc.stringMatching(/^[a-zA-Z0-9._-]{0,4}$/).map((rest) => prefix + rest),
      range,
      { maxKeys: 3 },
    ),
  )
const identifier = fc.constantFrom('0', '1', '01', '12', 'a', 'A-b', '-', '', 'rc1')
const version = fc
  .tuple(identifier, identifier, identifier, fc.constantFrom('', '-', '+'), fc.array(identifier, { maxLength: 2 }))
  .map(([major, minor, patch, sign, rest]) => `${major}.${minor}.${patch}${sign}${rest.join('.')}`)
const duration = either(fc.constantFrom(1, 0.5, 10_000, 2 ** 31 - 1, 2 ** 31, 0))
const words = fc.array(either(fc.constantFrom('user.*', 'linux', ' ')), { maxLength: 3 })
const objectOf = (model: Record<string, fc.Arbitrary<unknown>>) =>
  either(fc.record({ ...model, other: fc.constant(1) }, { requiredKeys: [] }))

const metadata = fc.record(
  {
    name: name('n'),
    version: fc.oneof({ weight: 3, arbitrary: fc.constant('1.0.0') }, { weight: 1, arbitrary: either(version) }),
    description: either(fc.string()),
    enabled: either(fc.boolean()),
    dependencies: either(dependencies('d')),
    optionalDependencies: either(dependencies('o')),
    requires: either(names('r')),
    provides: either(names('p')),
    events: either(words),
    engines: objectOf({ api: range, host: range, node: range }),
    platforms: either(words),
    permissions: either(words),
    config: odd,
    reload: objectOf({
      strategy: either(fc.constantFrom('exclusive', 'overlap')),
      state: either(fc.constantFrom('keep', 'discard')),
    }),
    stateVersion: either(fc.nat()),
    execution: either(fc.constantFrom('inline', 'worker')),
    worker: objectOf({ heapMb: either(fc.integer({ min: 0, max: 2 ** 21 })), callMs: duration }),
    timeouts: objectOf({
      registerMs: duration,
      setupMs: duration,
      teardownMs: duration,
      enableMs: duration,
      saveMs: duration,
      restoreMs: duration,
      reloadMs: duration,
    }),
    onFailure: either(fc.constantFrom('continue', 'abort')),
    unknown: fc.constant(1),
  },
  { requiredKeys: [], noNullPrototype: true },
)

it('accepts what resolveMeta accepts, and refuses what it refuses', () => {
  const told = { accepted: 0, refused: 0 }
  const few = fc.tuple(
    metadata,
    fc.uniqueArray(fc.constantFrom(...Object.keys(pluginMetaSchema.properties), 'unknown'), { maxLength: 3 }),
  )
  const metas = fc.oneof(
    metadata,
    few.map(([meta, keys]) => ({
      name: 'n',
      version: '1.0.0',
      ...Object.fromEntries(Object.entries(meta).filter(([key]) => keys.includes(key))),
    })),
  )
  fc.assert(
    fc.property(metas, (meta) => {
      const resolved = resolves(meta)
      told[resolved ? 'accepted' : 'refused']++
      // Words that stand in one list by chance, and contradict each other, are the one thing that no schema tells.
      const verdict = accepts(meta)
      if (verdict !== resolved) expect(issuePathsOf(meta)).toEqual([])
    }),
    { numRuns: 2_000 },
  )
  expect(told.accepted).toBeGreaterThan(200)
  expect(told.refused).toBeGreaterThan(200)
})

it('names every key of the metadata, and its default', () => {
  const { name, version, config, ...defaults } = resolveMeta({ name: 'a', version: '1.0.0' })
  expect(Object.keys(pluginMetaSchema.properties).sort()).toEqual(
    Object.keys({ name, version, config, ...defaults }).sort(),
  )
  for (const [key, schema] of Object.entries(pluginMetaSchema.properties)) {
    if ('default' in schema) expect(schema.default).toEqual(defaults[key as keyof typeof defaults])
  }
})

/** What resolveMeta has against metadata, apart from contradictions, which are told without a position in a list. */
function issuePathsOf(meta: unknown): string[] {
  try {
    resolveMeta(meta)
  } catch (error) {
    const isContradiction = ({ path, message }: PluginIssue) =>
      message.startsWith('needs ') || (message === 'is named twice' && !/\.\d+$/.test(path))
    return ((error as PluginError).issues ?? []).filter((issue) => !isContradiction(issue)).map(({ path }) => path)
  }
  return ['resolveMeta has nothing against it']
}

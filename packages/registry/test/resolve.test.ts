import { describe, expect, test } from 'vitest'
import { PluginRegistry } from '../src/index.ts'
import { record, registryOf } from './support/records.ts'

const codesOf = (registry: PluginRegistry) =>
  registry.resolve().conflicts.map(({ plugin, code }) => `${plugin} ${code}`)

describe('the order', () => {
  test('has dependencies first, and of independent plugins the one added first', () => {
    const registry = registryOf([
      { name: 'reports', dependencies: ['billing'] },
      { name: 'zebra' },
      { name: 'billing', dependencies: ['database'] },
      { name: 'ant' },
      { name: 'database' },
    ])
    const { order } = registry.resolve()
    expect(order.indexOf('database')).toBeLessThan(order.indexOf('billing'))
    expect(order.indexOf('billing')).toBeLessThan(order.indexOf('reports'))
    expect(order.indexOf('zebra')).toBeLessThan(order.indexOf('ant'))
    expect(order).toHaveLength(5)
    expect(registry.resolve().order).toEqual(order)
  })

  test('puts optional dependencies and providers of required services first', () => {
    const registry = registryOf([
      { name: 'app', optionalDependencies: ['metrics'], requires: ['cache'] },
      { name: 'metrics' },
      { name: 'redis', provides: ['cache'] },
    ])
    expect(registry.resolve().order).toEqual(['metrics', 'redis', 'app'])
    expect(registry.dependenciesOf('app').sort()).toEqual(['metrics', 'redis'])
  })

  test('is safe with names that objects have (fault 34)', () => {
    const registry = registryOf([
      { name: 'constructor', dependencies: ['valueof'], requires: ['tostring'] },
      { name: 'valueof', provides: ['tostring'] },
      { name: '1' },
      { name: '0' },
    ])
    expect(registry.resolve()).toMatchObject({ order: ['valueof', '1', '0', 'constructor'], conflicts: [] })
    expect(registry.has('hasownproperty')).toBe(false)
  })

  test('is the same for a resolution that was asked for by the way', () => {
    const registry = registryOf([{ name: 'b', dependencies: ['a'] }, { name: 'a' }])
    registry.resolve({ enabled: () => false })
    expect(registry.resolve().order).toEqual(['a', 'b'])
  })
})

describe('a dependency', () => {
  test('that is missing is told with the nearest name', () => {
    const registry = registryOf([{ name: 'billing', dependencies: { databse: '^2.0.0' } }, { name: 'database' }])
    const { conflicts, blocked, order } = registry.resolve()
    expect(conflicts[0]).toMatchObject({
      code: 'CFP_DEPENDENCY_MISSING',
      plugin: 'billing',
      phase: 'resolve',
      file: '/plugins/billing.ts',
      issues: [{ path: 'dependencies.databse' }],
      message:
        'Plugin "billing" needs "databse" ^2.0.0, which is not there. Did you mean "database"? Install it, or correct the name.',
    })
    expect(blocked.get('billing')).toBe(conflicts[0])
    expect(order).toEqual(['database'])
  })

  test('that is missing is not told to be the plugin itself, however near its name is', () => {
    const { conflicts } = registryOf([{ name: 'cache2', dependencies: ['cache1'] }]).resolve()
    expect(conflicts[0]?.message).toBe(
      'Plugin "cache2" needs "cache1", which is not there. Install it, or correct the name.',
    )
  })

  test('out of range is told with the range and the version (fault 32)', () => {
    const registry = registryOf([
      { name: 'billing', dependencies: { database: '^2.0.0' } },
      { name: 'database', version: '1.4.0' },
    ])
    expect(registry.resolve().report).toBe(
      'billing: Plugin "billing" needs "database" ^2.0.0, but version 1.4.0 is there. Change the range or the version. [CFP_DEPENDENCY_RANGE]',
    )
  })

  test.each(['2.1.0-beta.1', '2.0.0', '2.9.9'])('in range is taken: %s for ^2.0.0', (version) => {
    const registry = registryOf([
      { name: 'a', dependencies: { b: '^2.0.0' } },
      { name: 'b', version },
    ])
    expect(registry.resolve().order).toEqual(['b', 'a'])
  })

  test('without a range takes a pre-release too', () => {
    const registry = registryOf([
      { name: 'a', dependencies: ['b'] },
      { name: 'b', version: '0.0.1-alpha.0' },
    ])
    expect(registry.resolve().order).toEqual(['b', 'a'])
  })

  test('whose range is not semver is the problem of the plugin that wrote it, and no version is compared', () => {
    const registry = registryOf([
      { name: 'a', dependencies: { b: 'newest' }, optionalDependencies: { c: 'oldest' } },
      { name: 'b' },
    ])
    expect(codesOf(registry)).toEqual(['a CFP_RANGE_INVALID', 'a CFP_RANGE_INVALID'])
    expect(registry.resolve().blocked.get('a')).toMatchObject({
      code: 'CFP_PLUGIN_CONFLICTS',
      issues: [{ path: 'dependencies.b' }, { path: 'optionalDependencies.c' }],
    })
    expect(registry.resolve().order).toEqual(['b'])
  })

  test('that is disabled blocks its dependents, and says what to do', () => {
    const registry = registryOf([
      { name: 'a', dependencies: ['b'] },
      { name: 'b', enabled: false },
      { name: 'c', dependencies: ['a'] },
    ])
    const { order, disabled, blocked, conflicts } = registry.resolve()
    expect(order).toEqual([])
    expect(disabled).toEqual(['b'])
    expect(blocked.get('a')).toMatchObject({ code: 'CFP_DEPENDENCY_DISABLED' })
    expect(blocked.get('c')).toMatchObject({ code: 'CFP_DEPENDENCY_BLOCKED', cause: blocked.get('a') })
    expect(conflicts).toEqual([blocked.get('a')])
  })

  test('that was enabled since lets its dependents start', () => {
    const registry = registryOf([
      { name: 'a', dependencies: ['b'] },
      { name: 'b', enabled: false },
    ])
    expect(registry.resolve({ enabled: () => true })).toMatchObject({ order: ['b', 'a'], disabled: [], conflicts: [] })
    const onlyA = registry.resolve({ enabled: (name) => (name === 'a' ? true : undefined) })
    expect(onlyA.blocked.get('a')?.code).toBe('CFP_DEPENDENCY_DISABLED')
    expect(registry.resolve({ enabled: (name) => name === 'a' }).blocked.get('a')?.code).toBe('CFP_DEPENDENCY_DISABLED')
  })

  test('that cannot start blocks all that need it, each naming whom it waits for and the root cause', () => {
    const registry = registryOf([
      { name: 'reports', dependencies: ['billing'] },
      { name: 'billing', dependencies: ['database'] },
      { name: 'database', dependencies: ['disk'] },
      { name: 'other' },
    ])
    const { order, blocked, conflicts } = registry.resolve()
    expect(order).toEqual(['other'])
    expect(conflicts).toHaveLength(1)
    expect(blocked.get('billing')?.message).toBe(
      `Plugin "billing" was not started: it needs "database", which cannot start: ${conflicts[0]?.message}`,
    )
    expect(blocked.get('reports')).toMatchObject({
      code: 'CFP_DEPENDENCY_BLOCKED',
      cause: conflicts[0],
      message: `Plugin "reports" was not started: it needs "billing", which cannot start because of "database": ${conflicts[0]?.message}`,
    })
  })
})

describe('an optional dependency', () => {
  test('that is missing or disabled is nothing to speak of (fault 35)', () => {
    const registry = registryOf([
      { name: 'a', optionalDependencies: ['b', 'c'] },
      { name: 'c', enabled: false },
    ])
    expect(registry.resolve()).toMatchObject({ order: ['a'], conflicts: [], notes: [] })
  })

  test('out of range counts as absent, with a note', () => {
    const registry = registryOf([
      { name: 'a', optionalDependencies: { b: '^2.0.0' } },
      { name: 'b', version: '1.0.0' },
    ])
    expect(registry.resolve()).toMatchObject({
      order: ['a', 'b'],
      conflicts: [],
      notes: [
        {
          plugin: 'a',
          dependency: 'b',
          message: 'Plugin "a" goes without its optional dependency "b": it takes ^2.0.0, and 1.0.0 is there.',
        },
      ],
    })
    expect(registry.dependenciesOf('a')).toEqual([])
  })

  test('that cannot start counts as absent, with a note', () => {
    const registry = registryOf([
      { name: 'a', optionalDependencies: ['b'] },
      { name: 'b', dependencies: ['nowhere'] },
    ])
    const { order, notes } = registry.resolve()
    expect(order).toEqual(['a'])
    expect(notes).toEqual([
      {
        plugin: 'a',
        dependency: 'b',
        message: 'Plugin "a" goes without its optional dependency "b", which cannot start.',
      },
    ])
  })
})

describe('a circle', () => {
  test('blocks its members with its path, and once in the report', () => {
    const registry = registryOf([
      { name: 'auth', dependencies: ['sessions'] },
      { name: 'sessions', dependencies: ['users'] },
      { name: 'users', dependencies: ['auth'] },
      { name: 'reports', dependencies: ['users'] },
      { name: 'other' },
    ])
    const { order, blocked, conflicts } = registry.resolve()
    expect(order).toEqual(['other'])
    expect(conflicts).toHaveLength(1)
    for (const name of ['auth', 'sessions', 'users']) {
      expect(blocked.get(name)).toMatchObject({
        code: 'CFP_DEPENDENCY_CYCLE',
        plugin: name,
        message:
          'Plugins depend on each other in a circle: auth -> sessions -> users -> auth. Move what they share into a third plugin.',
      })
    }
    expect(blocked.get('reports')).toMatchObject({ code: 'CFP_DEPENDENCY_BLOCKED' })
  })

  test('is found through services, and through optional dependencies', () => {
    const registry = registryOf([
      { name: 'a', requires: ['cache'] },
      { name: 'b', provides: ['cache'], optionalDependencies: ['a'] },
    ])
    expect(codesOf(registry)).toEqual(['a CFP_DEPENDENCY_CYCLE'])
    expect([...registry.resolve().blocked.keys()]).toEqual(['a', 'b'])
  })

  test('through an optional dependency that cannot start anyway is none', () => {
    const registry = registryOf([
      { name: 'a', optionalDependencies: ['b'] },
      { name: 'b', dependencies: ['a', 'nowhere'] },
    ])
    expect(registry.resolve().order).toEqual(['a'])
  })

  test('is reason enough for a plugin that is in several, and each is in the report', () => {
    const registry = registryOf([
      { name: 'a', dependencies: ['b', 'c'] },
      { name: 'b', dependencies: ['a'] },
      { name: 'c', dependencies: ['a'] },
    ])
    const { blocked, conflicts } = registry.resolve()
    expect([...blocked.values()].map(({ code }) => code)).toEqual(Array(3).fill('CFP_DEPENDENCY_CYCLE'))
    expect(conflicts.map(({ message }) => /circle: (.*?)\./.exec(message)?.[1])).toEqual(['a -> b -> a', 'a -> c -> a'])
  })

  test('through a disabled plugin is none', () => {
    const registry = registryOf([
      { name: 'a', optionalDependencies: ['b'] },
      { name: 'b', dependencies: ['a'], enabled: false },
    ])
    expect(registry.resolve()).toMatchObject({ order: ['a'], conflicts: [] })
  })

  test('is told beside what else is wrong with its members', () => {
    const registry = registryOf(
      [
        { name: 'a', dependencies: ['b'], platforms: ['win32'] },
        { name: 'b', dependencies: ['a'] },
      ],
      { platform: 'linux' },
    )
    expect(codesOf(registry)).toEqual(['a CFP_PLATFORM_MISMATCH', 'a CFP_DEPENDENCY_CYCLE'])
    expect(registry.resolve().blocked.get('a')?.code).toBe('CFP_PLUGIN_CONFLICTS')
    expect(registry.resolve().blocked.get('b')?.code).toBe('CFP_DEPENDENCY_CYCLE')
  })

  test('in a tangle that has more circles than anybody can list ends, with nobody of it startable', () => {
    const names = Array.from({ length: 14 }, (_, index) => `p${index}`)
    const registry = registryOf([
      ...names.map((name) => ({ name, dependencies: names.filter((other) => other !== name) })),
      { name: 'free' },
    ])
    const { order, blocked } = registry.resolve()
    expect(order).toEqual(['free'])
    expect(blocked.size).toBe(14)
  })

  test('has its required dependencies in order, where only an optional one closes it', () => {
    const registry = registryOf([
      { name: 'a', optionalDependencies: ['b'] },
      { name: 'c', dependencies: ['a'] },
      { name: 'b', dependencies: ['c'] },
    ])
    expect(registry.order()).toEqual(['a', 'c', 'b'])
  })

  test('leaves the order of all others usable', () => {
    const registry = registryOf([
      { name: 'a', dependencies: ['b'] },
      { name: 'b', dependencies: ['a'] },
      { name: 'c', dependencies: ['d'] },
      { name: 'd' },
    ])
    const order = registry.order()
    expect(order.indexOf('d')).toBeLessThan(order.indexOf('c'))
    expect([...order].sort()).toEqual(['a', 'b', 'c', 'd'])
    expect(registry.affectedBy(['a']).sort()).toEqual(['a', 'b'])
  })
})

describe('a required service', () => {
  test('is met by a plugin of that name, or by one that provides it', () => {
    const registry = registryOf([{ name: 'a', requires: ['b', 'c'] }, { name: 'b' }, { name: 'x', provides: ['c'] }])
    expect(registry.resolve()).toMatchObject({ order: ['b', 'x', 'a'], conflicts: [] })
  })

  test('that nobody provides is told with the nearest one', () => {
    const registry = registryOf([
      { name: 'a', requires: ['cahce'] },
      { name: 'x', provides: ['cache'] },
    ])
    expect(registry.resolve().report).toBe(
      'a: Plugin "a" requires the service "cahce", which no plugin provides. Did you mean "cache"? Install one that does, or correct the name. [CFP_SERVICE_MISSING]',
    )
  })

  test('that two provide is ambiguous, and both are named', () => {
    const registry = registryOf([
      { name: 'a', requires: ['cache'] },
      { name: 'redis', provides: ['cache'] },
      { name: 'memory', provides: ['cache'] },
    ])
    expect(codesOf(registry)).toEqual(['a CFP_SERVICE_AMBIGUOUS'])
    expect(registry.resolve().report).toContain('"redis" and "memory" provide')
    expect(registry.resolve().order).toEqual(['redis', 'memory'])
  })

  test('has the one provider that runs here and is switched on', () => {
    const registry = registryOf(
      [
        { name: 'a', requires: ['cache'] },
        { name: 'windows', provides: ['cache'], platforms: ['win32'] },
        { name: 'off', provides: ['cache'], enabled: false },
        { name: 'linux', provides: ['cache'], platforms: ['linux'] },
      ],
      { platform: 'linux' },
    )
    expect(registry.resolve().order).toEqual(['linux', 'a'])
    expect(registry.dependenciesOf('a')).toEqual(['linux'])
    expect(codesOf(registry)).toEqual(['windows CFP_PLATFORM_MISMATCH'])
  })

  test('of a disabled plugin blocks', () => {
    const registry = registryOf([
      { name: 'a', requires: ['cache'] },
      { name: 'redis', provides: ['cache'], enabled: false },
    ])
    expect(codesOf(registry)).toEqual(['a CFP_DEPENDENCY_DISABLED'])
  })
})

describe('engines and platforms', () => {
  test('that do not fit are told with what is here', () => {
    const registry = registryOf(
      [{ name: 'a', engines: { api: '^9.0.0', host: '>=4', node: '>=99' }, platforms: ['aix', 'win32'] }],
      { hostVersion: '3.2.1', nodeVersion: '20.19.0', platform: 'linux' },
    )
    expect(codesOf(registry)).toEqual([
      'a CFP_ENGINE_MISMATCH',
      'a CFP_ENGINE_MISMATCH',
      'a CFP_ENGINE_MISMATCH',
      'a CFP_PLATFORM_MISMATCH',
    ])
    const { report, blocked } = registry.resolve()
    expect(report).toContain('needs the plugin API ^9.0.0; this is 1.0.0')
    expect(report).toContain('needs the host >=4; this is 3.2.1')
    expect(report).toContain('needs Node.js >=99; this is 20.19.0')
    expect(report).toContain('does not run on linux, only on aix, win32')
    expect(blocked.get('a')?.issues?.map(({ path }) => path)).toEqual([
      'engines.api',
      'engines.host',
      'engines.node',
      'platforms',
    ])
  })

  test('that fit, and a host that has no version, let the plugin start', () => {
    const registry = registryOf([
      { name: 'a', engines: { api: '^1.0.0', host: '^99.0.0', node: '>=20' }, platforms: [process.platform] },
    ])
    expect(registry.resolve()).toMatchObject({ order: ['a'], conflicts: [] })
  })

  test('with a range that is not semver are the metadata’s problem', () => {
    const registry = registryOf([{ name: 'a', engines: { host: 'any' } }])
    expect(codesOf(registry)).toEqual(['a CFP_RANGE_INVALID'])
  })

  test('of a disabled plugin are not looked at', () => {
    const registry = registryOf([{ name: 'a', engines: { node: '>=99' }, enabled: false }])
    expect(registry.resolve()).toMatchObject({ conflicts: [], report: '', disabled: ['a'] })
  })
})

test('the report has every conflict of every plugin, a line each, sorted', () => {
  const registry = registryOf([
    { name: 'z', dependencies: ['gone'] },
    { name: 'm', requires: ['nothing'] },
    { name: 'a', engines: { node: '>=99' } },
    { name: 'dependent', dependencies: ['z'] },
  ])
  const lines = registry.resolve().report.split('\n')
  expect(lines.map((line) => line.slice(0, 2))).toEqual(['a:', 'm:', 'z:'])
})

describe('adding and removing', () => {
  test('refuses a second plugin of one name and tells both files (fault 29)', () => {
    const registry = new PluginRegistry()
    registry.add(record({ name: 'auth' }, '/plugins/auth.ts'))
    expect(() => registry.add(record({ name: 'auth' }, '/more/auth/index.ts'))).toThrow(
      expect.objectContaining({
        code: 'CFP_DUPLICATE_NAME',
        message: 'Two plugins are named "auth": /plugins/auth.ts and /more/auth/index.ts. Rename one of them.',
      }),
    )
    expect(registry.get('auth')?.source.file).toBe('/plugins/auth.ts')
  })

  test('keeps order and edges up to date', () => {
    const registry = registryOf([{ name: 'b', dependencies: ['a'] }])
    expect(registry.dependenciesOf('b')).toEqual([])
    registry.add(record({ name: 'a' }))
    expect(registry.dependenciesOf('b')).toEqual(['a'])
    expect(registry.requires('b', 'a')).toBe('required')
    expect(registry.order()).toEqual(['a', 'b'])
    expect(registry.remove('a')?.meta.name).toBe('a')
    expect(registry.remove('a')).toBeUndefined()
    expect(registry.dependenciesOf('b')).toEqual([])
    expect(registry.names()).toEqual(['b'])
  })

  test('affectedBy gives dependents however far, dependencies first, each once', () => {
    const registry = registryOf([
      { name: 'd', dependencies: ['b', 'c'] },
      { name: 'c', dependencies: ['a'] },
      { name: 'b', optionalDependencies: ['a'] },
      { name: 'a' },
      { name: 'other' },
    ])
    expect(registry.affectedBy(['a'])).toEqual(['a', ...registry.order(['b', 'c']), 'd'])
    expect(registry.dependentsOf('a').sort()).toEqual(['b', 'c'])
    expect(registry.requires('b', 'a')).toBe('optional')
    expect(registry.requires('a', 'b')).toBeUndefined()
    expect(registry.order(['d', 'a', 'd'])).toEqual(['a', 'd'])
  })

  test.each([
    ['dependenciesOf', (registry: PluginRegistry) => registry.dependenciesOf('autz')],
    ['dependentsOf', (registry: PluginRegistry) => registry.dependentsOf('autz')],
    ['affectedBy', (registry: PluginRegistry) => registry.affectedBy(['autz'])],
    ['order', (registry: PluginRegistry) => registry.order(['autz'])],
    ['requires', (registry: PluginRegistry) => registry.requires('autz', 'auth')],
    ['explain', (registry: PluginRegistry) => registry.explain('autz', () => ({ state: 'active' }))],
  ])('%s of a plugin that is not there says so, with the nearest name', (_, ask) => {
    const registry = registryOf([{ name: 'auth' }])
    expect(() => ask(registry)).toThrow(
      expect.objectContaining({
        code: 'CFP_PLUGIN_UNKNOWN',
        message: 'There is no plugin "autz". Did you mean "auth"?',
      }),
    )
  })
})

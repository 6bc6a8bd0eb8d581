import { HotReloadError, PluginError } from '@cf-plugins/plugin-api'
import { describe, expect, test } from 'vitest'
import type { PluginRegistry, RegistryChange } from '../src/index.ts'
import { answersOf, record, registryOf } from './support/records.ts'

/** The error of a refused change, after making sure that the registry did not notice. */
function refusal(registry: PluginRegistry, change: RegistryChange): HotReloadError {
  const before = answersOf(registry)
  try {
    registry.stage(change)
  } catch (error) {
    expect(error).toBeInstanceOf(HotReloadError)
    expect(answersOf(registry)).toEqual(before)
    return error as HotReloadError
  }
  throw new Error('the change was not refused')
}

describe('a staged change', () => {
  test('is seen by nobody until its commit, and then as a whole', () => {
    const registry = registryOf([{ name: 'a' }, { name: 'b', dependencies: ['a'] }, { name: 'old' }])
    const before = answersOf(registry)
    const next = record({ name: 'b', version: '2.0.0', dependencies: ['c'] })
    const staged = registry.stage({ set: [next, record({ name: 'c' })], remove: ['old'] })
    expect(answersOf(registry)).toEqual(before)
    expect(staged.get('b')).toBe(next)
    expect(staged.names()).toEqual(['a', 'b', 'c'])
    expect(staged.dependenciesOf('b')).toEqual(['c'])
    expect(staged.dependentsOf('c')).toEqual(['b'])
    expect(staged.order(['b', 'c'])).toEqual(['c', 'b'])
    expect(staged.commit()).toBeUndefined()
    expect(registry.get('b')).toBe(next)
    expect(registry.names()).toEqual(['a', 'b', 'c'])
    expect(registry.dependenciesOf('b')).toEqual(['c'])
  })

  test('refuses a circle through a plugin that is switched off, which nobody could switch on then (fault 30)', () => {
    const registry = registryOf([
      { name: 'a' },
      { name: 'b', enabled: false, dependencies: ['a'] },
      { name: 'c', dependencies: ['a'] },
    ])
    const error = refusal(registry, { set: [record({ name: 'a', dependencies: { b: '^1.0.0' } })] })
    expect(error.message).toContain('circle')
    const optional = { set: [record({ name: 'a', version: '1.0.0', optionalDependencies: ['b'] })] }
    expect(refusal(registry, optional)).toMatchObject({ code: 'CFP_DEPENDENCY_CYCLE', plugin: 'a' })
    // One that was there before is not this change's.
    const circling = registryOf([
      { name: 'a', dependencies: ['b'] },
      { name: 'b', enabled: false, dependencies: ['a'] },
      { name: 'c' },
    ])
    circling.stage({ set: [record({ name: 'c', version: '2.0.0' })] }).commit()
    expect(circling.get('c')?.meta.version).toBe('2.0.0')
  })

  test('is committed once, whatever came after it', () => {
    const registry = registryOf([{ name: 'a' }])
    const first = registry.stage({ set: [record({ name: 'a', version: '2.0.0' })] })
    first.commit()
    registry.stage({ set: [record({ name: 'a', version: '3.0.0' })] }).commit()
    first.commit()
    expect(registry.get('a')?.meta.version).toBe('3.0.0')
  })

  test('does not undo what was added while it was staged', () => {
    const registry = registryOf([{ name: 'a' }])
    const staged = registry.stage({ set: [record({ name: 'a', version: '2.0.0' })] })
    registry.add(record({ name: 'late' }))
    staged.commit()
    expect(registry.names()).toEqual(['a', 'late'])
    expect(staged.names()).toEqual(['a'])
  })

  test('keeps the place of what it replaces', () => {
    const registry = registryOf([{ name: 'a' }, { name: 'b' }, { name: 'c' }])
    registry.stage({ set: [record({ name: 'a', version: '2.0.0' })] }).commit()
    expect(registry.resolve().order).toEqual(['a', 'b', 'c'])
  })

  test('affects those who depended on a plugin before, and those who will', () => {
    const registry = registryOf([
      { name: 'provider' },
      { name: 'was', optionalDependencies: { provider: '^1.0.0' } },
      { name: 'will', optionalDependencies: { provider: '^2.0.0' } },
      { name: 'after-will', dependencies: ['will'] },
      { name: 'other' },
    ])
    const staged = registry.stage({ set: [record({ name: 'provider', version: '2.0.0' })] })
    expect(staged.affectedBy(['provider'])).toEqual(['provider', 'was', 'will', 'after-will'])
    expect(() => staged.affectedBy(['provide'])).toThrow(expect.objectContaining({ code: 'CFP_PLUGIN_UNKNOWN' }))
  })

  test('affects who had an optional dependency that goes, and who gets one that comes', () => {
    const registry = registryOf([{ name: 'metrics' }, { name: 'a', optionalDependencies: ['metrics', 'late'] }])
    const staged = registry.stage({ remove: ['metrics'] })
    expect(staged.affectedBy(['metrics'])).toEqual(['a'])
    staged.commit()
    expect(staged.affectedBy(['metrics'])).toEqual(['a'])
    expect(registry.stage({ set: [record({ name: 'late' })] }).affectedBy(['late'])).toEqual(['late', 'a'])
  })
})

describe('refused, with the registry as it was, is', () => {
  test('a rename: the same file with another name (fault 33)', () => {
    const registry = registryOf([{ name: 'auth' }])
    expect(refusal(registry, { set: [record({ name: 'login' }, '/plugins/auth.ts', 2)] })).toMatchObject({
      code: 'CFP_PLUGIN_RENAMED',
      plugin: 'auth',
      file: '/plugins/auth.ts',
      generation: 2,
      phase: 'validate',
      issues: [{ path: 'name' }],
    })
  })

  test('a name that another file has (fault 29)', () => {
    const registry = registryOf([{ name: 'auth' }])
    const error = refusal(registry, { set: [record({ name: 'auth' }, '/plugins/other.ts')] })
    expect(error.code).toBe('CFP_DUPLICATE_NAME')
    expect(error.message).toContain('/plugins/auth.ts and /plugins/other.ts')
  })

  test('one name for two files of the same change', () => {
    const registry = registryOf([])
    const set = [record({ name: 'a' }, '/plugins/1.ts'), record({ name: 'a' }, '/plugins/2.ts')]
    expect(refusal(registry, { set }).code).toBe('CFP_DUPLICATE_NAME')
  })

  test('a missing dependency (fault 31)', () => {
    const registry = registryOf([{ name: 'a' }, { name: 'database' }])
    const error = refusal(registry, { set: [record({ name: 'a', dependencies: ['databas'] })] })
    expect(error).toMatchObject({ code: 'CFP_DEPENDENCY_MISSING', issues: [{ path: 'dependencies.databas' }] })
    expect(error.message).toContain('Did you mean "database"?')
    expect(error.cause).toBeInstanceOf(PluginError)
  })

  test('a version that a dependent does not take, with the range and the version (fault 32)', () => {
    const registry = registryOf([{ name: 'database' }, { name: 'billing', dependencies: { database: '^1.0.0' } }])
    const error = refusal(registry, { set: [record({ name: 'database', version: '2.0.0' })] })
    expect(error).toMatchObject({ code: 'CFP_DEPENDENCY_RANGE', plugin: 'billing' })
    expect(error.message).toContain('needs "database" ^1.0.0, but version 2.0.0 is there')
  })

  test('a range that the plugin’s own dependency is not in (fault 32)', () => {
    const registry = registryOf([{ name: 'database' }, { name: 'billing', dependencies: ['database'] }])
    const error = refusal(registry, { set: [record({ name: 'billing', dependencies: { database: '^3.0.0' } })] })
    expect(error.code).toBe('CFP_DEPENDENCY_RANGE')
  })

  test('a new circle, with its path (fault 30)', () => {
    const registry = registryOf([{ name: 'a' }, { name: 'b', dependencies: ['a'] }])
    const error = refusal(registry, { set: [record({ name: 'a', dependencies: ['b'] })] })
    expect(error.code).toBe('CFP_DEPENDENCY_CYCLE')
    expect(error.message).toContain('a -> b -> a')
  })

  test('a circle through plugins that the change does not touch (fault 30)', () => {
    const registry = registryOf([
      { name: 'a', optionalDependencies: ['c'] },
      { name: 'b', dependencies: ['a'] },
    ])
    expect(refusal(registry, { set: [record({ name: 'c', dependencies: ['b'] })] }).code).toBe('CFP_DEPENDENCY_CYCLE')
  })

  test('the removal of a plugin that others need (fault 31)', () => {
    const registry = registryOf([{ name: 'database' }, { name: 'billing', dependencies: ['database'] }])
    expect(refusal(registry, { remove: ['database'] })).toMatchObject({
      code: 'CFP_DEPENDENCY_MISSING',
      plugin: 'billing',
    })
  })

  test('a dependency on a plugin that cannot start', () => {
    const registry = registryOf([{ name: 'a' }, { name: 'broken', dependencies: ['nowhere'] }])
    const error = refusal(registry, { set: [record({ name: 'a', dependencies: ['broken'] })] })
    expect(error).toMatchObject({ code: 'CFP_DEPENDENCY_BLOCKED', plugin: 'a' })
  })

  test('the removal of a provider whose place only one that cannot start could take', () => {
    const registry = registryOf(
      [
        { name: 'redis', provides: ['cache'] },
        { name: 'windows-cache', provides: ['cache'], platforms: ['win32'] },
        { name: 'sessions', requires: ['cache'] },
      ],
      { platform: 'linux' },
    )
    expect(refusal(registry, { remove: ['redis'] })).toMatchObject({
      code: 'CFP_DEPENDENCY_BLOCKED',
      plugin: 'sessions',
    })
  })

  test('a dependency on a disabled plugin', () => {
    const registry = registryOf([{ name: 'a' }, { name: 'off', enabled: false }])
    const error = refusal(registry, { set: [record({ name: 'a', dependencies: ['off'] })] })
    expect(error.code).toBe('CFP_DEPENDENCY_DISABLED')
  })

  test('another engine', () => {
    const registry = registryOf([{ name: 'a' }], { nodeVersion: '20.19.0' })
    expect(refusal(registry, { set: [record({ name: 'a', engines: { node: '>=99' } })] }).code).toBe(
      'CFP_ENGINE_MISMATCH',
    )
  })

  test('a second provider of a service that somebody requires', () => {
    const registry = registryOf([
      { name: 'redis', provides: ['cache'] },
      { name: 'a', requires: ['cache'] },
    ])
    const error = refusal(registry, { set: [record({ name: 'memory', provides: ['cache'] })] })
    expect(error.code).toBe('CFP_SERVICE_AMBIGUOUS')
  })

  test('everything at once, where there are several problems (fault 28)', () => {
    const registry = registryOf([{ name: 'auth' }, { name: 'b' }])
    const set = [
      record({ name: 'login', dependencies: ['nowhere'] }, '/plugins/auth.ts'),
      record({ name: 'b', requires: ['nothing'] }),
    ]
    const error = refusal(registry, { set })
    expect(error.code).toBe('CFP_CHANGE_REFUSED')
    expect(error.issues?.map(({ path }) => path)).toEqual(['name', 'requires.nothing', 'dependencies.nowhere'])
    for (const issue of error.issues ?? []) expect(error.message).toContain(issue.message)
  })

  test('the removal of a plugin that is not there', () => {
    expect(() => registryOf([{ name: 'auth' }]).stage({ remove: ['aut'] })).toThrow(
      expect.objectContaining({ code: 'CFP_PLUGIN_UNKNOWN' }),
    )
  })
})

describe('allowed is', () => {
  test('a rename that takes the old name out', () => {
    const registry = registryOf([{ name: 'auth' }])
    registry.stage({ remove: ['auth'], set: [record({ name: 'login' }, '/plugins/auth.ts')] }).commit()
    expect(registry.names()).toEqual(['login'])
  })

  test('a move to another file that takes the old one out', () => {
    const registry = registryOf([{ name: 'auth' }, { name: 'b', dependencies: ['auth'] }])
    registry.stage({ remove: ['auth'], set: [record({ name: 'auth' }, '/plugins/auth/index.ts')] }).commit()
    expect(registry.get('auth')?.source.file).toBe('/plugins/auth/index.ts')
  })

  test('a plugin that moved to another file, in its old place', () => {
    const registry = registryOf([{ name: 'auth' }, { name: 'billing' }])
    registry.stage({ remove: ['auth'], set: [record({ name: 'auth' }, '/plugins/auth/index.ts')] }).commit()
    expect(registry.names()).toEqual(['auth', 'billing'])
  })

  test('what leaves a trouble of others as it is', () => {
    const registry = registryOf([
      { name: 'broken', dependencies: ['nowhere'] },
      { name: 'x', dependencies: ['y'] },
      { name: 'y', dependencies: ['x'] },
      { name: 'a' },
    ])
    registry.stage({ set: [record({ name: 'a', version: '2.0.0' })] }).commit()
    expect(registry.get('a')?.meta.version).toBe('2.0.0')
  })

  test('what mends the trouble of others', () => {
    const registry = registryOf([{ name: 'broken', dependencies: ['late'] }])
    registry.stage({ set: [record({ name: 'late' })] }).commit()
    expect(registry.resolve().order).toEqual(['late', 'broken'])
  })

  test('an edit of a plugin that waits for another one', () => {
    const registry = registryOf([
      { name: 'off', enabled: false },
      { name: 'a', dependencies: ['off'] },
      { name: 'broken', dependencies: ['nowhere'] },
      { name: 'b', dependencies: ['broken'] },
    ])
    const set = [
      record({ name: 'a', version: '2.0.0', dependencies: ['off'] }),
      record({ name: 'b', version: '2.0.0', dependencies: ['broken'] }),
    ]
    registry.stage({ set }).commit()
    expect(registry.get('a')?.meta.version).toBe('2.0.0')
  })

  test('both at once: a new version and dependents that take it', () => {
    const registry = registryOf([{ name: 'database' }, { name: 'billing', dependencies: { database: '^1.0.0' } }])
    const set = [
      record({ name: 'database', version: '2.0.0' }),
      record({ name: 'billing', dependencies: { database: '^2.0.0' } }),
    ]
    registry.stage({ set }).commit()
    expect(registry.resolve().order).toEqual(['database', 'billing'])
  })

  test('what its metadata switches off, however much is wrong with it', () => {
    const registry = registryOf([{ name: 'a' }])
    const set = [record({ name: 'off', enabled: false, dependencies: ['nowhere'] })]
    registry.stage({ set }, { enabled: (name) => (name === 'a' ? true : undefined) }).commit()
    expect(registry.resolve()).toMatchObject({ order: ['a'], disabled: ['off'] })
    const on = [record({ name: 'on', dependencies: ['nowhere'] })]
    expect(() => registry.stage({ set: on }, { enabled: () => undefined })).toThrow('"nowhere"')
  })

  test('a dependency on what the lifecycle has enabled since', () => {
    const registry = registryOf([{ name: 'a' }, { name: 'off', enabled: false }])
    const change = { set: [record({ name: 'a', dependencies: ['off'] })] }
    expect(registry.stage(change, { enabled: () => true }).dependenciesOf('a')).toEqual(['off'])
  })
})

import { describe, expect, test } from 'vitest'
import { PluginRegistry } from '../src/index.ts'
import { record, registryOf } from './support/records.ts'

const redis = { name: 'redis', provides: ['cache'] }
const memory = { name: 'memory', provides: ['cache'] }
const user = { name: 'user', requires: ['cache'] }
const conflictsOf = (registry: PluginRegistry) =>
  registry.resolve().conflicts.map(({ code, message }) => `${code}: ${message}`)

describe('of several providers of a required service', () => {
  test('the one that the host chose is taken, and nobody waits for the others', () => {
    const registry = registryOf([user, redis, memory], { providers: { cache: 'memory' } })
    expect(registry.resolve()).toMatchObject({ order: ['redis', 'memory', 'user'], report: '' })
    expect(registry.dependenciesOf('user')).toEqual(['memory'])
    expect(registry.dependentsOf('redis')).toEqual([])
    expect(registry.providersOf('cache')).toEqual(['memory'])
  })

  test('none is taken where the host chose none, and the line to add is told', () => {
    expect(conflictsOf(registryOf([user, redis, memory]))).toEqual([
      'CFP_SERVICE_AMBIGUOUS: Plugin "user" requires the service "cache", which "redis" and "memory" provide. Choose one in the options of the host, providers: { cache: \'redis\' }, or disable the others.',
    ])
  })

  test('a choice that is not there, or provides something else, is told with who would', () => {
    expect(conflictsOf(registryOf([user, redis], { providers: { cache: 'rediss' } }))).toEqual([
      'CFP_PROVIDER_INVALID: Plugin "user" requires the service "cache", for which the host chose "rediss", which is not there. "redis" would. Correct `providers` in the options of the host.',
    ])
    expect(conflictsOf(registryOf([user, { name: 'memory' }], { providers: { cache: 'memory' } }))).toEqual([
      expect.stringMatching(/^CFP_PROVIDER_INVALID: .+ chose "memory", which does not provide it\./),
    ])
  })

  test('a choice that is disabled blocks, and nobody takes its place', () => {
    const registry = registryOf([user, { ...redis, enabled: false }, memory], { providers: { cache: 'redis' } })
    expect(conflictsOf(registry)).toEqual([
      'CFP_DEPENDENCY_DISABLED: Plugin "user" requires the service "cache" of "redis", which the host chose and which is disabled. Enable it, or choose another one.',
    ])
    const { text } = registry.explain('user', (name) => ({ state: name === 'user' ? 'blocked' : 'disabled' }))
    expect(text).toBe('user is blocked: it needs redis for cache, which is disabled')
  })

  test('a choice that cannot run blocks as any dependency does', () => {
    const registry = registryOf([user, { ...redis, platforms: ['win32'] }, memory], {
      providers: { cache: 'redis' },
      platform: 'linux',
    })
    expect(registry.resolve().blocked.get('user')?.code).toBe('CFP_DEPENDENCY_BLOCKED')
  })

  test('the only one that people left switched on is taken, at once', () => {
    const registry = registryOf([user, redis, { ...memory, enabled: false }])
    const wishes = new Map<string, boolean>()
    registry.followWishes((name) => wishes.get(name))
    expect(registry.dependenciesOf('user')).toEqual(['redis'])
    const held = registry.stage({})
    wishes.set('memory', true)
    expect(conflictsOf(registry)).toEqual([expect.stringContaining('CFP_SERVICE_AMBIGUOUS')])
    wishes.set('redis', false)
    expect(registry.resolve()).toMatchObject({ order: ['memory', 'user'], disabled: ['redis'], report: '' })
    expect(registry.dependenciesOf('user')).toEqual(['memory'])
    // What somebody works with stays as it was.
    expect(held.dependenciesOf('user')).toEqual(['redis'])
  })

  test('a service that several offer and nobody asks for is no conflict', () => {
    expect(registryOf([redis, memory]).resolve()).toMatchObject({ order: ['redis', 'memory'], report: '', notes: [] })
  })

  test('names that objects have are names like any other (fault 34)', () => {
    const registry = registryOf(
      [
        { name: 'user', requires: ['constructor'], collects: ['valueof'] },
        { name: 'a', provides: ['constructor', 'valueof'] },
        { name: 'b', provides: ['constructor', 'valueof'] },
      ],
      { providers: { constructor: 'b' } },
    )
    expect(registry.resolve().order).toEqual(['a', 'b', 'user'])
    expect(registry.requires('user', 'b')).toBe('required')
    expect(registry.requires('user', 'a')).toBe('optional')
    // A choice that nobody made.
    expect(
      registryOf([{ name: 'user', requires: ['constructor'] }], { providers: {} }).resolve().conflicts,
    ).toMatchObject([{ code: 'CFP_SERVICE_MISSING' }])
  })

  test('a choice that is no name is refused when the registry is made', () => {
    expect(() => new PluginRegistry({ providers: { cache: 7 as never } })).toThrow(
      expect.objectContaining({
        code: 'CFP_PROVIDER_INVALID',
        message: 'providers.cache must be the name of a plugin, not 7.',
      }),
    )
  })
})

describe('an optional dependency', () => {
  test('may be a service, and then whoever provides it comes first (fault 35)', () => {
    const registry = registryOf([{ name: 'app', optionalDependencies: ['cache'] }, redis])
    expect(registry.resolve()).toMatchObject({ order: ['redis', 'app'], notes: [] })
    expect(registry.requires('app', 'redis')).toBe('optional')
  })

  test('is the plugin of its name where there is one, unless the host chose another for the service', () => {
    const metas = [{ name: 'app', optionalDependencies: ['cache'] }, redis, { name: 'cache' }]
    expect(registryOf(metas).dependenciesOf('app')).toEqual(['cache'])
    expect(registryOf(metas, { providers: { cache: 'redis' } }).dependenciesOf('app')).toEqual(['redis'])
  })

  test('that two could be is none, with a note that says the line to add (fault 35)', () => {
    const { order, notes, report } = registryOf([
      { name: 'app', optionalDependencies: ['cache'] },
      redis,
      memory,
    ]).resolve()
    expect([order, report]).toEqual([['app', 'redis', 'memory'], ''])
    expect(notes.map(({ message }) => message)).toEqual([
      'Plugin "app" goes without its optional dependency "cache": "redis" and "memory" provide it. Choose one in the options of the host: providers: { cache: \'redis\' }.',
    ])
  })

  test('that the host’s choice does not provide is none, with a note', () => {
    const { notes } = registryOf([{ name: 'app', optionalDependencies: ['cache'] }, redis], {
      providers: { cache: 'app' },
    }).resolve()
    expect(notes).toMatchObject([
      { message: expect.stringContaining('the host chose "app", which does not provide it') },
    ])
  })

  test('with a range is a plugin, for a service has no version', () => {
    const registry = registryOf([{ name: 'app', optionalDependencies: { cache: '^1.0.0' } }, redis])
    expect(registry.dependenciesOf('app')).toEqual([])
  })

  test('on a service that one provides itself does not close a circle', () => {
    const registry = registryOf([{ name: 'app', collects: ['cache'], provides: ['cache'] }, redis])
    expect(registry.resolve()).toMatchObject({ order: ['redis', 'app'], report: '' })
  })
})

describe('a service that is collected', () => {
  const collector = { name: 'all', collects: ['cache'] }

  test('may have many providers, one, or none: all that are there come first', () => {
    expect(registryOf([collector]).resolve()).toMatchObject({ order: ['all'], report: '' })
    expect(registryOf([collector, redis, memory]).resolve()).toMatchObject({
      order: ['redis', 'memory', 'all'],
      report: '',
      notes: [],
    })
  })

  test('waits for nobody who cannot start, with a note', () => {
    const { order, notes } = registryOf([collector, { ...redis, dependencies: ['nowhere'] }, memory]).resolve()
    expect(order).toEqual(['memory', 'all'])
    expect(notes).toMatchObject([{ plugin: 'all', dependency: 'redis' }])
  })

  test('makes the collector one of those that a change of a provider concerns', () => {
    const registry = registryOf([collector, redis])
    expect(registry.affectedBy(['redis'])).toEqual(['redis', 'all'])
    expect(registry.stage({ set: [record(memory)] }).affectedBy(['memory'])).toEqual(['memory', 'all'])
  })

  test('may be required as well, of one of its providers', () => {
    const both = { name: 'both', collects: ['cache'], requires: ['cache'] }
    expect(registryOf([both, redis, memory]).resolve().conflicts).toMatchObject([{ code: 'CFP_SERVICE_AMBIGUOUS' }])
    const registry = registryOf([both, redis, memory], { providers: { cache: 'memory' } })
    expect(registry.requires('both', 'redis')).toBe('optional')
    expect(registry.requires('both', 'memory')).toBe('required')
  })

  test('by two who also provide it is a circle', () => {
    const registry = registryOf([
      { name: 'a', collects: ['log'], provides: ['log'] },
      { name: 'b', collects: ['log'], provides: ['log'] },
    ])
    expect(registry.resolve().conflicts).toMatchObject([{ code: 'CFP_DEPENDENCY_CYCLE' }])
  })
})

describe('a change', () => {
  test('that takes away the only provider that is switched on is refused, though another one rests', () => {
    const registry = registryOf([user, redis, { ...memory, enabled: false }])
    expect(() => registry.stage({ remove: ['redis'] })).toThrow(
      expect.objectContaining({ code: 'CFP_DEPENDENCY_DISABLED', plugin: 'user' }),
    )
  })

  test('that takes away the host’s choice is refused, though others provide the service', () => {
    const registry = registryOf([user, redis, memory], { providers: { cache: 'redis' } })
    expect(() => registry.stage({ remove: ['redis'] })).toThrow(
      expect.objectContaining({ code: 'CFP_PROVIDER_INVALID' }),
    )
    const renounced = record({ name: 'redis' }, undefined, 2)
    expect(() => registry.stage({ set: [renounced] })).toThrow(
      expect.objectContaining({ code: 'CFP_PROVIDER_INVALID' }),
    )
    registry.stage({ remove: ['memory'] }).commit()
    expect(registry.resolve().order).toEqual(['redis', 'user'])
  })
})

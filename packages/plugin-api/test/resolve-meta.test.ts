// What resolveMeta accepts, completes and refuses.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { resolveMeta } from '../src/host.ts'
import { PluginError } from '../src/index.ts'

const least = { name: 'counter', version: '1.0.0' }

function issuesOf(meta: unknown): [path: string, message: string][] {
  try {
    resolveMeta(meta)
  } catch (error) {
    if (!(error instanceof PluginError) || error.code !== 'CFP_META_INVALID') throw error
    return (error.issues ?? []).map(({ path, message }) => [path, message])
  }
  return []
}

const pathsOf = (meta: unknown) => issuesOf(meta).map(([path]) => path)

describe('metadata that is right', () => {
  it('is completed with every default', () => {
    expect(resolveMeta(least)).toEqual({
      name: 'counter',
      version: '1.0.0',
      description: '',
      enabled: true,
      dependencies: [],
      optionalDependencies: [],
      requires: [],
      collects: [],
      provides: [],
      events: [],
      engines: {},
      platforms: [],
      permissions: undefined,
      state: { shared: [] },
      config: undefined,
      reload: { strategy: 'exclusive', state: 'keep' },
      stateVersion: 0,
      execution: 'inline',
      worker: {},
      timeouts: {},
      onFailure: undefined,
    })
  })

  it('is kept as the author wrote it', () => {
    const config = z.object({ ttl: z.number() })
    const meta = {
      ...least,
      description: 'Counts',
      enabled: false,
      dependencies: { database: '^2.0.0' },
      optionalDependencies: ['metrics'],
      requires: ['clock'],
      collects: ['exporter'],
      provides: ['count'],
      events: ['user.*'],
      engines: { api: '^1.0.0', host: '>=2', node: '>=20' },
      platforms: ['linux'],
      permissions: ['service:database'],
      state: { initial: { count: 0 }, shared: ['cart'] },
      config,
      reload: { strategy: 'overlap' },
      stateVersion: 3,
      execution: 'worker',
      worker: { heapMb: 512, callMs: 5000 },
      timeouts: { setupMs: 20_000 },
      onFailure: 'abort',
    }
    expect(resolveMeta(meta)).toEqual({
      ...meta,
      dependencies: [{ name: 'database', range: '^2.0.0' }],
      optionalDependencies: [{ name: 'metrics', range: '*' }],
      reload: { strategy: 'overlap', state: 'keep' },
    })
    expect(resolveMeta(meta).config).toBe(config)
  })

  it('comes back deeply frozen, apart from what the author holds', () => {
    const given = { ...least, dependencies: ['a'], timeouts: { setupMs: 1 }, config: z.string() }
    const meta = resolveMeta(given)
    for (const value of [meta, meta.dependencies, meta.dependencies[0], meta.timeouts, meta.reload, meta.engines]) {
      expect(Object.isFrozen(value)).toBe(true)
    }
    for (const value of [given, given.dependencies, given.timeouts, given.config])
      expect(Object.isFrozen(value)).toBe(false)
  })

  it('may leave things undefined', () => {
    expect(resolveMeta({ ...least, description: undefined, reload: undefined })).toEqual(resolveMeta(least))
  })

  it.each(['a', '0', 'constructor', 'has-own.property_2', 'a'.repeat(214)])('may have the name %j', (name) => {
    expect(resolveMeta({ ...least, name, dependencies: { to: '1' } }).name).toBe(name)
  })

  it.each(['1.2.3', '0.0.0', '1.0.0-alpha.1', '1.0.0-0.x-y', '1.0.0+build.01', '10.20.30-rc.1+a-b'])(
    'may have the version %j',
    (version) => expect(resolveMeta({ ...least, version }).version).toBe(version),
  )

  it('may be without a prototype, as a module is', () => {
    expect(resolveMeta(Object.assign(Object.create(null), least)).name).toBe('counter')
  })

  it.each([
    ['an object', z.string()],
    [
      'a function',
      Object.assign(() => {}, { '~standard': { version: 1, vendor: 'own', validate: () => ({ value: 1 }) } }),
    ],
  ])('may have %s as its schema', (_what, config) => expect(resolveMeta({ ...least, config }).config).toBe(config))
})

describe('metadata that is wrong', () => {
  it('is told whole, with the plugin, the file, and every problem in the message (fault 28)', () => {
    const meta = { name: 'Auth', verzion: '1', dependencies: ['ok', 7], timeouts: { setupMs: 0, setup: 1 }, reload: [] }
    let error: PluginError | undefined
    try {
      resolveMeta(meta, { file: '/plugins/auth.ts' })
    } catch (thrown) {
      error = thrown as PluginError
    }
    expect(error).toMatchObject({
      code: 'CFP_META_INVALID',
      plugin: 'Auth',
      phase: 'validate',
      file: '/plugins/auth.ts',
    })
    expect(error?.issues?.map(({ path }) => path)).toEqual([
      'name',
      'verzion',
      'dependencies.1',
      'timeouts.setupMs',
      'timeouts.setup',
      'reload',
      'version',
    ])
    for (const { path, message } of error?.issues ?? []) expect(error?.message).toContain(`${path} ${message}`)
    expect(error?.message).toContain('Plugin "Auth"')
    expect(error?.message).toContain('/plugins/auth.ts')
  })

  it.each([undefined, null, 0, 'text', [], () => {}, new Map(), new Date(), Symbol('meta'), 1n])(
    'is refused where it is %s',
    (meta) => {
      expect(pathsOf(meta)).toEqual([''])
    },
  )

  it.each(['', 'A', '-a', '.a', '_a', '__proto__', 'a b', 'a/b', 'ä', 'a\n', 'a'.repeat(215), 1, null])(
    'is refused with the name %j, of whatever',
    (name) => {
      expect(pathsOf({ ...least, name })).toEqual(['name'])
      expect(pathsOf({ ...least, requires: [name] })).toEqual(['requires.0'])
      expect(pathsOf({ ...least, provides: [name] })).toEqual(['provides.0'])
      expect(pathsOf({ ...least, dependencies: [name] })).toEqual(['dependencies.0'])
      expect(pathsOf({ ...least, optionalDependencies: [name] })).toEqual(['optionalDependencies.0'])
      if (typeof name === 'string') {
        const list = Object.fromEntries([[name, '*']])
        expect(pathsOf({ ...least, dependencies: list })).toEqual([`dependencies.${name}`])
      }
    },
  )

  it.each([
    '1',
    '1.2',
    'v1.2.3',
    '1.2.3.4',
    '01.2.3',
    '1.2.3-',
    '1.2.3-01',
    '1.2.3-a..b',
    '1.2.3+',
    '1.2.3\n',
    '^1.0.0',
    ' 1.0.0',
    `1.0.0-${'a'.repeat(260)}`,
    1,
    null,
  ])('is refused with the version %j', (version) => expect(pathsOf({ ...least, version })).toEqual(['version']))

  it.each([
    ['description', 1],
    ['enabled', 'yes'],
    ['dependencies', 'database'],
    ['dependencies', new Map([['database', '*']])],
    ['optionalDependencies', null],
    ['requires', { database: '*' }],
    ['events', 'user.*'],
    ['platforms', [' ']],
    ['permissions', [1]],
    ['engines', []],
    ['engines', { api: '' }],
    ['reload', 'overlap'],
    ['reload', { strategy: 'swap' }],
    ['reload', { state: null }],
    ['stateVersion', -1],
    ['stateVersion', 1.5],
    ['stateVersion', '1'],
    ['stateVersion', 2 ** 53],
    ['execution', 'process'],
    ['worker', { heapMb: 7 }],
    ['worker', { heapMb: 2 ** 20 + 1 }],
    ['worker', { heapMb: 64.5 }],
    ['worker', { callMs: 0 }],
    ['worker', true],
    ['onFailure', 'ignore'],
    ['timeouts', { setupMs: Number.POSITIVE_INFINITY }],
    ['timeouts', { setupMs: Number.NaN }],
    ['timeouts', { teardownMs: -1 }],
    ['timeouts', { saveMs: 2 ** 31 }],
    ['timeouts', { reloadMs: '10' }],
    ['config', {}],
    ['config', { '~standard': { version: 2, validate() {} } }],
    ['config', { '~standard': { version: 1 } }],
    ['config', null],
  ])('is refused where %s is %j', (key, value) => {
    const issues = issuesOf({ ...least, [key]: value })
    expect(issues).toHaveLength(1)
    expect(issues[0]?.[0].split('.')[0]).toBe(key)
  })

  it('is told how a key that is not known may be spelt', () => {
    const meta = {
      ...least,
      dependancies: [],
      Enabled: true,
      colour: 'red',
      engines: { nodes: '20' },
      reload: { startegy: 1 },
    }
    expect(issuesOf(meta)).toEqual([
      ['dependancies', 'is not known; did you mean "dependencies"?'],
      ['Enabled', 'is not known; did you mean "enabled"?'],
      ['colour', 'is not known'],
      ['engines.nodes', 'is not known; did you mean "node"?'],
      ['reload.startegy', 'is not known; did you mean "strategy"?'],
    ])
  })

  it('is refused where it needs itself, or what it provides', () => {
    const own = [['', 'needs "counter" of itself']]
    expect(issuesOf({ ...least, dependencies: ['counter'] })).toEqual(own)
    expect(issuesOf({ ...least, optionalDependencies: ['counter'] })).toEqual(own)
    expect(issuesOf({ ...least, requires: ['counter'] })).toEqual(own)
    expect(issuesOf({ ...least, requires: ['count'], provides: ['count'] })).toEqual([['', 'needs "count" of itself']])
  })

  it('is refused where a dependency is both required and optional, or named again', () => {
    expect(issuesOf({ ...least, dependencies: ['a', 'b'], optionalDependencies: { b: '*' } })).toEqual([
      ['optionalDependencies.b', 'is named twice'],
    ])
    expect(pathsOf({ ...least, dependencies: ['a', 'b', 'a'], events: ['x', 'x'] })).toEqual([
      'dependencies.2',
      'events.1',
    ])
  })
})

describe('metadata that is hostile', () => {
  it('may throw when it is read', () => {
    const meta = {
      ...least,
      get enabled(): boolean {
        throw new Error('boom')
      },
      engines: {
        get api(): string {
          throw null
        },
      },
    }
    expect(issuesOf(meta).sort()).toEqual([
      ['enabled', expect.stringContaining('boom')],
      ['engines.api', expect.stringContaining('null')],
    ])
  })

  it('may be a proxy that is revoked, or holds one', () => {
    const revoked = () => {
      const { proxy, revoke } = Proxy.revocable<object>({}, {})
      revoke()
      return proxy
    }
    expect(pathsOf(revoked())).toEqual([''])
    expect(
      pathsOf({ ...least, engines: revoked(), requires: revoked(), dependencies: revoked(), config: revoked() }),
    ).toEqual(['engines', 'requires', 'dependencies', 'config'])
  })

  it('may have a key `__proto__` (fault 34)', () => {
    const meta = JSON.parse(
      '{"name":"a","version":"1.0.0","__proto__":{"enabled":false},"dependencies":{"__proto__":"*"}}',
    )
    expect(pathsOf(meta)).toEqual(['__proto__', 'dependencies.__proto__'])
    expect(({} as { enabled?: boolean }).enabled).toBeUndefined()
  })

  it('may have holes in its lists', () => {
    expect(pathsOf({ ...least, requires: new Array(2) })).toEqual(['requires.0', 'requires.1'])
  })

  it("is read once, so that it can't say one thing to the check and another to the host", () => {
    let reads = 0
    const meta = {
      version: '1.0.0',
      get name() {
        reads++
        return reads === 1 ? 'counter' : 'Another'
      },
    }
    expect(resolveMeta(meta).name).toBe('counter')
    expect(reads).toBe(1)
  })

  it('is never answered with anything but metadata or CFP_META_INVALID', () => {
    const key = fc.constantFrom(
      'name',
      'version',
      'dependencies',
      'engines',
      'reload',
      'timeouts',
      'config',
      'events',
      '__proto__',
    )
    const meta = fc.oneof(
      fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true, withSparseArray: true }),
      fc.dictionary(key, fc.anything({ withNullPrototype: true, withSparseArray: true })),
    )
    fc.assert(
      fc.property(meta, (value) => void issuesOf(value)),
      { numRuns: 500 },
    )
  })
})

// Every form of a plugin becomes the same record, and what has no form is refused.

import { describe, expect, it } from 'vitest'
import { serviceOf, toPluginRecord } from '../src/host.ts'
import { BasePlugin, definePlugin, type PluginContext, PluginError, plugin } from '../src/index.ts'

const source = { file: '/plugins/cache.ts', generation: 3, files: ['/plugins/cache.ts'] }
const meta = { name: 'cache', version: '1.0.0' }

class Cache extends BasePlugin {}

@plugin(meta)
class Decorated extends BasePlugin {}

const module_ = { PLUGIN_META: meta, register: (app: unknown, context: PluginContext) => new Cache(app, context) }
const defined = definePlugin({ ...meta, setup: () => 'service' })

/** What Node makes of an ES module: an object without a prototype, that can't be changed. */
function namespace(exports: object): object {
  return Object.freeze(Object.assign(Object.create(null), { [Symbol.toStringTag]: 'Module' }, exports))
}

const forms: Record<string, unknown> = {
  'exports PLUGIN_META and register': namespace(module_),
  'PLUGIN_META and register in an object': module_,
  'PLUGIN_META and register from CommonJS': namespace({ default: module_ }),
  'a definition as the default export': namespace({ default: defined }),
  'a definition': defined,
  'a definition from CommonJS that tsc made': namespace({ default: { __esModule: true, default: defined } }),
  'a definition of another copy of this package': {
    ...meta,
    setup: () => 'service',
    [Symbol.for('cf-plugins.definition')]: true,
  },
  'a decorated class as the default export': namespace({ default: Decorated, other: 1 }),
  'a decorated class': Decorated,
}

describe.each(Object.entries(forms))('%s', (_name, form) => {
  it('becomes a frozen record with its metadata and source', () => {
    const record = toPluginRecord(form, source)
    expect(Object.keys(record).sort()).toEqual(['form', 'meta', 'register', 'source'])
    expect(record.meta).toEqual(toPluginRecord(module_, source).meta)
    expect(record.source).toBe(source)
    expect(Object.isFrozen(record)).toBe(true)
  })

  it('says how it was written', () => {
    const written = Object.keys(forms).indexOf(_name)
    expect(toPluginRecord(form, source).form).toBe(written < 3 ? 'module' : written < 7 ? 'definition' : 'class')
  })

  it('makes an instance with the app and the context', async () => {
    const context = { name: 'cache' } as PluginContext<never, never, never>
    const instance = await toPluginRecord(form, source).register('app' as never, context)
    if (instance instanceof BasePlugin) expect([instance.app, instance.context]).toEqual(['app', context])
    else {
      instance.setup?.()
      expect(serviceOf(instance)).toBe('service')
    }
  })
})

describe('what is no plugin', () => {
  const cases: [unknown, found: string][] = [
    [undefined, 'undefined'],
    [null, 'null'],
    [7, '7'],
    ['class of text', '"class of text"'],
    [[], 'an array'],
    [() => {}, 'a function'],
    [Cache, 'a class'],
    [new Map(), 'a class instance'],
    [namespace({}), 'exports: none'],
    [namespace({ setup() {}, default: {} }), 'exports: setup (a function), default (an object)'],
    [namespace({ default: Cache }), 'exports: default (a class)'],
    [namespace({ PLUGIN_META: meta }), 'exports: PLUGIN_META (an object)'],
    [namespace({ PLUGIN_META: meta, register: 7 }), 'exports: PLUGIN_META (an object), register (7)'],
    [namespace({ register() {} }), 'exports: register (a function)'],
    [namespace({ default: Object.create(null) }), 'exports: default (an object)'],
  ]

  it.each(cases)('is refused: %s', (value, found) => {
    expect(() => toPluginRecord(value, source)).toThrow(
      expect.objectContaining({ code: 'CFP_NOT_A_PLUGIN', file: source.file, generation: 3, phase: 'validate' }),
    )
    const message = messageOf(() => toPluginRecord(value, source))
    for (const form of ['PLUGIN_META and register', 'definePlugin()', '@plugin', source.file])
      expect(message).toContain(form)
    expect(message).toContain(`Found: ${found}.`)
  })

  it('is refused in few words where it exports a lot', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`helper${index}`, index]))
    expect(messageOf(() => toPluginRecord(many, source)).length).toBeLessThan(500)
  })

  it('is refused where its exports throw when they are read', () => {
    const dead = {
      get default(): unknown {
        throw new ReferenceError('not yet')
      },
      get register(): unknown {
        throw new ReferenceError('not yet')
      },
    }
    expect(messageOf(() => toPluginRecord(dead, source))).toContain('not yet')
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(messageOf(() => toPluginRecord(proxy, source))).toContain('is not a plugin')
  })
})

it('tells what is wrong with the metadata of each form, and the file (fault 28)', () => {
  @plugin({ name: 'Bad', version: '1.0.0' })
  class Bad extends BasePlugin {}
  for (const bad of [
    Bad,
    definePlugin({ name: 'Bad', version: '1.0.0' }),
    { PLUGIN_META: { name: 'Bad', version: '1.0.0' }, register() {} },
  ]) {
    expect(() => toPluginRecord(bad, source)).toThrow(
      expect.objectContaining({
        code: 'CFP_META_INVALID',
        plugin: 'Bad',
        file: source.file,
        issues: [expect.objectContaining({ path: 'name' })],
      }),
    )
  }
  expect(() => toPluginRecord({ PLUGIN_META: null, register() {} }, source)).toThrow(PluginError)
})

function messageOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof PluginError) return error.message
    throw error
  }
  return 'nothing was thrown'
}

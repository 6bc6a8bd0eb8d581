// The decorators, compiled by every compiler that authors use.
import { describe, expect, it } from 'vitest'
import { hookMethodsOf, toPluginRecord } from '../src/host.ts'
import type { BasePlugin, PluginContext } from '../src/index.ts'
import { compilers, evaluate, run } from './support/compile.ts'

const source = { generation: 1, files: [] }

interface Auth extends BasePlugin {
  readonly made: string[]
  database: unknown
  metrics: unknown
  again: unknown
  audit: unknown
  exporters: unknown
  authenticate(request: string): string
}

const services: Record<string, unknown> = {
  database: { find: (id: number) => `user ${id}` },
  storage: { store: true },
  audit: { note: () => {} },
  exporter: { format: 'csv' },
}

function contextOf(asked: unknown[] = []): PluginContext<never, never, never> {
  const inject = (name: string, options?: { optional?: boolean; all?: boolean }) => {
    asked.push([name, options?.optional])
    return options?.all ? [services[name]] : services[name]
  }
  return { name: 'auth', inject } as unknown as PluginContext<never, never, never>
}

describe.each(Object.entries(compilers))('a class compiled by %s', (_name, compile) => {
  const fixture = evaluate(compile, 'decorated-plugin.ts')
  const record = async () => toPluginRecord(await fixture, source)
  const make = async (asked?: unknown[]) => (await record()).register(null as never, contextOf(asked)) as Auth

  it('is a plugin, known with its needs before any instance is made', async () => {
    const { meta } = await record()
    expect(meta).toMatchObject({ name: 'auth', version: '1.0.0' })
    expect(meta.dependencies).toEqual([{ name: 'storage', range: '*' }])
    expect(meta.requires).toEqual(['database', 'audit'])
    expect(meta.collects).toEqual(['exporter'])
    expect(meta.optionalDependencies).toEqual([{ name: 'metrics', range: '*' }])
    expect(Object.isFrozen(meta.requires)).toBe(true)
  })

  it('keeps what BasePlugin was given, whatever the class declares', async () => {
    const auth = await make()
    expect(auth.context.name).toBe('auth')
    expect(auth.made).toEqual(['sesame'])
  })

  it('gets each injected service once, when it is made', async () => {
    const asked: unknown[] = []
    const auth = await make(asked)
    const atStart = asked.length
    expect([auth.database, auth.audit]).toEqual([services.database, services.audit])
    expect(auth.database).toBe(auth.again)
    expect(asked).toHaveLength(atStart)
    expect(asked).toContainEqual(['metrics', true])
    expect(asked).toContainEqual(['database', false])
  })

  it('gets every service of a name that it collects', async () => {
    expect((await make()).exporters).toEqual([services.exporter])
  })

  it('keeps the initial value of an optional service that is not there', async () => {
    expect((await make()).metrics).toBe('none')
  })

  it('refuses to have an injected service replaced', async () => {
    const auth = await make()
    expect(() => {
      auth.database = {}
    }).toThrow(expect.objectContaining({ code: 'CFP_INJECT_READONLY', message: expect.stringContaining('database') }))
    expect(auth.database).toBe(services.database)
  })

  it("has its hook methods, bound, #private and inherited ones among them, an overriding one in its base's stead", async () => {
    const methods = hookMethodsOf(await make())
    expect(methods.map(({ hook, method }) => [hook, method(7)])).toEqual([
      ['http.close', 'derived close'],
      ['base', 'seen by the base'],
      ['admin.*', 'sesame user 7'],
      ['user.*', 'sesame user 7'],
      ['http.request', 'derived 7'],
    ])
    expect(methods.map(({ options }) => options)).toEqual([{}, {}, {}, { timeoutMs: 500 }, { priority: 'low' }])
  })

  it('leaves other classes alone', async () => {
    const { Other } = await fixture
    const other = toPluginRecord(Other, source)
    expect(other.meta).toMatchObject({ name: 'other', requires: [] })
    expect(hookMethodsOf((await other.register(null as never, contextOf())) as object)).toHaveLength(1)
  })

  it('is no plugin by its base class alone', async () => {
    const { Undecorated } = await fixture
    expect(() => toPluginRecord(Undecorated, source)).toThrow(/Found: a class\./)
  })
})

describe('a decorator in the wrong place', () => {
  const cases = {
    'a @hook on a field': `class A { @hook('x') method = () => {} }`,
    'a @hook on a static method': `class A { @hook('x') static method() {} }`,
    'an @inject on a field': `class A { @inject('x') field }`,
    'an @inject on a static accessor': `class A { @inject('x') static accessor field }`,
    'a @plugin on a method': `class A { @plugin({}) method() {} }`,
  }

  it.each(Object.entries(cases))('%s is refused at once', async (_name, code) => {
    await expect(run(code)).rejects.toMatchObject({
      code: 'CFP_DECORATOR_MISUSE',
      message: expect.stringMatching(/stands on the/),
    })
  })

  it('compiled as a legacy one, is refused with what to turn off', async () => {
    const tsconfigRaw = { compilerOptions: { experimentalDecorators: true } }
    const legacy = run(`class A { @hook('x') method() {} }`, 'A', { loader: 'ts', tsconfigRaw })
    await expect(legacy).rejects.toThrow(/experimentalDecorators/)
  })
})

describe('@inject on a class of its own', () => {
  it('takes the context from whatever base class sets it', async () => {
    const code = `class Base { constructor(context) { this.context = context } }
      class Own extends Base { @inject('database') accessor database }`
    const Own = (await run(code, 'Own')) as new (context: unknown) => { database: unknown }
    expect(new Own(contextOf()).database).toBe(services.database)
  })

  it('says what to do where there is no context', async () => {
    const Own = (await run(`class Own { @inject('database') accessor database }`, 'Own')) as new () => object
    expect(() => new Own()).toThrow(
      expect.objectContaining({ code: 'CFP_INJECT_NO_CONTEXT', message: expect.stringContaining('Extend BasePlugin') }),
    )
  })
})

describe('an instance', () => {
  it('without decorators has no hook methods', () => {
    expect(hookMethodsOf({})).toEqual([])
    expect(hookMethodsOf(Object.create(null))).toEqual([])
  })
})

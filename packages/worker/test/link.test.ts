// What crosses between a host and a thread, and how it arrives.
import v8 from 'node:v8'
import vm from 'node:vm'
import { HotReloadError, PluginError, transfer } from '@cf-plugins/plugin-api'
import { describe, expect, it, vi } from 'vitest'
import { callRemote, isRemote } from '../src/remote.ts'
import { linkToThread, thrownBy } from './link-support.ts'

type AnyFunction = (...args: unknown[]) => unknown

describe('values', () => {
  it('arrive as structured clones, whatever they are', async () => {
    const link = linkToThread()
    const match = /(?<word>b+)/.exec('abb') as RegExpExecArray
    const values = [undefined, null, 0n, 'text', new Date(5), new Map([['key', new Set([1])]]), new Uint8Array(3)]
    expect(await link.call('echo', [values])).toEqual(values)
    const sparse = new Array(3)
    sparse[1] = 'one'
    expect(await link.call('echo', [sparse])).toEqual(sparse)
    const crossed = (await link.call('echo', [{ match }])) as { match: RegExpExecArray }
    expect([crossed.match[1], crossed.match.index]).toEqual(['bb', 1])
    expect(await link.call('echo', [JSON.parse('{ "__proto__": { "own": 1 } }')])).toEqual(
      JSON.parse('{ "__proto__": { "own": 1 } }'),
    )
  })

  it('keep what is the same object the same, in a cycle too', async () => {
    const link = linkToThread()
    const shared = { count: 1 }
    const cycle: Record<string, unknown> = { shared, again: [shared] }
    cycle.self = cycle
    const copy = (await link.call('echo', [cycle])) as { shared: unknown; again: unknown[]; self: unknown }
    expect(copy.self).toBe(copy)
    expect(copy.again[0]).toBe(copy.shared)
    const withFunction = (await link.call('echo', [{ ...cycle, self: undefined, fn: () => 1 }])) as typeof copy
    expect(withFunction.again[0]).toBe(withFunction.shared)
  })

  it('are what they were when they were sent, though they are posted later', async () => {
    const link = linkToThread()
    const small = { at: 0, list: [0] }
    const large = { at: 0, list: new Array(100).fill(0), map: new Map([['at', 0]]) }
    const answers: Promise<unknown>[] = []
    for (let at = 1; at <= 3; at++) {
      for (const message of [small, large]) {
        message.at = at
        message.list[0] = at
        answers.push(link.call('echo', [message]))
      }
    }
    small.at = 100
    const seen = (await Promise.all(answers)) as { at: number; list: number[] }[]
    expect(seen.map(({ at, list }) => [at, list[0]])).toEqual([1, 1, 2, 2, 3, 3].map((at) => [at, at]))
  })

  it('are moved where that was asked for, and moved back', async () => {
    const link = linkToThread()
    const bytes = new Uint8Array([1, 2, 3])
    const back = await link.call('moved', [transfer({ bytes }, [bytes.buffer]).bytes])
    expect(back).toEqual(new Uint8Array([1, 2, 3]))
    const own = new Uint8Array([4])
    expect(await link.call('moved', [transfer(own, [own.buffer])])).toEqual(new Uint8Array([4]))
    expect(own.byteLength).toBe(0)
  })
})

describe('what cannot be cloned', () => {
  it('is named by its path, with the plugin and the call (fault 71)', async () => {
    const link = linkToThread()
    const error = async (...args: unknown[]) => {
      const thrown = await thrownBy(link.call('save', args, { what: 'save() of its service' }))
      expect(thrown).toMatchObject({ code: 'CFP_WORKER_NOT_CLONEABLE', plugin: 'parser' })
      return (thrown as PluginError).message
    }
    expect(await error('x', { options: { id: Symbol('s') } })).toBe(
      'Plugin "parser": save() of its service: argument 2.options.id is a symbol, which cannot go to another thread. Send data: what structuredClone() can copy.',
    )
    expect(await error([{ 'a b': new WeakMap() }])).toContain('argument 1[0]["a b"] is a WeakMap')
    expect(await error(new Map([['k', Promise.resolve()]]))).toContain('argument 1.get("k") is a Promise')
    expect(await error(new Set([1, Symbol('s')]))).toContain('argument 1 (number 1 of the set) is a symbol')
    const { port1 } = new MessageChannel()
    expect(await error({ port1 })).toContain('argument 1.port1 is a MessagePort, which is moved, not copied, by')
    port1.close()
    class Session {
      readonly callback = () => {}
    }
    expect(await error(new Session())).toContain('argument 1.callback is a function')
  })

  it('is named in a result, with the call that it is of (fault 71)', async () => {
    const link = linkToThread()
    const thrown = await thrownBy(link.call('uncloneable', [], { what: 'its handler of "rows"' }))
    expect(thrown).toMatchObject({ code: 'CFP_WORKER_NOT_CLONEABLE' })
    expect((thrown as Error).message).toContain('its handler of "rows": result.rows[1].index is a WeakMap')
  })

  it('costs its own call alone, and not those that are posted with it (fault 71)', async () => {
    const link = linkToThread()
    const outcomes = await Promise.allSettled([
      link.call('add', [1, 2]),
      link.call('echo', [Symbol('s')]),
      link.call('add', [3, 4]),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('is told of where nobody waits for an answer', async () => {
    const lost: unknown[] = []
    const link = linkToThread({ lost: (error) => lost.push(error) })
    link.notify('tell', ['x', new WeakSet()])
    await link.call('echo', [1])
    expect(lost).toMatchObject([{ code: 'CFP_WORKER_NOT_CLONEABLE' }])
    expect((lost[0] as Error).message).toContain('tell: argument 2 is a WeakSet')
  })

  it('may be a getter that throws: that is what the call rejects with', async () => {
    const link = linkToThread()
    const broken = {
      get now() {
        throw new RangeError('no clock')
      },
    }
    expect(await thrownBy(link.call('echo', [broken]))).toEqual(new RangeError('no clock'))
    expect(await thrownBy(link.call('getter', []))).toEqual(new RangeError('not read'))
    expect(link.pending).toBe(0)
  })
})

describe('errors', () => {
  const errorOf = (kind: string) => thrownBy(linkToThread().call('throwing', [kind]))

  it('keep their class, message, code, cause, stack and properties', async () => {
    const error = (await errorOf('builtIn')) as TypeError & { code: string; at: unknown }
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ name: 'TypeError', message: 'not that', code: 'E_TEST', at: [1] })
    expect(error.cause).toBeInstanceOf(RangeError)
    expect(error.cause).toMatchObject({ message: 'too far' })
    expect(error.stack).toContain('link-thread.ts')
    expect(Object.keys(error)).toEqual(['code', 'at'])
  })

  it('of plugins stay those, with all that they say', async () => {
    const error = await errorOf('plugin')
    expect(error).toBeInstanceOf(HotReloadError)
    expect(error).toMatchObject({
      name: 'HotReloadError [CFP_TEST]',
      code: 'CFP_TEST',
      plugin: 'parser',
      issues: [{ path: 'a', message: 'b' }],
    })
  })

  it('of a class that only the thread knows keep its name', async () => {
    expect(await errorOf('own')).toMatchObject({ name: 'ParseError', message: 'unexpected token', line: 7 })
  })

  it('keep what they gather, and that they are aborts', async () => {
    const both = (await errorOf('aggregate')) as AggregateError
    expect(both).toBeInstanceOf(AggregateError)
    expect(both.errors[1]).toBeInstanceOf(PluginError)
    const aborted = await errorOf('aborted')
    expect(aborted).toBeInstanceOf(DOMException)
    expect(aborted).toMatchObject({ name: 'AbortError', message: 'stopped' })
  })

  it('may be no errors, or turn in a circle, or hold what cannot be cloned', async () => {
    expect(await errorOf('text')).toBe('only text')
    expect(await errorOf('cyclic')).toMatchObject({ message: 'turns', cause: { message: 'turns' } })
    const full = await errorOf('full')
    expect(full).toMatchObject({ message: 'with a socket', port: 80 })
    expect(full).not.toHaveProperty('socket')
  })

  it('cross as values too', async () => {
    const [error] = (await linkToThread().call('echo', [[new PluginError('CFP_TEST', 'as a value')]])) as unknown[]
    expect(error).toBeInstanceOf(PluginError)
  })
})

describe('functions', () => {
  it('of arguments are called back, until the call is over', async () => {
    const link = linkToThread()
    const seen: unknown[] = []
    const fn = async (value: unknown) => {
      seen.push(value)
      return { doubled: (value as number) * 2 }
    }
    expect(await link.call('call', [fn, 4])).toEqual({ doubled: 8 })
    await link.call('keep', [fn])
    expect(await thrownBy(link.call('callKept', [5]))).toMatchObject({ code: 'CFP_WORKER_ENDED' })
    expect(seen).toEqual([4])
    expect(link.references).toBe(0)
  })

  it('of results are called as often as one likes, and tell what they threw', async () => {
    const link = linkToThread()
    const { add } = (await link.call('adder', [40])) as { add: AnyFunction }
    expect(isRemote(add)).toBe(true)
    expect([await add(1), await add(2)]).toEqual([41, 42])
    expect(await callRemote(add as never, [3], { deadlineMs: 5_000, what: 'add()' })).toBe(43)
    expect(await thrownBy(callRemote(add as never, [Symbol('s')], { what: 'add()' }))).toMatchObject({
      message: expect.stringContaining('add(): argument 1 is a symbol'),
    })
  })

  it('come home as themselves', async () => {
    const link = linkToThread()
    const fn = () => 1
    expect(await link.call('same', [fn])).toBe(fn)
    const { add } = (await link.call('adder', [1])) as { add: AnyFunction }
    expect(await link.call('call', [add, 2])).toBe(3)
  })
})

describe('signals', () => {
  it('cross: one that aborts later, and one that has aborted', async () => {
    const link = linkToThread()
    const controller = new AbortController()
    const told = link.call('whenAborted', [controller.signal])
    await link.call('echo', [1])
    controller.abort(new RangeError('enough'))
    expect(await told).toEqual(new RangeError('enough'))
    expect(await link.call('whenAborted', [AbortSignal.abort('before')])).toBe('before')
    expect(link.references).toBe(0)
  })

  it('of a call answer its caller at once, and abort the signal there', async () => {
    const link = linkToThread()
    const controller = new AbortController()
    const signal = controller.signal
    const impatient = thrownBy(link.call('ownSignal', [], { signal }))
    const patient = link.call('ownSignal', [], { signal, isPatient: true })
    controller.abort('stop')
    expect(await impatient).toBe('stop')
    expect(await patient).toBe('stop')
    expect(await thrownBy(link.call('echo', [1], { signal }))).toBe('stop')
  })
})

describe('deadlines', () => {
  it('answer the caller, and tell whoever keeps the thread', async () => {
    const late = vi.fn()
    const link = linkToThread({ late })
    const blocked = link.call('block', [400], { deadlineMs: 50, what: 'parse()' })
    const other = link.call('echo', ['other'])
    expect(await thrownBy(blocked)).toMatchObject({
      code: 'CFP_WORKER_TIMEOUT',
      plugin: 'parser',
      message: expect.stringContaining('parse() took longer than 50 ms'),
    })
    expect(late.mock.calls).toMatchObject([[{ what: 'parse()', deadlineMs: 50 }]])
    expect(await other).toBe('other')
    expect(link.pending).toBe(0)
  })
})

describe('messages', () => {
  it('of one tick go in one, and each answer comes as soon as it is there', async () => {
    const link = linkToThread()
    await link.call('echo', [1])
    const order: unknown[] = []
    const note = (value: unknown) => order.push([value, Math.round(performance.now())])
    await Promise.all([
      link.call('later', [20, 'slow']).then(note),
      link.call('block', [60, 'first']).then(note),
      link.call('block', [60, 'second']).then(note),
    ])
    const at = new Map(order as [string, number][])
    expect([...at.keys()].filter((name) => name !== 'slow')).toEqual(['first', 'second'])
    // The first did not wait for the second, though both came in one message.
    expect((at.get('second') as number) - (at.get('first') as number)).toBeGreaterThan(30)
  })

  it('leave nothing behind: no function, signal or call of ten thousand', async () => {
    const link = linkToThread()
    const { signal } = new AbortController()
    for (let round = 0; round < 100; round++) {
      await Promise.all(
        Array.from({ length: 100 }, (_, at) => link.call('call', [(value: unknown) => value, at, signal], { signal })),
      )
    }
    expect([link.references, link.pending, await link.call('references', [])]).toEqual([0, 0, 0])
  })

  it('release a function that nobody has any more', async () => {
    const link = linkToThread()
    v8.setFlagsFromString('--expose-gc')
    const gc = vm.runInNewContext('gc') as () => void
    let { add } = (await link.call('adder', [1])) as { add: AnyFunction | undefined }
    expect([typeof add, await link.call('references', [])]).toEqual(['function', 1])
    add = undefined
    await vi.waitFor(async () => {
      gc()
      expect(await link.call('references', [])).toBe(0)
    }, 10_000)
  })

  it('after the link was closed reject with why it was', async () => {
    const link = linkToThread()
    const waiting = thrownBy(link.call('later', [60_000]))
    const why = new Error('closed')
    link.close(why)
    expect(await waiting).toBe(why)
    expect(await thrownBy(link.call('echo', [1]))).toBe(why)
  })
})

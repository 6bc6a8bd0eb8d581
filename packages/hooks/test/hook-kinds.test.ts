// What each kind of hook makes of its handlers' answers, sync and async, and how each of them fared.
import { hookRef } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { type HookError, PluginHooks, type ReportedFailure } from '../src/index.ts'
import { codeOf, deferred, never, unhandledDuring, until } from './support.ts'

const Names = hookRef.series<(by: number) => number>('names')
const Loads = hookRef.parallel<(by: number) => number>('loads')
const Title = hookRef.waterfall<(title: string, page: string) => string>('title')
const Guard = hookRef.bail<(user: string) => boolean>('guard')

const fail = (message: string) => () => {
  throw new Error(message)
}

function pluginOn(hooks: PluginHooks, name: string) {
  const stage = hooks.stage({ name, rank: 1 })
  stage.commit()
  return stage
}

describe('a series', () => {
  it('is what a hook is without a kind, and with one', async () => {
    const hooks = new PluginHooks()
    hooks.on(Names, async (by) => by + 1)
    hooks.on(Names, (by) => by * 2)
    expect(await hooks.call(Names, 5)).toEqual([6, 10])
    expect(await hooks.call('names', 5)).toEqual([6, 10])
  })

  it('does not wait for a handler that is parallel before the next one, and keeps its place among the results', async () => {
    const hooks = new PluginHooks()
    const slow = deferred<number>()
    const called: string[] = []
    hooks.on('x', () => slow.promise, { parallel: true })
    hooks.on('x', async () => called.push('second'))
    hooks.on('x', () => 'third')
    const call = hooks.call('x')
    await until(() => called.length === 1)
    slow.resolve(0)
    expect(await call).toEqual([0, 1, 'third'])
  })

  it('gives a parallel handler its own time, and tells of it with the others', async () => {
    const hooks = new PluginHooks()
    hooks.on('x', never, { parallel: true, timeoutMs: 10 })
    hooks.on('x', () => Promise.reject(new Error('in turn')))
    const error = (await hooks.call('x').catch((thrown: unknown) => thrown)) as HookError
    expect(error.failures.map((failure) => (failure.error as Error).message)).toEqual([
      'in turn',
      expect.stringContaining('within 10 ms'),
    ])
  })
})

describe('a parallel hook', () => {
  it('calls all handlers at once, and gives their results in order', async () => {
    const hooks = new PluginHooks()
    const [first, second] = [deferred<number>(), deferred<number>()]
    const called: number[] = []
    hooks.on(Loads, () => {
      called.push(1)
      return first.promise
    })
    hooks.on(Loads, () => {
      called.push(2)
      return second.promise
    })
    hooks.on(Loads, (by) => by)
    const call = hooks.call(Loads, 3)
    expect(called).toEqual([1, 2])
    second.resolve(2)
    first.resolve(1)
    expect(await call).toEqual([1, 2, 3])
  })

  it('waits for all of them although one fails', async () => {
    const hooks = new PluginHooks()
    const slow = deferred<number>()
    let isDone = false
    hooks.on(Loads, fail('at once'))
    hooks.on(Loads, async () => {
      const by = await slow.promise
      isDone = true
      return by
    })
    const call = hooks.call(Loads, 1)
    slow.resolve(1)
    await expect(call).rejects.toMatchObject({ code: 'CFP_HOOK_FAILED', cause: { message: 'at once' } })
    expect(isDone).toBe(true)
  })

  it('is answered by callSync where all handlers are sync', () => {
    const hooks = new PluginHooks()
    hooks.on(Loads, (by) => by)
    expect(hooks.callSync(Loads, 1)).toEqual([1])
    hooks.on(Loads, async (by) => by)
    expect(() => hooks.callSync(Loads, 1)).toThrow(expect.objectContaining({ code: 'CFP_HOOK_ASYNC' }))
  })
})

describe('a waterfall', () => {
  it('gives each handler what the one before it returned, sync or async, and the other arguments as they are', async () => {
    const hooks = new PluginHooks()
    hooks.on(Title, (title, page) => `${title} of ${page}`)
    hooks.on(Title, async (title) => title.toUpperCase())
    hooks.on(Title, () => undefined)
    hooks.on(Title, (title) => `${title}!`)
    expect(await hooks.call(Title, 'home', 'a')).toBe('HOME OF A!')
  })

  it('gives its first argument where nobody answers', async () => {
    const hooks = new PluginHooks()
    expect(await hooks.call(Title, 'home', 'a')).toBe('home')
    expect(hooks.callSync('title', 'home', 'a')).toBe('home')
  })

  it('ends with the first failure, for what comes after it would be lost', async () => {
    const hooks = new PluginHooks()
    let calls = 0
    pluginOn(hooks, 'bad').on(Title, fail('broken'), { priority: 'high' })
    hooks.on(Title, () => {
      calls++
      return ''
    })
    await expect(hooks.call(Title, 'a', 'b')).rejects.toMatchObject({ code: 'CFP_HOOK_FAILED', plugin: 'bad' })
    expect(() => hooks.callSync(Title, 'a', 'b')).toThrow(expect.objectContaining({ code: 'CFP_HOOK_FAILED' }))
    expect(calls).toBe(0)
  })

  it('is answered by callSync, and refuses a promise by code', () => {
    const hooks = new PluginHooks()
    hooks.on(Title, (title) => `${title}!`)
    hooks.on(Title, (title) => `${title}?`)
    expect(hooks.callSync(Title, 'home', 'a')).toBe('home!?')
    hooks.on(Title, async (title) => title)
    expect(() => hooks.callSync(Title, 'home', 'a')).toThrow(expect.objectContaining({ code: 'CFP_HOOK_ASYNC' }))
  })
})

describe('a bail', () => {
  it('ends with the first answer', async () => {
    const hooks = new PluginHooks()
    let calls = 0
    hooks.on(Guard, () => undefined, { priority: 'high' })
    hooks.on(Guard, async (user) => (user === 'ada' ? false : undefined))
    hooks.on(Guard, () => {
      calls++
      return true
    })
    expect(await hooks.call(Guard, 'ada')).toBe(false)
    expect(calls).toBe(0)
    expect(await hooks.call(Guard, 'bob')).toBe(true)
  })

  it('gives undefined where nobody answers', async () => {
    const hooks = new PluginHooks()
    hooks.on(Guard, () => undefined)
    expect(await hooks.call(Guard, 'ada')).toBeUndefined()
    expect(hooks.callSync(Guard, 'ada')).toBeUndefined()
    expect(new PluginHooks().callSync(Guard, 'ada')).toBeUndefined()
  })

  it('ends with a failure too: a guard that failed has not said yes', async () => {
    const hooks = new PluginHooks()
    hooks.on(Guard, () => Promise.reject(new Error('no database')))
    hooks.on(Guard, () => true)
    await expect(hooks.call(Guard, 'ada')).rejects.toMatchObject({ code: 'CFP_HOOK_FAILED' })
  })

  it('ends with one that is given up (fault 57)', async () => {
    const hooks = new PluginHooks()
    let calls = 0
    hooks.on(Guard, never, { timeoutMs: 10 })
    hooks.on(Guard, () => {
      calls++
      return true
    })
    await expect(hooks.call(Guard, 'ada')).rejects.toMatchObject({ cause: { code: 'CFP_HANDLER_TIMEOUT' } })
    expect(calls).toBe(0)
  })
})

describe('a reference', () => {
  it('declares its hook by its first use, for those too who know only the name', async () => {
    const hooks = new PluginHooks()
    hooks.on('title', (title) => `${title}!`)
    hooks.declare(Title)
    expect(await hooks.call('title', 'home')).toBe('home!')
  })

  it('that says something else is refused while the hook has handlers, naming them', async () => {
    const hooks = new PluginHooks()
    const undo = hooks.on(Title, (title) => title)
    const Other = hookRef.bail<(title: string) => string>('title')
    expect(() => hooks.declare(Other)).toThrow(
      expect.objectContaining({
        code: 'CFP_HOOK_REDECLARED',
        message: expect.stringMatching(/"title".*waterfall.*bail.*"host"/),
      }),
    )
    const Late = hookRef.waterfall<(title: string, page: string) => string>('title', { timeoutMs: 5 })
    expect(await codeOf(() => hooks.call(Late, 'a', 'b'))).toBe('CFP_HOOK_REDECLARED')
    undo()
    hooks.declare(Other)
    expect(await hooks.call(Other, 'a')).toBeUndefined()
  })

  it('of another generation that says the same is the same', () => {
    const hooks = new PluginHooks()
    hooks.on(Title, (title) => `${title}!`)
    const Again = hookRef.waterfall<(title: string, page: string) => string>('title')
    expect(hooks.callSync(Again, 'a', 'b')).toBe('a!')
  })

  it('that is none is refused', async () => {
    const hooks = new PluginHooks()
    for (const ref of [null, {}, { name: 'x' }, { name: 'x', kind: 'sequel' }, { name: '', kind: 'series' }]) {
      expect(await codeOf(() => hooks.declare(ref as never))).toBe('CFP_HANDLER_INVALID')
    }
    const bad = [{ timeoutMs: 0 }, { args: -1 }, { historic: 0.5 }, { retry: { attempts: 0 } }, { ignoreErrors: 'yes' }]
    for (const options of bad) {
      expect(await codeOf(() => hooks.declare(hookRef.series('x', options as never)))).toBe('CFP_HANDLER_INVALID')
    }
    expect(await codeOf(() => hooks.declare(hookRef.wrap('x', { historic: true })))).toBe('CFP_HANDLER_INVALID')
  })

  it('has its options hold for handlers that say nothing themselves', async () => {
    const reported: ReportedFailure[] = []
    const hooks = new PluginHooks({ onFailure: (failure) => reported.push(failure) })
    const Told = hookRef.series<() => number>('told', { timeoutMs: 10, ignoreErrors: true })
    hooks.on(Told, never)
    hooks.on(Told, () => 2)
    expect(await hooks.call(Told)).toEqual([2])
    expect(reported).toEqual([
      { event: 'told', plugin: 'host', error: expect.objectContaining({ code: 'CFP_HANDLER_TIMEOUT' }) },
    ])
    let calls = 0
    const Retried = hookRef.series<() => number>('retried', { retry: { attempts: 2, delayMs: 1 } })
    hooks.on(Retried, () => {
      if (++calls === 1) throw new Error('once')
      return calls
    })
    expect(await hooks.call(Retried)).toEqual([2])
  })
})

describe('a handler', () => {
  it('with more parameters than its hook has is refused where it is registered', () => {
    const hooks = new PluginHooks()
    const One = hookRef.series<(by: number) => void>('one', { args: 1 })
    const Around = hookRef.wrap<(by: number) => void>('around', { args: 1 })
    hooks.on(One, (_by) => undefined)
    hooks.on(Around, (next, by) => next(by))
    expect(() => hooks.on('one', (_by, _more) => undefined)).toThrow(
      expect.objectContaining({ code: 'CFP_HANDLER_INVALID', message: expect.stringMatching(/"one".*at most 1/) }),
    )
    hooks.declare(Around)
    expect(() => hooks.on('around', (_next, _by, _more) => undefined)).toThrow(/at most 2 parameters/)
  })

  it('cannot be parallel where each needs the result of another', async () => {
    const hooks = new PluginHooks()
    for (const ref of [Title, Guard, hookRef.wrap('around')]) {
      expect(await codeOf(() => hooks.on(ref, () => undefined as never, { parallel: true }))).toBe(
        'CFP_HANDLER_INVALID',
      )
    }
  })

  it('that does not fit what is declared after it is reported, and switched off', async () => {
    const reported: ReportedFailure[] = []
    const hooks = new PluginHooks({ onFailure: (failure) => reported.push(failure) })
    hooks.on('title', () => 'not called', { parallel: true })
    const staged = hooks.stage({ name: 'staged', rank: 1 })
    staged.on('title', () => 'not called either', { parallel: true })
    hooks.declare(Title)
    staged.commit()
    expect(await hooks.call(Title, 'home', 'a')).toBe('home')
    expect(reported.map(({ plugin, error }) => [plugin, (error as { code: string }).code])).toEqual([
      ['host', 'CFP_HANDLER_INVALID'],
      ['staged', 'CFP_HANDLER_INVALID'],
    ])
    expect(hooks.handlers(Title).map(({ on }) => on)).toEqual([false, false])
  })
})

describe('callSettled', () => {
  it('gives the result, and how each handler fared, without throwing', async () => {
    const hooks = new PluginHooks()
    const stage = pluginOn(hooks, 'audit')
    stage.on(Names, async (by) => (by as number) + 1)
    stage.on(Names, fail('broken'))
    stage.on(Names, () => 0, { condition: () => false })
    stage.on(Names, never, { timeoutMs: 10 })
    stage.on(Names, () => Promise.reject(new Error('twice')), { retry: { attempts: 2, delayMs: 1 }, parallel: true })
    stage.on(Names, () => 7)
    const { value, results } = await hooks.callSettled(Names, 1)
    expect(value).toEqual([2, 7])
    const durationMs = expect.any(Number)
    const of = { plugin: 'audit', durationMs }
    expect(results).toEqual([
      { ...of, status: 'fulfilled', value: 2, attempts: 1 },
      { ...of, status: 'rejected', error: new Error('broken'), attempts: 1 },
      { ...of, status: 'skipped', attempts: 0 },
      { ...of, status: 'rejected', error: expect.objectContaining({ code: 'CFP_HANDLER_TIMEOUT' }), attempts: 1 },
      { ...of, status: 'rejected', error: new Error('twice'), attempts: 2 },
      { ...of, status: 'fulfilled', value: 7, attempts: 1 },
    ])
    expect(results[3]?.durationMs).toBeGreaterThanOrEqual(9)
  })

  it('goes on after a failure, whatever the kind', async () => {
    const hooks = new PluginHooks()
    hooks.on(Title, fail('broken'))
    hooks.on(Title, (title) => `${title}!`)
    hooks.on(Guard, fail('broken'))
    hooks.on(Guard, () => true)
    hooks.on(Loads, fail('broken'))
    hooks.on(Loads, async () => 1)
    expect((await hooks.callSettled(Title, 'home', 'a')).value).toBe('home!')
    expect((await hooks.callSettled(Guard, 'ada')).value).toBe(true)
    const { value, results } = await hooks.callSettled(Loads, 1)
    expect([value, results.map(({ status }) => status)]).toEqual([[1], ['rejected', 'fulfilled']])
  })

  it('gives nothing where nobody answers', async () => {
    expect(await new PluginHooks().callSettled(Names, 1)).toEqual({ value: [], results: [] })
    expect(await new PluginHooks().callSettled(Title, 'a', 'b')).toEqual({ value: 'a', results: [] })
  })

  it('leaves no unhandled rejection', async () => {
    const hooks = new PluginHooks()
    hooks.on(Loads, () => Promise.reject(new Error('first')))
    hooks.on(Loads, () => Promise.reject(new Error('second')))
    expect(await unhandledDuring(() => hooks.callSettled(Loads, 1))).toEqual([])
    expect(await unhandledDuring(() => hooks.call(Loads, 1).catch(() => undefined))).toEqual([])
  })
})

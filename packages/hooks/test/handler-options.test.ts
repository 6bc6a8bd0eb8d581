// What may be said about a handler of hooks, and what comes of it.
import { describe, expect, it } from 'vitest'
import { type HookError, Pipeline, PluginEvents, PluginHooks, type ReportedFailure } from '../src/index.ts'
import { QueueGate } from './queue-gate.ts'
import { codeOf, deferred, never, until } from './support.ts'

/** Fails so many times, and then gives the number of its call. */
function flaky(failures: number, isAsync: boolean) {
  const at: number[] = []
  const handler = () => {
    at.push(performance.now())
    if (at.length > failures) return at.length
    const error = new Error(`failed ${at.length}`)
    if (isAsync) return Promise.reject(error)
    throw error
  }
  return { at, handler }
}

describe('retry', () => {
  it('calls a handler that failed again, sync or async, waiting longer each time', async () => {
    for (const isAsync of [false, true]) {
      const hooks = new PluginHooks()
      const { at, handler } = flaky(3, isAsync)
      hooks.on('x', handler, { retry: { attempts: 4, delayMs: 20, factor: 2, maxDelayMs: 40 } })
      expect(await hooks.call('x')).toEqual([4])
      const waits = at.slice(1).map((ms, index) => ms - (at[index] as number))
      // A timer of Node may fire up to a millisecond early.
      expect(waits.map((ms, index) => ms >= (index === 0 ? 19 : 39))).toEqual([true, true, true])
    }
  })

  it('gives the last failure when the attempts are used up, and one only', async () => {
    const hooks = new PluginHooks()
    const { at, handler } = flaky(5, true)
    hooks.on('x', handler, { retry: { attempts: 3, delayMs: 1 } })
    const { failures } = (await hooks.call('x').catch((error: unknown) => error)) as HookError
    expect([at.length, failures.map(({ error }) => (error as Error).message)]).toEqual([3, ['failed 3']])
    expect(hooks.handlers('x')).toMatchObject([{ calls: 1, failures: 1 }])
  })

  it('has all attempts share the time, and tries nothing after it (fault 57)', async () => {
    const hooks = new PluginHooks()
    const { at, handler } = flaky(1_000_000, true)
    hooks.on('x', handler, { timeoutMs: 60, retry: { attempts: 1_000_000, delayMs: 10, factor: 1 } })
    await expect(hooks.call('x')).rejects.toMatchObject({ cause: { code: 'CFP_HANDLER_TIMEOUT' } })
    const tried = at.length
    expect(tried).toBeGreaterThan(1)
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(at.length).toBe(tried)
  })

  it('is at once in callSync, which cannot wait, and never for a promise', () => {
    const hooks = new PluginHooks()
    const { handler } = flaky(2, false)
    hooks.on('x', handler, { retry: { attempts: 3, delayMs: 10_000 } })
    expect(hooks.callSync('x')).toEqual([3])
    let calls = 0
    hooks.on('y', async () => calls++, { retry: { attempts: 3 } })
    expect(() => hooks.callSync('y')).toThrow(expect.objectContaining({ code: 'CFP_HOOK_ASYNC' }))
    expect(calls).toBe(1)
  })

  it('ends where the generation does', async () => {
    const hooks = new PluginHooks()
    const { at, handler } = flaky(1_000_000, true)
    const stage = hooks.stage({ name: 'gone', rank: 1 })
    stage.on('x', handler, { retry: { attempts: 1_000_000, delayMs: 5, factor: 1 } })
    stage.commit()
    const call = hooks.call('x')
    await until(() => at.length > 1)
    stage.discard()
    await expect(call).rejects.toMatchObject({ code: 'CFP_HOOK_FAILED' })
  })

  it('is in flight until it is over', async () => {
    const hooks = new PluginHooks()
    const gate = new QueueGate()
    const { at, handler } = flaky(2, true)
    const stage = hooks.stage({ name: 'x', rank: 1, gate })
    stage.on('x', handler, { retry: { attempts: 3, delayMs: 20, factor: 1 } })
    stage.commit()
    const call = hooks.call('x')
    await until(() => at.length === 2)
    expect(gate.inFlight).toBe(1)
    expect([await call, gate.inFlight]).toEqual([[3], 0])
  })
})

describe('a condition', () => {
  it('passes a handler over by its arguments, sync or async', async () => {
    const hooks = new PluginHooks()
    hooks.on<[number]>('x', (by) => by, { condition: (by: never) => by > 1 })
    hooks.on<[number]>('x', (by) => -by, { condition: async (by: never) => by > 2 })
    expect(await hooks.call('x', 1)).toEqual([])
    expect(await hooks.call('x', 2)).toEqual([2])
    expect(await hooks.call('x', 3)).toEqual([3, -3])
  })

  it('that throws is a failure of its handler', async () => {
    const hooks = new PluginHooks()
    let calls = 0
    const condition = () => {
      throw new Error('of the condition')
    }
    hooks.on('x', () => calls++, { condition })
    await expect(hooks.call('x')).rejects.toMatchObject({ cause: { message: 'of the condition' } })
    expect(calls).toBe(0)
  })

  it('cannot be async in callSync', () => {
    const hooks = new PluginHooks()
    hooks.on('x', () => 1, { condition: async () => true })
    expect(() => hooks.callSync('x')).toThrow(expect.objectContaining({ code: 'CFP_HOOK_ASYNC' }))
  })

  it('lets a handler that runs once be there until it has run, and not twice', async () => {
    const hooks = new PluginHooks()
    hooks.on<[number]>('x', (by) => by, { once: true, condition: async (by: never) => by > 1 })
    expect(await hooks.call('x', 1)).toEqual([])
    const both = await Promise.all([hooks.call('x', 2), hooks.call('x', 3)])
    expect(both.flat()).toHaveLength(1)
    expect(hooks.handlers('x')).toEqual([])
  })

  it('that is awaited when its handler is taken back has it not called', async () => {
    const hooks = new PluginHooks()
    const pause = deferred<boolean>()
    let calls = 0
    const undo = hooks.on('x', () => calls++, { condition: () => pause.promise })
    const call = hooks.call('x')
    undo()
    pause.resolve(true)
    expect([await call, calls]).toEqual([[], 0])
  })
})

describe('ignoreErrors', () => {
  it('gives failures to the log and to no caller, sync, async and late', async () => {
    const reported: ReportedFailure[] = []
    const hooks = new PluginHooks({ onFailure: (failure) => reported.push(failure) })
    const options = { ignoreErrors: true, timeoutMs: 10 }
    const fails = () => {
      throw new Error('sync')
    }
    hooks.on('x', fails, options)
    hooks.on('x', () => Promise.reject(new Error('async')), options)
    hooks.on('x', never, options)
    hooks.on('x', () => 'answer')
    expect(await hooks.call('x')).toEqual(['answer'])
    expect(reported.map(({ error }) => (error as Error).message)).toEqual([
      'sync',
      'async',
      expect.stringContaining('within 10 ms'),
    ])
  })
})

describe('what is wrong with a handler', () => {
  it.each([
    ['parallel', { parallel: 1 }],
    ['once', { once: 'yes' }],
    ['ignoreErrors', { ignoreErrors: 0 }],
    ['condition', { condition: true }],
    ['retry: attempts', { retry: { attempts: 1.5 } }],
    ['retry: attempts', { retry: null }],
    ['retry: delayMs', { retry: { attempts: 2, delayMs: -1 } }],
    ['retry: factor', { retry: { attempts: 2, factor: 0.5 } }],
    ['retry: maxDelayMs', { retry: { attempts: 2, maxDelayMs: 0 } }],
    ['before', { before: '' }],
    ['before', { before: [1] }],
    ['after', { after: 'mine' }],
    ['batch is for events', { batch: { size: 2, waitMs: 5 } }],
    ['options', null],
  ])('is told where it is registered: %s', (what, options) => {
    const hooks = new PluginHooks()
    const stage = hooks.stage({ name: 'mine', rank: 1, source: { file: 'plugins/mine.ts', generation: 2 } })
    expect(() => stage.on('x', () => undefined, options as never)).toThrow(
      expect.objectContaining({
        code: 'CFP_HANDLER_INVALID',
        plugin: 'mine',
        file: 'plugins/mine.ts',
        message: expect.stringMatching(new RegExp(`${what.replace(': ', '.*: ')}.*mine`, 'i')),
      }),
    )
  })

  it('leaves nothing behind', async () => {
    const hooks = new PluginHooks()
    expect(await codeOf(() => hooks.on('x', () => 1, { retry: { attempts: 0 } }))).toBe('CFP_HANDLER_INVALID')
    expect(await hooks.call('x')).toEqual([])
  })
})

describe('an option that there is not', () => {
  it('is refused with the one that is meant, for hooks, events and steps', () => {
    const misspelt = { timeout: 5 } as object
    const wanted = expect.objectContaining({
      code: 'CFP_HANDLER_INVALID',
      message: expect.stringMatching(/of "page" must be known ones \(did you mean timeoutMs\?\); got "timeout"/),
    })
    expect(thrownBy(() => new PluginHooks().on('page', () => {}, misspelt))).toEqual(wanted)
    expect(thrownBy(() => new PluginEvents().on('page', () => {}, misspelt))).toEqual(wanted)
    expect(thrownBy(() => new Pipeline('page').step('trim', () => {}, misspelt))).toEqual(wanted)
  })

  it.each(['offload', 'idempotent'])('is %s, where no host with threads takes it from a plugin', (option) => {
    const wanted = expect.objectContaining({
      code: 'CFP_HANDLER_INVALID',
      message: `The options of "page" must be known ones (this one is for plugins); got "${option}" (plugin "host").`,
    })
    expect(thrownBy(() => new PluginHooks().on('page', () => {}, { [option]: true }))).toEqual(wanted)
    expect(thrownBy(() => new Pipeline('page').step('trim', () => {}, { [option]: true }))).toEqual(wanted)
  })
})

function thrownBy(task: () => unknown): unknown {
  try {
    return task()
  } catch (error) {
    return error
  }
}

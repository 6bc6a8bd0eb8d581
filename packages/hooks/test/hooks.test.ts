// How a hook is called, and what its caller gets.
import { AsyncLocalStorage } from 'node:async_hooks'
import { PluginError } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { HookError, PluginHooks, type ReportedFailure } from '../src/index.ts'
import { codeOf, deferred, never, unhandledDuring, until } from './support.ts'

const thrower = (message: string) => () => {
  throw new Error(message)
}

describe('call', () => {
  it('calls handlers one after the other, and gives their results in that order', async () => {
    const hooks = new PluginHooks()
    const order: string[] = []
    hooks.on<[number]>('x', async (by) => {
      order.push('a begins')
      await new Promise((resolve) => setTimeout(resolve, 10))
      order.push('a ends')
      return by + 1
    })
    hooks.on<[number]>('x', (by) => {
      order.push('b')
      return by * 2
    })
    hooks.on('x', () => undefined, { priority: 'high' })
    hooks.on('x', async () => 'last', { priority: 'low' })
    expect(await hooks.call('x', 5)).toEqual([undefined, 6, 10, 'last'])
    expect(order).toEqual(['a begins', 'a ends', 'b'])
  })

  it('passes any number of arguments, and no this', async () => {
    const hooks = new PluginHooks()
    hooks.on('x', function (this: unknown, ...args) {
      return [this, ...args]
    })
    for (const args of [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]) {
      expect(await hooks.call('x', ...args)).toEqual([[undefined, ...args]])
      expect(hooks.callSync('x', ...args)).toEqual([[undefined, ...args]])
    }
  })

  it('gives all results in order, whichever of many handlers are async or call other hooks', async () => {
    for (const own of [{}, { timeoutMs: 1_000 }]) {
      const hooks = new PluginHooks()
      hooks.on('inner', async () => 'inner')
      for (let index = 0; index < 14; index++) {
        const answer = (given: number) => {
          if (index % 4 === 1) return hooks.call('inner').then(() => given + index)
          return index % 4 === 3 ? Promise.resolve(given + index) : given + index
        }
        hooks.on('x', answer as () => unknown, index % 3 === 0 ? own : {})
      }
      const expected = Array.from({ length: 14 }, (_, index) => 100 + index)
      const calls = [hooks.call('x', 100), hooks.call('x', 100)]
      expect(await Promise.all(calls)).toEqual([expected, expected])
    }
  })

  it('goes on after a handler that rejects between others that are async', async () => {
    const hooks = new PluginHooks()
    const called: number[] = []
    for (let index = 0; index < 5; index++) {
      hooks.on('x', async () => {
        called.push(index)
        if (index % 2 === 1) throw new Error(`${index}`)
      })
    }
    const error = await hooks.call('x').catch((thrown: unknown) => thrown)
    expect((error as HookError).failures.map((failure) => (failure.error as Error).message)).toEqual(['1', '3'])
    expect(called).toEqual([0, 1, 2, 3, 4])
  })

  it('gives nothing where nobody answers', async () => {
    expect(await new PluginHooks().call('x')).toEqual([])
    expect(new PluginHooks().callSync('x')).toEqual([])
  })

  it('calls the others although one fails, and then rejects with every failure (fault 57)', async () => {
    const hooks = new PluginHooks()
    const called: number[] = []
    const stage = hooks.stage({ name: 'bad', rank: 1 })
    stage.on('x', thrower('first'))
    stage.on('x', () => Promise.reject(new Error('second')))
    stage.commit()
    hooks.on('x', () => called.push(1), { priority: 'low' })
    const error = await hooks.call('x').catch((thrown: unknown) => thrown)
    expect(called).toEqual([1])
    expect(error).toBeInstanceOf(HookError)
    expect(error).toBeInstanceOf(PluginError)
    const { code, plugin, cause, failures, message } = error as HookError
    expect([code, plugin, (cause as Error).message]).toEqual(['CFP_HOOK_FAILED', 'bad', 'first'])
    expect(failures.map((failure) => [failure.plugin, (failure.error as Error).message])).toEqual([
      ['bad', 'first'],
      ['bad', 'second'],
    ])
    expect(message).toMatch(/"bad".*"x".*1 more.*first/)
  })

  it('gives up a handler that hangs, goes on with the next, and ignores what it does later (fault 57)', async () => {
    const hooks = new PluginHooks({ timeoutMs: 40 })
    const late = deferred<string>()
    const called: string[] = []
    hooks.on('x', () => late.promise, { timeoutMs: 10 })
    hooks.on('x', () => called.push('sync'))
    hooks.on('x', async () => called.push('async'))
    hooks.on('x', never)
    hooks.on('x', () => called.push('last'))
    const unhandled = await unhandledDuring(async () => {
      const error = await hooks.call('x').catch((thrown: unknown) => thrown)
      expect((error as HookError).failures.map((failure) => (failure.error as Error).message)).toEqual([
        expect.stringContaining('within 10 ms'),
        expect.stringContaining('within 40 ms'),
      ])
      expect(called).toEqual(['sync', 'async', 'last'])
      late.reject(new Error('late'))
    })
    expect(unhandled).toEqual([])
    expect(called).toHaveLength(3)
  })

  it('gives each handler its time anew', async () => {
    const hooks = new PluginHooks({ timeoutMs: 120 })
    for (let index = 0; index < 4; index++) {
      hooks.on('x', () => new Promise((resolve) => setTimeout(() => resolve(index), 50)))
    }
    expect(await hooks.call('x')).toEqual([0, 1, 2, 3])
  })

  it('goes on in the async context of its caller after a handler was given up', async () => {
    const storage = new AsyncLocalStorage<string>()
    const hooks = new PluginHooks()
    const seen: unknown[] = []
    const other = deferred()
    hooks.on('other', () => other.promise)
    hooks.on('x', never, { timeoutMs: 20 })
    hooks.on('x', () => seen.push(storage.getStore()))
    // This one arms the timer that all deadlines share.
    const first = storage.run('first', () => hooks.call('other'))
    const second = storage.run('second', () => hooks.call('x'))
    expect(await codeOf(() => second)).toBe('CFP_HOOK_FAILED')
    expect(seen).toEqual(['second'])
    other.resolve()
    await first
  })

  it('refuses a name that is none', async () => {
    const hooks = new PluginHooks()
    expect(await codeOf(() => hooks.callSync(''))).toBe('CFP_HANDLER_INVALID')
    const called = hooks.call(null as unknown as string)
    expect(await codeOf(() => called)).toBe('CFP_HANDLER_INVALID')
  })

  it('does not call what was removed while it waited', async () => {
    const hooks = new PluginHooks()
    const pause = deferred()
    hooks.on('x', () => pause.promise)
    const undo = hooks.on('x', () => 'removed')
    const called = hooks.call('x')
    undo()
    hooks.on('x', () => 'added')
    pause.resolve()
    expect(await called).toEqual([undefined])
  })

  it('calls itself from a handler', async () => {
    const hooks = new PluginHooks()
    hooks.on<[number]>('x', async (depth) =>
      depth === 0 ? [] : [depth, ...((await hooks.call('x', depth - 1)) as unknown[][]).flat()],
    )
    expect(await hooks.call('x', 3)).toEqual([[3, 2, 1]])
  })

  it('runs a handler once exactly, also under two calls at once', async () => {
    const hooks = new PluginHooks()
    const pause = deferred()
    hooks.on('x', () => pause.promise, { priority: 'high' })
    hooks.on('x', () => 'once', { once: true })
    const both = [hooks.call('x'), hooks.call('x')]
    pause.resolve()
    expect((await Promise.all(both)).flat().filter((result) => result === 'once')).toHaveLength(1)
  })
})

describe('callSync', () => {
  it('refuses a handler that returns a promise, naming it, and reports what that promise rejects with', async () => {
    const reported: ReportedFailure[] = []
    const hooks = new PluginHooks({ onFailure: (failure) => reported.push(failure) })
    const stage = hooks.stage({ name: 'bad', rank: 1 })
    const error = new Error('rejected')
    stage.on('x', async () => {
      throw error
    })
    stage.commit()
    const called: number[] = []
    hooks.on('x', () => called.push(1), { priority: 'low' })
    const unhandled = await unhandledDuring(async () => {
      expect(() => hooks.callSync('x')).toThrow(
        expect.objectContaining({
          code: 'CFP_HOOK_ASYNC',
          plugin: 'bad',
          message: expect.stringMatching(/"bad".*"x"/),
        }),
      )
      await until(() => reported.length > 0)
    })
    expect(reported).toEqual([{ event: 'x', plugin: 'bad', error }])
    expect([called, unhandled]).toEqual([[1], []])
  })

  it('calls the others although one throws, and then throws with every failure', () => {
    const hooks = new PluginHooks()
    const called: number[] = []
    hooks.on('x', thrower('first'))
    hooks.on('x', thrower('second'))
    hooks.on('x', () => called.push(1))
    expect(() => hooks.callSync('x')).toThrow(
      expect.objectContaining({ code: 'CFP_HOOK_FAILED', failures: [expect.anything(), expect.anything()] }),
    )
    expect(called).toEqual([1])
  })
})

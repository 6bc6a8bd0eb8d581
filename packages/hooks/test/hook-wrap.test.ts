// A hook whose handlers are around one another, and around the caller's own function.
import { hookRef } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { type HandlerTrace, handlerChannel, PluginHooks, type ReportedFailure } from '../src/index.ts'
import { codeOf, deferred, never, unhandledDuring, until } from './support.ts'

const Fetch = hookRef.wrap<(url: string) => string>('fetch')

const page = (url: string) => `<${url}>`

function pluginOn(hooks: PluginHooks, name: string) {
  const stage = hooks.stage({ name, rank: 1 })
  stage.commit()
  return stage
}

describe('a hook that wraps', () => {
  it('gives each handler those after it, and the innermost the function of the caller', async () => {
    const hooks = new PluginHooks()
    const order: string[] = []
    hooks.on(Fetch, async (next, url) => {
      order.push('outer in')
      const result = await next(`${url}/a`)
      order.push('outer out')
      return `${result}!`
    })
    hooks.on(Fetch, (next, url) => {
      order.push('inner')
      return next(`${url}/b`)
    })
    const inner = async (url: string) => {
      order.push('function')
      return page(url)
    }
    expect(await hooks.call(Fetch, inner, 'x')).toBe('<x/a/b>!')
    expect(order).toEqual(['outer in', 'inner', 'function', 'outer out'])
  })

  it('is the function alone where nobody is around it', async () => {
    const hooks = new PluginHooks()
    expect(await hooks.call(Fetch, page, 'x')).toBe('<x>')
    expect(hooks.callSync(Fetch, page, 'x')).toBe('<x>')
    expect(await codeOf(() => hooks.call(Fetch, 'no function' as never, 'x'))).toBe('CFP_HANDLER_INVALID')
  })

  it('lets a handler answer itself, and ask more than once', async () => {
    const hooks = new PluginHooks()
    let calls = 0
    const flaky = () => {
      if (++calls < 3) throw new Error('busy')
      return 'third'
    }
    const undo = hooks.on(Fetch, async (next, url) => {
      for (;;) {
        try {
          return await next(url)
        } catch (error) {
          if ((error as Error).message !== 'busy') throw error
        }
      }
    })
    expect(await hooks.call(Fetch, flaky, 'x')).toBe('third')
    undo()
    hooks.on(Fetch, () => 'cached')
    expect(await hooks.call(Fetch, flaky, 'x')).toBe('cached')
    expect(calls).toBe(3)
  })

  it('is answered by callSync, and refuses promises by code', () => {
    const hooks = new PluginHooks()
    hooks.on(Fetch, (next, url) => `${next(url)}!`)
    expect(hooks.callSync(Fetch, page, 'x')).toBe('<x>!')
    const asking = () => hooks.callSync(Fetch, (async () => 'x') as never, 'x')
    expect(asking).toThrow(expect.objectContaining({ code: 'CFP_HOOK_ASYNC' }))
    hooks.on(Fetch, async (next, url) => next(url))
    expect(() => hooks.callSync(Fetch, page, 'x')).toThrow(expect.objectContaining({ code: 'CFP_HOOK_ASYNC' }))
  })

  it("passes the function's own error on as it is, and blames no handler for it", async () => {
    const hooks = new PluginHooks()
    const error = new Error('404')
    const missing = () => {
      throw error
    }
    hooks.on(Fetch, async (next, url) => await next(url), { retry: { attempts: 3, delayMs: 1 } })
    hooks.on(Fetch, (next, url) => next(url))
    await expect(hooks.call(Fetch, missing, 'x')).rejects.toBe(error)
    await expect(hooks.call(Fetch, () => Promise.reject(error), 'x')).rejects.toBe(error)
    expect(hooks.handlers().map(({ failures }) => failures)).toEqual([0, 0])
    const sync = new PluginHooks()
    sync.on(Fetch, (next, url) => next(url))
    expect(() => sync.callSync(Fetch, missing, 'x')).toThrow(error)
  })

  it('tells the handlers outside, and in the end the caller, whose handler failed', async () => {
    const hooks = new PluginHooks()
    const seen: unknown[] = []
    pluginOn(hooks, 'outer').on(Fetch, (async (next: (url: string) => string, url: string) => {
      try {
        return await next(url)
      } catch (error) {
        seen.push((error as { plugin?: string }).plugin)
        throw error
      }
    }) as never)
    pluginOn(hooks, 'inner').on(Fetch, () => {
      throw new Error('broken')
    })
    await expect(hooks.call(Fetch, page, 'x')).rejects.toMatchObject({
      code: 'CFP_HOOK_FAILED',
      plugin: 'inner',
      cause: { message: 'broken' },
    })
    expect(seen).toEqual(['inner'])
    expect(hooks.handlers().map(({ plugin, failures }) => [plugin, failures])).toEqual([
      ['outer', 0],
      ['inner', 1],
    ])
  })

  it('passes a handler over whose errors are ignored, or keeps what came from inside it', async () => {
    const reported: ReportedFailure[] = []
    const hooks = new PluginHooks({ onFailure: (failure) => reported.push(failure) })
    const before = () => {
      throw new Error('before')
    }
    let inner = 0
    hooks.on(Fetch, before, { ignoreErrors: true })
    hooks.on(
      Fetch,
      async (next, url) => {
        await next(url)
        throw new Error('after')
      },
      { ignoreErrors: true },
    )
    const counted = (url: string) => {
      inner++
      return page(url)
    }
    expect(await hooks.call(Fetch, counted, 'x')).toBe('<x>')
    expect(inner).toBe(1)
    expect(reported.map(({ error }) => (error as Error).message)).toEqual(['before', 'after'])
  })

  it('does not count the time inside against a handler, and gives up one that hangs itself (fault 57)', async () => {
    const hooks = new PluginHooks()
    hooks.on(Fetch, async (next, url) => `${await next(url)}!`, { timeoutMs: 30 })
    const slow = async (url: string) => {
      await new Promise((resolve) => setTimeout(resolve, 120))
      return page(url)
    }
    expect(await hooks.call(Fetch, slow, 'x')).toBe('<x>!')
    const pause = deferred<(url: string) => unknown>()
    pluginOn(hooks, 'hangs').on(
      Fetch,
      ((next: (url: string) => unknown) => {
        pause.resolve(next)
        return never()
      }) as never,
      { timeoutMs: 20 },
    )
    await expect(hooks.call(Fetch, page, 'x')).rejects.toMatchObject({
      plugin: 'hangs',
      cause: { code: 'CFP_HANDLER_TIMEOUT' },
    })
    const late = await pause.promise
    expect(await codeOf(() => late('x'))).toBe('CFP_HANDLER_TIMEOUT')
  })

  it('gives up the time that a handler takes after what is inside it too', async () => {
    const hooks = new PluginHooks()
    hooks.on(
      Fetch,
      async (next, url) => {
        await next(url)
        return never()
      },
      { timeoutMs: 20 },
    )
    await expect(hooks.call(Fetch, page, 'x')).rejects.toMatchObject({ cause: { code: 'CFP_HANDLER_TIMEOUT' } })
  })

  it('goes on inside where a condition passes a handler over, sync or async', async () => {
    const hooks = new PluginHooks()
    const mark = (sign: string) => async (next: (url: string) => unknown, url: string) => `${await next(url)}${sign}`
    hooks.on(Fetch, mark('a') as never, { condition: (_next: never, url: never) => url === 'x' })
    hooks.on(Fetch, mark('b') as never, { condition: async (_next: never, url: never) => url === 'y' })
    expect(await hooks.call(Fetch, page, 'x')).toBe('<x>a')
    expect(await hooks.call(Fetch, page, 'y')).toBe('<y>b')
  })

  it('settled tells how each fared, and throws what is not of a handler', async () => {
    const hooks = new PluginHooks()
    hooks.on(Fetch, (next, url) => next(url))
    hooks.on(Fetch, () => {
      throw new Error('broken')
    })
    const { value, results } = await hooks.callSettled(Fetch, page, 'x')
    expect([value, results.map(({ status }) => status)]).toEqual([undefined, ['fulfilled', 'rejected']])
    const error = new Error('404')
    const only = new PluginHooks()
    only.on(Fetch, (next, url) => next(url))
    await expect(only.callSettled(Fetch, () => Promise.reject(error), 'x')).rejects.toBe(error)
  })

  it('tells an observer what each handler took without those inside it', async () => {
    const hooks = new PluginHooks({ host: 'here' })
    const traces: HandlerTrace[] = []
    const listen = (message: unknown) => traces.push(message as HandlerTrace)
    hooks.on(Fetch, async (next, url) => `${await next(url)}!`)
    handlerChannel.subscribe(listen)
    try {
      const slow = async (url: string) => {
        await new Promise((resolve) => setTimeout(resolve, 100))
        return page(url)
      }
      await hooks.call(Fetch, slow, 'x')
    } finally {
      handlerChannel.unsubscribe(listen)
    }
    const mine = traces.filter(({ host }) => host === 'here')
    expect(mine.map(({ outcome, plugin, name }) => [outcome, plugin, name])).toEqual([['ok', 'host', 'fetch']])
    expect(mine[0]?.durationMs).toBeLessThan(60)
  })

  it('leaves no unhandled rejection where a handler does not wait for next', async () => {
    const hooks = new PluginHooks()
    hooks.on(Fetch, (next, url) => {
      next(url)
      return 'mine'
    })
    let isDone = false
    const unhandled = await unhandledDuring(async () => {
      const inner = async () => {
        isDone = true
        throw new Error('nobody waits')
      }
      expect(await hooks.call(Fetch, inner, 'x')).toBe('mine')
      await until(() => isDone)
    })
    expect(unhandled).toEqual([])
  })
})

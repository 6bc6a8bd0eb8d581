import { EventEmitter } from 'node:events'
import type { PluginContext } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { deferred, lifecycleOf, logTo, never, plugin, rejection, sleep, started, until } from './support.ts'

/** A started plugin's context. */
async function contextOf(options: { logger?: ReturnType<typeof logTo> } = {}) {
  let context: PluginContext | undefined
  const lifecycle = await started(
    [
      plugin({ name: 'a' }, (_app, given) => {
        context = given
        return {}
      }),
    ],
    options,
  )
  return { lifecycle, context: context as PluginContext }
}

describe('a scope', () => {
  it('ends in order: the signal aborts, teardown runs, what is owned is released in reverse, the rest is fenced', async () => {
    const log: string[] = []
    let usable: (() => unknown) | undefined
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { own, signal, inject }) => {
        usable = () => inject('x', { optional: true })
        signal.addEventListener('abort', () => log.push('abort'))
        own(() => void log.push('first'))
        own({ [Symbol.dispose]: () => void log.push('second') })
        own({ [Symbol.asyncDispose]: async () => void log.push('third') })
        const teardown = async () => {
          log.push('teardown')
          usable?.()
          await sleep(1)
        }
        return { setup: () => {}, teardown }
      }),
    ])
    await lifecycle.stop()
    expect(log).toEqual(['abort', 'teardown', 'third', 'second', 'first'])
    expect(usable).toThrow(expect.objectContaining({ code: 'CFP_GENERATION_RETIRED' }))
  })

  it('releases everything even where one throws, one rejects and one hangs, and tells of all three (fault 38)', async () => {
    const log: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a', timeouts: { teardownMs: 20 } }, (_app, { own }) => {
        own(() => void log.push('last'))
        own(never)
        own(() => Promise.reject(new Error('rejected')))
        own(() => {
          throw new Error('thrown')
        })
        own(() => void log.push('first'))
        return {}
      }),
    ])
    const { problems, stopped } = await lifecycle.stop()
    expect(log).toEqual(['first', 'last'])
    expect(stopped).toEqual(['a'])
    expect(problems.map(({ code, message }) => [code, message.replace(/^.*released: /, '')])).toEqual([
      ['CFP_RELEASE_FAILED', 'thrown.'],
      ['CFP_RELEASE_FAILED', 'rejected.'],
      ['CFP_RELEASE_FAILED', 'it did not end in time.'],
    ])
  })

  it('releases what a release makes it own', async () => {
    const log: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { own }) => {
        own(() => void own(() => void log.push('inner')))
        return {}
      }),
    ])
    await lifecycle.stop()
    expect(log).toEqual(['inner'])
  })

  it('gives a signal that is aborted already to whoever reads it late', async () => {
    const { lifecycle, context } = await contextOf()
    await lifecycle.stop()
    expect(context.signal.aborted).toBe(true)
  })

  it('gives back what it owns, and refuses what it cannot release', async () => {
    const { context } = await contextOf()
    const resource = { [Symbol.dispose]: () => {} }
    expect(context.own(resource)).toBe(resource)
    expect(() => context.own({} as Disposable)).toThrow(expect.objectContaining({ code: 'CFP_CONTEXT_ARGUMENT' }))
    expect(() => context.own(null as never)).toThrow(expect.objectContaining({ code: 'CFP_CONTEXT_ARGUMENT' }))
  })
})

describe('teardown', () => {
  it('that throws is told, and what the plugin owned is released all the same (fault 38)', async () => {
    const log: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { own }) => {
        own(() => void log.push('released'))
        const teardown = () => {
          throw new Error('no')
        }
        return { setup: () => {}, teardown }
      }),
    ])
    const { problems, hung } = await lifecycle.stop()
    expect(problems).toMatchObject([{ code: 'CFP_TEARDOWN_FAILED', plugin: 'a', phase: 'teardown' }])
    expect([log, hung]).toEqual([['released'], []])
  })

  it('that hangs is bounded, named, and what the plugin owned is released all the same (fault 39)', async () => {
    const log: string[] = []
    const lifecycle = await started([
      plugin({ name: 'a', timeouts: { teardownMs: 20 } }, (_app, { own }) => {
        own(() => void log.push('released'))
        return { setup: () => {}, teardown: never }
      }),
    ])
    const { problems, hung } = await lifecycle.stop()
    expect(problems).toMatchObject([{ code: 'CFP_TEARDOWN_TIMEOUT' }])
    expect([log, hung]).toEqual([['released'], ['a']])
  })

  it('runs once, however often and by whatever way the end is asked for (fault 40)', async () => {
    let torn = 0
    const lifecycle = await started([
      plugin({ name: 'a' }, () => ({ setup: () => {}, teardown: async () => void torn++ })),
    ])
    await Promise.all([lifecycle.stop(), lifecycle.stop(), lifecycle[Symbol.asyncDispose]()])
    expect(torn).toBe(1)
  })

  it('may not emit, by any way (fault 59)', async () => {
    const codes: unknown[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { emit, publish, hooks }) => ({
        setup: () => {},
        teardown: async () => {
          codes.push((await rejection(emit('x'))).code)
          codes.push((await rejection(hooks.call('x'))).code)
          try {
            publish('x')
          } catch (error) {
            codes.push((error as { code: string }).code)
          }
        },
      })),
    ])
    await lifecycle.stop()
    expect(codes).toEqual(['CFP_EMIT_IN_TEARDOWN', 'CFP_EMIT_IN_TEARDOWN', 'CFP_EMIT_IN_TEARDOWN'])
  })

  it('that registers a handler leaves none', async () => {
    const codes: unknown[] = []
    const lifecycle = await started([
      plugin({ name: 'a' }, (_app, { on }) => ({
        setup: () => {},
        teardown: () => {
          try {
            on('x', () => {})
          } catch (error) {
            codes.push((error as { code: string }).code)
          }
        },
      })),
    ])
    await lifecycle.stop()
    expect(codes).toEqual(['CFP_GENERATION_RETIRED'])
    expect(lifecycle.events.listeners('x')).toEqual([])
  })
})

describe('before its commit', () => {
  it('a plugin hears nothing, offers nothing, and its timers rest', async () => {
    const gate = deferred()
    const log: string[] = []
    const emitter = new EventEmitter()
    const lifecycle = lifecycleOf([
      plugin({ name: 'a' }, (_app, { on, every, after, listen, hooks }) => ({
        setup: async () => {
          on('event', () => void log.push('event'))
          hooks.on('hook', () => log.push('hook'))
          every(1, () => log.push('every'))
          after(1, () => log.push('after'))
          listen(emitter, 'heard', () => log.push('heard'))
          await gate.promise
        },
      })),
    ])
    const start = lifecycle.start()
    await lifecycle.events.emit('event')
    await lifecycle.hooks.call('hook')
    emitter.emit('heard')
    await sleep(10)
    expect(() => lifecycle.service('a')).toThrow(expect.objectContaining({ code: 'CFP_NOT_ACTIVE' }))
    expect(log).toEqual([])
    gate.resolve()
    await start
    await lifecycle.events.emit('event')
    await lifecycle.hooks.call('hook')
    emitter.emit('heard')
    await until(() => log.includes('every') && log.includes('after'))
    expect(log.slice(0, 3)).toEqual(['event', 'hook', 'heard'])
  })

  it('publish is kept, in order, until the plugin can hear it itself', async () => {
    const log: unknown[] = []
    const lifecycle = lifecycleOf([
      plugin({ name: 'a' }, (_app, { on, publish }) => ({
        setup: async () => {
          publish('x', 1)
          on('x', (payload, { source }) => void log.push([payload, source]))
          publish('x', 2)
          await sleep(1)
          expect(log).toEqual([])
        },
      })),
    ])
    await lifecycle.start()
    expect(log).toEqual([
      [1, 'a'],
      [2, 'a'],
    ])
  })

  it('a publish that cannot be sent is told to the log, and keeps nothing else from being sent', async () => {
    const entries: string[] = []
    const log: unknown[] = []
    const lifecycle = lifecycleOf(
      [
        plugin({ name: 'a' }, (_app, { publish }) => {
          publish('')
          publish('x', 1)
          return {}
        }),
      ],
      { logger: logTo(entries) },
    )
    lifecycle.events.on('x', (payload) => void log.push(payload))
    expect((await lifecycle.start()).active).toEqual(['a'])
    expect(log).toEqual([1])
    expect(entries).toEqual([expect.stringMatching(/^error: Plugin "a" failed in publish\(\)/)])
  })

  it('an awaited emit, and a call of a hook, are refused with what to do instead', async () => {
    const errors: Error[] = []
    await started([
      plugin({ name: 'a' }, (_app, { emit, hooks }) => ({
        setup: async () => {
          errors.push(await rejection(emit('x')), await rejection(hooks.call('x')))
          try {
            hooks.callSync('x')
          } catch (error) {
            errors.push(error as Error)
          }
        },
      })),
    ])
    expect(errors).toHaveLength(3)
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'CFP_EMIT_BEFORE_COMMIT', plugin: 'a' })
      expect(error.message).toContain('Use publish(), which is kept until then')
    }
  })
})

describe('timers and listeners of a context', () => {
  it('every() runs again and again, never twice at once, until it is undone', async () => {
    const { context } = await contextOf()
    let runs = 0
    let running = 0
    let most = 0
    const undo = context.every(1, async () => {
      runs++
      most = Math.max(most, ++running)
      await sleep(5)
      running--
    })
    await until(() => runs >= 3)
    undo()
    const until3 = runs
    await sleep(15)
    expect(runs).toBe(until3)
    expect(most).toBe(1)
  })

  it('after() runs once, and not at all where it was undone', async () => {
    const { context } = await contextOf()
    const log: string[] = []
    context.after(1, () => log.push('done'))
    context.after(1, () => log.push('undone'))()
    await until(() => log.length > 0)
    await sleep(5)
    expect(log).toEqual(['done'])
  })

  it('what they throw, or reject with, is told to the log with the plugin, and the timer goes on', async () => {
    const entries: string[] = []
    const { context } = await contextOf({ logger: logTo(entries) })
    let runs = 0
    context.every(1, () => {
      if (++runs % 2) throw new Error('thrown')
      return Promise.reject(new Error('rejected'))
    })
    const emitter = new EventEmitter()
    context.listen(emitter, 'heard', () => {
      throw new Error('deaf')
    })
    emitter.emit('heard')
    await until(() => entries.length >= 3)
    expect(entries).toEqual(
      expect.arrayContaining([
        'error: Plugin "a" failed in its listener of "heard": deaf',
        'error: Plugin "a" failed in a task of every(): thrown',
        'error: Plugin "a" failed in a task of every(): rejected',
      ]),
    )
  })

  it('leave nothing behind on the emitter', async () => {
    const emitter = new EventEmitter()
    const { context, lifecycle } = await contextOf()
    const heard: number[] = []
    const undo = context.listen(emitter, 'heard', () => heard.push(1))
    context.listen(emitter, 'heard', () => heard.push(2))
    emitter.emit('heard')
    undo()
    emitter.emit('heard')
    expect(heard).toEqual([1, 2, 2])
    expect(emitter.listenerCount('heard')).toBe(1)
    await lifecycle.disable('a')
    expect(emitter.listenerCount('heard')).toBe(0)
    await lifecycle.enable('a')
    expect(emitter.listenerCount('heard')).toBe(1)
    await lifecycle.stop()
    expect(emitter.listenerCount('heard')).toBe(0)
  })

  it('refuse what Node would take for something else', async () => {
    const { context } = await contextOf()
    const wrong = expect.objectContaining({ code: 'CFP_CONTEXT_ARGUMENT' })
    for (const ms of [-1, Number.NaN, 2 ** 31]) {
      expect(() => context.every(ms, () => {})).toThrow(wrong)
      expect(() => context.after(ms, () => {})).toThrow(wrong)
    }
    expect(() => context.after(1, 'code' as never)).toThrow(wrong)
    expect(() => context.listen(new EventTarget(), 'x', 1 as never)).toThrow(wrong)
  })
})

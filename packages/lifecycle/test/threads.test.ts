// Plugins in threads, and handlers in threads, in the life of plugins: to everybody else they are plugins as any other.
import { fileURLToPath } from 'node:url'
import {
  BasePlugin,
  hook,
  hookRef,
  PluginError,
  type PluginMeta,
  plugin as pluginDecorator,
} from '@cf-plugins/plugin-api'
import { type AuditMessage, auditChannel, toPluginRecord } from '@cf-plugins/plugin-api/host'
import { StatePreserver } from '@cf-plugins/state-preserver'
import { describe, expect, it, onTestFinished } from 'vitest'
import { registerPlugin } from '../src/index.ts'
import { SmallThreads } from './small-threads.ts'
import { logTo, plugin, type Register, rejection, sleep, started, until } from './support.ts'

const file = fileURLToPath(new URL('./fixtures/in-thread.mjs', import.meta.url))
const exported: Record<string, never> = await import(file)

/** The plugin of that file, all of it in a thread: here its `register` is never called. */
const inThread = (generation = 1, meta: Partial<PluginMeta> = {}) =>
  plugin(
    { name: 'slow', execution: 'worker', events: ['tick'], ...meta },
    () => {
      throw new Error('it was registered here')
    },
    { file, generation },
  )

/** A plugin whose handlers may be those of that file. */
const offloading = (register: Register, generation = 1) => plugin({ name: 'slow' }, register, { file, generation })

describe('a plugin with execution: worker', () => {
  it('is active, handles events, keeps its state over a reload, and its thread ends with its generation', async () => {
    const threads = new SmallThreads()
    const lifecycle = await started([inThread()], { threads })
    expect(lifecycle.status('slow').error).toBeUndefined()
    await lifecycle.events.emit('tick')
    expect((await lifecycle.health('slow')).message).toBe('11 in a thread')
    const { outcome } = await lifecycle.reload({ set: [inThread(2)] })
    expect(outcome).toBe('committed')
    await lifecycle.events.emit('tick')
    expect((await lifecycle.health('slow')).message).toBe('12 in a thread')
    expect(threads.running).toBe(1)
    await lifecycle.stop()
    expect(threads.running).toBe(0)
  })

  it('gives way to the old code, with its state, where the new one fails in its thread', async () => {
    const threads = new SmallThreads()
    const configOf = (_plugin: string, meta: { version: string } = { version: '' }) =>
      meta.version === '2.0.0' ? 'broken' : undefined
    const lifecycle = await started([inThread()], { threads, configOf })
    await lifecycle.events.emit('tick')
    const report = await lifecycle.reload({ set: [inThread(2, { version: '2.0.0' })] })
    expect(report.outcome).toBe('rolled-back')
    expect(report.error).toMatchObject({ code: 'CFP_SETUP_FAILED', plugin: 'slow' })
    expect(report.error?.message).toContain('it cannot be set up')
    await lifecycle.events.emit('tick')
    expect((await lifecycle.health('slow')).message).toBe('12 in a thread')
    expect(threads.running).toBe(1)
  })

  it('fails alone where its host has no threads, and says what to give', async () => {
    const lifecycle = await started([inThread(), plugin({ name: 'other' })])
    expect(lifecycle.status('other').state).toBe('active')
    expect(lifecycle.status('slow').error).toMatchObject({
      code: 'CFP_WORKER_UNAVAILABLE',
      plugin: 'slow',
      phase: 'register',
      file,
      message: `Plugin "slow" has execution: 'worker' in PLUGIN_META, and its host runs nothing in threads. Give the lifecycle a PluginThreads of @cf-plugins/worker as its option threads, or take that line out.`,
    })
    expect(() => registerPlugin(inThread(), {}, {})).toThrow(/its host runs nothing in threads/)
  })

  it('is slow to start where its setup is, whatever its thread takes', async () => {
    const log: string[] = []
    const threads = new SmallThreads()
    threads.register = async ({ meta: { name } }) => {
      await sleep(150)
      return name === 'slow' ? {} : { setup: () => sleep(150) }
    }
    await started([inThread(), inThread(1, { name: 'slower' })], { threads, logger: logTo(log) })
    expect(log.filter((line) => line.includes('slow to start'))).toEqual([
      expect.stringMatching(/^warn: Plugin "slower" was slow to start: register\(\) \d+ ms, setup\(\) \d+ ms\.$/),
    ])
  })

  it('can be registered by itself', async () => {
    const threads = new SmallThreads()
    const slow = await registerPlugin(inThread(), {}, {}, { threads })
    expect(Object.keys(slow.instance)).toContain('health')
    await slow.stop()
    expect(threads.running).toBe(0)
  })

  it('is told its bounds and its host, the plugin’s own before the host’s', async () => {
    const threads = new SmallThreads()
    const lifecycle = await started([inThread(1, { timeouts: { setupMs: 123 } })], {
      threads,
      timeouts: { saveMs: 77 },
    })
    const [slow] = threads.plugins
    expect([slow?.host, slow?.boundOf('setupMs'), slow?.boundOf('saveMs')]).toEqual([lifecycle.id, 123, 77])
  })
})

describe('a plugin whose threads cannot be borne', () => {
  const unstable = new PluginError('CFP_WORKER_UNSTABLE', 'The threads of "slow" keep ending.', { plugin: 'slow' })

  it('is switched off with who needs it, which is told and audited, and switched on by its next good code', async () => {
    const log: string[] = []
    const audited: AuditMessage[] = []
    const note = (message: unknown) => void audited.push(message as AuditMessage)
    auditChannel.subscribe(note)
    onTestFinished(() => void auditChannel.unsubscribe(note))
    const threads = new SmallThreads()
    const user = plugin({ name: 'user', dependencies: ['slow'] })
    const lifecycle = await started([inThread(), user], { threads, logger: logTo(log) })
    threads.plugins[0]?.quarantine(unstable)
    await until(() => lifecycle.status('slow').error === unstable)
    expect([lifecycle.status('slow').state, lifecycle.status('user').state]).toEqual(['disabled', 'blocked'])
    expect(log).toContain('error: The threads of "slow" keep ending.')
    const { message: reason } = unstable
    expect(audited).toEqual([{ host: lifecycle.id, action: 'quarantine', outcome: 'failed', plugin: 'slow', reason }])
    await lifecycle.reload({ set: [inThread(2)] })
    expect([lifecycle.status('slow').state, lifecycle.status('user').state]).toEqual(['active', 'active'])
  })

  it('is left alone where other code serves by then', async () => {
    const threads = new SmallThreads()
    const lifecycle = await started([inThread()], { threads })
    const reload = lifecycle.reload({ set: [inThread(2)] })
    threads.plugins[0]?.quarantine(unstable)
    await reload
    await lifecycle.enable('slow')
    expect(lifecycle.status('slow')).toMatchObject({ state: 'active', generation: 2, error: undefined })
    threads.plugins[0]?.quarantine(unstable)
    await lifecycle.enable('slow')
    expect(lifecycle.status('slow').state).toBe('active')
  })
})

describe('a handler with offload', () => {
  it('runs in a thread: of events, batches and hooks, and a step with its undo', async () => {
    const threads = new SmallThreads(exported)
    const { double, halve, many, greeting } = exported
    const lifecycle = await started(
      [
        offloading((_app, { on, hooks, pipeline }) => {
          on('one', many as never, { offload: true, timeoutMs: 500 })
          on('some', many as never, { offload: true, batch: { size: 2, waitMs: 50 } })
          hooks.on('greeting', greeting as never, { offload: true, idempotent: true })
          pipeline<object>('numbers').step('double', double as never, { offload: true, undo: halve as never })
          pipeline<object>('numbers').step('fail', () => Promise.reject(new Error('later')), { priority: 'low' })
          return {}
        }),
      ],
      { threads, hostId: 'a-host' },
    )
    expect(lifecycle.status('slow').error).toBeUndefined()
    expect(threads.tasks.map(({ run: _run, ...task }) => task)).toEqual([
      { kind: 'event', name: 'one', host: 'a-host', timeoutMs: 500, idempotent: false },
      { kind: 'batch', name: 'some', host: 'a-host', timeoutMs: undefined, idempotent: false },
      { kind: 'hook', name: 'greeting', host: 'a-host', timeoutMs: undefined, idempotent: true },
      { kind: 'step', name: 'numbers', host: 'a-host', timeoutMs: undefined, idempotent: false },
      { kind: 'step', name: 'numbers', host: 'a-host', timeoutMs: undefined, idempotent: false },
    ])
    expect(await lifecycle.hooks.call('greeting', 'you')).toEqual(['hello you in a thread'])
    expect((await lifecycle.events.emit('one', [1])).failures).toEqual([])
    const reports = await Promise.all([lifecycle.events.emit('some', 1), lifecycle.events.emit('some', 2)])
    expect(reports.flatMap(({ failures }) => failures)).toEqual([])
    const failed = await rejection(lifecycle.pipelines.get<object>('numbers').run({ of: 4 }))
    expect(failed).toMatchObject({ code: 'CFP_PIPELINE_FAILED', undone: ['double'] })
  })

  it('is awaited by a reload, and released with its generation, once', async () => {
    const threads = new SmallThreads(exported)
    const register: Register = (_app, { hooks }) => {
      hooks.on('block', exported.block as never, { offload: true })
      return {}
    }
    const lifecycle = await started([offloading(register)], { threads })
    let isAnswered = false
    const call = lifecycle.hooks.call('block', 300).then(() => {
      isAnswered = true
    })
    expect(lifecycle.inFlight('slow')).toBe(1)
    const report = await lifecycle.reload({ set: [offloading(register, 2)] })
    expect([report.outcome, isAnswered]).toEqual(['committed', true])
    await call
    expect([threads.released, threads.running]).toEqual([['block'], 1])
    await lifecycle.stop()
    expect([threads.released, threads.running]).toEqual([['block', 'block'], 0])
  })

  it('is released by its own undo as well, and where it is refused', async () => {
    const threads = new SmallThreads(exported)
    const lifecycle = await started(
      [
        offloading((_app, { on }) => {
          const undo = on('one', exported.many as never, { offload: true })
          undo()
          undo()
          expect(threads.released).toEqual(['many'])
          expect(() => on('two', exported.many as never, { offload: true, once: 1 as never })).toThrow(/^Once of "two"/)
          return {}
        }),
      ],
      { threads },
    )
    expect(lifecycle.status('slow').error).toBeUndefined()
    await lifecycle.stop()
    expect(threads.released).toEqual(['many', 'many'])
  })

  it('keeps its number of parameters, by which a hook refuses one that has too many', async () => {
    const Ask = hookRef.series<() => string>('ask', { args: 0 })
    const threads = new SmallThreads(exported)
    const ask: Register = (_app, { hooks }) => {
      hooks.on(Ask, exported.greeting as never, { offload: true })
      return {}
    }
    const lifecycle = await started([offloading(ask)], { threads })
    expect(lifecycle.status('slow').error?.message).toContain('"ask" (series) has at most 0 parameters; got 1')
    expect(threads.released).toEqual(['greeting'])
  })

  it('is refused where the host has no threads, and where its function is no export, a method among them', async () => {
    const code = async (register: Register, threads?: SmallThreads) => {
      const lifecycle = await started([offloading(register)], threads ? { threads } : {})
      return lifecycle.status('slow').error
    }
    const on: Register = (_app, context) => {
      context.on('one', exported.many as never, { offload: true })
      return {}
    }
    expect(await code(on)).toMatchObject({
      code: 'CFP_WORKER_UNAVAILABLE',
      message: `Plugin "slow" has offload: true at its handler of "one", and its host runs nothing in threads. Give the lifecycle a PluginThreads of @cf-plugins/worker as its option threads, or take that line out.`,
    })
    const closure: Register = (_app, context) => {
      context.on('one', () => {}, { offload: true })
      return {}
    }
    expect(await code(closure, new SmallThreads(exported))).toMatchObject({ code: 'CFP_OFFLOAD_NOT_EXPORTED' })
    const noFlag: Register = (_app, context) => {
      context.on('one', () => {}, { offload: 'yes' as never })
      return {}
    }
    expect(await code(noFlag)).toMatchObject({ code: 'CFP_CONTEXT_ARGUMENT' })

    @pluginDecorator({ name: 'decorated', version: '1.0.0' })
    class Decorated extends BasePlugin {
      @hook('ask', { offload: true })
      ask() {
        return this.context.name
      }
    }
    const record = toPluginRecord({ default: Decorated }, { generation: 1, file, files: [file] })
    const lifecycle = await started([record], { threads: new SmallThreads(exported) })
    expect(lifecycle.status('decorated').error).toMatchObject({ code: 'CFP_OFFLOAD_NOT_EXPORTED' })
  })

  it('is called as any other where it says no more than that it may run twice, or the plugin is in a thread already', async () => {
    const calls: number[] = []
    const threads = new SmallThreads()
    threads.register = async (_record, context) => {
      const { on } = context as unknown as Parameters<Register>[1]
      on<number>('one', (one) => void calls.push(one), { offload: true, idempotent: true })
      return {}
    }
    const register: Register = (_app, { on }) => {
      on<number>('one', (one) => void calls.push(one), { offload: false, idempotent: true, priority: 'low' })
      return {}
    }
    const lifecycle = await started([inThread(), plugin({ name: 'inline' }, register)], { threads })
    await lifecycle.events.emit('one', 1)
    expect([calls, threads.tasks]).toEqual([[1, 1], []])
  })
})

describe("a host with threads: 'inline'", () => {
  const here = (generation: number) =>
    plugin({ name: 'slow', execution: 'worker', events: ['tick'] }, exported.register as unknown as Register, {
      file,
      generation,
    })

  it('runs a plugin that asks for a thread on the event loop, and keeps its state over a reload', async () => {
    const lifecycle = await started([here(1)], { threads: 'inline', keeper: new StatePreserver() })
    await lifecycle.events.emit('tick')
    expect((await lifecycle.health('slow')).message).toBe('11 here')
    expect((await lifecycle.reload({ set: [here(2)] })).outcome).toBe('committed')
    await lifecycle.events.emit('tick')
    expect((await lifecycle.health('slow')).message).toBe('12 here')
  })

  it('calls handlers with offload there, whatever they close over, and as sync as they are', async () => {
    const closed = 'closed over'
    const lifecycle = await started(
      [
        offloading((_app, { hooks, pipeline }) => {
          hooks.on('closure', () => closed, { offload: true, idempotent: true })
          pipeline<object>('numbers').step('double', exported.double as never, {
            offload: true,
            undo: exported.halve as never,
          })
          return {}
        }),
      ],
      { threads: 'inline' },
    )
    expect(lifecycle.hooks.callSync('closure')).toEqual([closed])
    expect(await lifecycle.pipelines.get<object>('numbers').run({ of: 4 })).toEqual({ doubled: 8, where: 'here' })
  })

  it('is told of whoever blocks, without the line that is there already', async () => {
    const log: string[] = []
    const register: Register = (_app, { hooks }) => {
      hooks.on('block', exported.block as never, { offload: true })
      return {}
    }
    const lifecycle = await started([offloading(register)], { threads: 'inline', logger: logTo(log) })
    await lifecycle.hooks.call('block', 120)
    const told = log.filter((line) => line.includes('event loop'))
    expect(told).toEqual([
      expect.stringMatching(/nothing else ran meanwhile\. Its host runs everything here, by threads: 'inline'\.$/),
    ])
  })
})

it('a host without a plugin of that kind never asks its threads for anything', async () => {
  const threads = new SmallThreads()
  const lifecycle = await started([plugin({ name: 'inline' })], { threads, keeper: new StatePreserver() })
  await lifecycle.stop()
  expect([threads.plugins, threads.tasks]).toEqual([[], []])
})

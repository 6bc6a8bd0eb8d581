// Who keeps the event loop to itself: told with its name, and nobody else in its place.
import { setTimeout as sleep } from 'node:timers/promises'
import { hookRef } from '@cf-plugins/plugin-api'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  blockedChannel,
  type HandlerPolicy,
  type LoopBlock,
  LoopWatch,
  Pipelines,
  PluginEvents,
  PluginHooks,
} from '../src/index.ts'

/** Runs for so long without giving way. */
function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

const shown = ({ plugin, kind, name }: LoopBlock) => `${plugin}: ${kind} ${name}`

/** What dispatches for one host, with more than the usual patience, for on a busy machine anything may take 50 ms; and who blocked it, of all and as it is told. */
function watched(policy: HandlerPolicy = { blockMs: 100 }) {
  const told: LoopBlock[] = []
  const all: LoopBlock[] = []
  const loop = new LoopWatch({ host: 'watched', policy, warn: (each) => told.push(each) })
  const listener = (message: unknown) => {
    if ((message as LoopBlock).host === 'watched') all.push(message as LoopBlock)
  }
  blockedChannel.subscribe(listener)
  onTestFinished(() => void blockedChannel.unsubscribe(listener))
  const options = { host: 'watched', policy, loop }
  const events = new PluginEvents(options)
  const hooks = new PluginHooks(options)
  const pipelines = new Pipelines(options)
  const of = (name: string) => {
    const owner = { name, rank: 1, source: { file: `${name}.ts`, generation: 2 } }
    const stages = [events.stage(owner), hooks.stage(owner), pipelines.stage(owner)] as const
    for (const stage of stages) stage.commit()
    const [on, hook, step] = stages
    return { on, hook, step }
  }
  return { events, hooks, pipelines, of, told, all, loop }
}

describe('a handler that blocks the event loop', () => {
  it('is told with its plugin, its name and how long, whatever it handles', async () => {
    const { events, hooks, pipelines, of, told } = watched()
    const { on, hook, step } = of('parser')
    on.on('file.saved', () => block(130))
    on.on('many', () => block(130), { batch: { size: 1, waitMs: 10 } })
    hook.on('parse', () => block(130))
    step.on('files', 'parse', () => block(130))
    await events.emit('file.saved')
    await events.emit('many')
    expect(hooks.callSync('parse')).toEqual([undefined])
    await pipelines.runAs('host', 'files', {})
    expect(told.map(shown)).toEqual([
      'parser: event file.saved',
      'parser: event many',
      'parser: hook parse',
      'parser: pipeline files',
    ])
    for (const { blockedMs } of told) expect(blockedMs).toBeGreaterThan(129)
    expect(told[0]).toMatchObject({ host: 'watched', generation: 2 })
  })

  it('is told at its first call, and later when each call is looked at, as it is once a stall was nobody’s', () => {
    const { events, of, told, loop } = watched()
    const { on } = of('parser')
    let ms = 0
    on.on('later', () => block(ms))
    on.on('first', () => block(130))
    for (let call = 0; call < 10; call++) events.publish('later')
    events.publish('first')
    expect(told.map(shown)).toEqual(['parser: event first'])
    ms = 130
    events.publish('later')
    expect(told.length).toBe(1)
    loop.needed()
    events.publish('later')
    expect(told.map(shown)).toEqual(['parser: event first', 'parser: event later'])
    loop.unneeded()
    expect(loop.looks).toBe(false)
  })

  it('is told once a minute, and each time on the channel', () => {
    const { hooks, of, told, all } = watched()
    of('parser').hook.on('x', () => block(130))
    for (let call = 0; call < 3; call++) hooks.callSync('x')
    expect([told.length, all.length]).toEqual([1, 3])
  })

  it('is told although it throws, or is awaited then', async () => {
    const { events, of, told } = watched()
    const { on } = of('parser')
    on.on('throws', () => {
      block(130)
      throw new Error('broken')
    })
    on.on('awaits', async () => {
      block(130)
      await sleep(1)
    })
    await events.emit('throws')
    await events.emit('awaits')
    expect(told.map(shown)).toEqual(['parser: event throws', 'parser: event awaits'])
  })

  it('is told from when on the host says, and not at all where it does not want to know', () => {
    const strict = watched({ blockMs: 5 })
    strict.of('parser').hook.on('x', () => block(10))
    strict.hooks.callSync('x')
    expect(strict.told.length).toBe(1)
    const off = watched({ blockMs: false })
    off.of('parser').hook.on('x', () => block(130))
    off.hooks.callSync('x')
    expect([off.told, off.all]).toEqual([[], []])
    expect(() => new PluginHooks({ policy: { blockMs: 0 } })).toThrow('Policy.blockMs must be milliseconds above 0')
  })

  it('is told to the log by hooks that are used alone', () => {
    const log: unknown[] = []
    const logger = { warn: (details: object, message: string) => log.push(message, details), error: () => undefined }
    const hooks = new PluginHooks({ logger: logger as never })
    hooks.on('x', () => block(130))
    hooks.callSync('x')
    expect(log[0]).toMatch(/^Plugin "host" blocked the event loop for \d+ ms in its handler of "x"\.$/)
    expect(log[1]).toMatchObject({ plugin: 'host', kind: 'hook', name: 'x', blockedMs: expect.any(Number) })
  })
})

describe('a handler that does not block', () => {
  it('is not told where it is slow and awaits', async () => {
    const { events, of, told } = watched()
    of('client').on.on('x', () => sleep(200))
    await events.emit('x')
    expect(told).toEqual([])
  })

  it('is not told of what others did that it called: events, hooks, and what a handler wraps', async () => {
    const { events, hooks, of, told } = watched()
    const Render = hookRef.wrap<(page: string) => string>('render')
    of('outer').on.on('saved', () => {
      hooks.callSync('parse')
      events.publish('told')
    })
    of('wrapper').hook.on(Render, ((next: (page: string) => unknown, page: string) => next(page)) as never)
    of('inner').hook.on('parse', () => block(130))
    of('inner').on.on('told', () => block(130))
    await events.emit('saved')
    expect(told.map(shown)).toEqual(['inner: hook parse', 'inner: event told'])
    await hooks.call(
      Render,
      (page) => {
        block(130)
        return page
      },
      'page',
    )
    expect(told.length).toBe(2)
  })

  it('is not blamed for a handler within that nobody looked at: both are looked at from then on', () => {
    const { events, hooks, of, told } = watched()
    let ms = 0
    of('outer').on.on('saved', () => hooks.callSync('parse'))
    of('inner').hook.on('parse', () => block(ms))
    // Called often enough by itself that the next calls of it are not looked at.
    for (let call = 0; call < 20; call++) hooks.callSync('parse')
    ms = 130
    for (let call = 0; call < 1200 && told.length === 0 && ms > 0; call++) events.publish('saved')
    expect(told.map(shown)).toEqual(['inner: hook parse'])
  })
})

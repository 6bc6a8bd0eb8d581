// How handlers fare: what the host sees, what observers are told, and what becomes of those that keep being slow or failing.

import { hookRef } from '@cf-plugins/plugin-api'
import { auditChannel } from '@cf-plugins/plugin-api/host'
import { afterEach, describe, expect, it } from 'vitest'
import { type HandlerPolicy, type HandlerTrace, handlerChannel, Pipeline, PluginHooks } from '../src/index.ts'
import { codeOf, deferred, never } from './support.ts'

/** Runs for so long without giving way. */
function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

const undo: (() => void)[] = []
afterEach(() => {
  for (const each of undo.splice(0)) each()
})

/** What a host of this name publishes from now on. */
function listening<Message extends { host: string }>(
  channel: {
    subscribe(listener: (message: unknown) => void): void
    unsubscribe(listener: (message: unknown) => void): void
  },
  host: string,
): Message[] {
  const messages: Message[] = []
  const listener = (message: unknown) => {
    if ((message as Message).host === host) messages.push(message as Message)
  }
  channel.subscribe(listener)
  undo.push(() => channel.unsubscribe(listener))
  return messages
}

function watched(policy?: HandlerPolicy) {
  const warnings: string[] = []
  const logger = { warn: (_details: object, message: string) => warnings.push(message), error: () => undefined }
  const hooks = new PluginHooks({ host: 'watched', policy, logger: logger as never })
  const stage = hooks.stage({ name: 'plugin', rank: 1, source: { file: 'plugin.ts', generation: 3 } })
  stage.commit()
  return { hooks, stage, warnings, audited: listening(auditChannel, 'watched') }
}

describe('handlers()', () => {
  it('shows each handler, in order, with its calls, failures and time', async () => {
    const { hooks, stage } = watched()
    stage.on('x', () => block(5), { priority: 'high' })
    stage.on('x', async () => {
      throw new Error('broken')
    })
    stage.on('y', () => undefined)
    for (let call = 0; call < 3; call++) await codeOf(() => hooks.call('x'))
    expect(hooks.handlers('x')).toEqual([
      {
        id: expect.stringMatching(/^hook-/),
        plugin: 'plugin',
        generation: 3,
        kind: 'hook',
        name: 'x',
        priority: 100,
        on: true,
        reason: undefined,
        calls: 3,
        failures: 0,
        lastMs: expect.any(Number),
      },
      expect.objectContaining({ priority: 50, calls: 3, failures: 3 }),
    ])
    expect(hooks.handlers('x')[0]?.lastMs).toBeGreaterThanOrEqual(5)
    const ids = hooks.handlers().map(({ id }) => id)
    expect([ids.length, new Set(ids).size]).toEqual([3, 3])
  })

  it('counts every call, however handlers come and go and whatever way they are called', async () => {
    const { hooks, stage } = watched()
    const gated = hooks.stage({ name: 'gated', rank: 2, gate: { closed: false, enter() {}, leave() {}, park: never } })
    gated.commit()
    stage.on('x', () => 1)
    for (let call = 0; call < 10; call++) hooks.callSync('x')
    gated.on('x', () => 2)
    for (let call = 0; call < 10; call++) hooks.callSync('x')
    gated.withdraw()
    stage.on('x', async () => 3)
    for (let call = 0; call < 2_000; call++) await hooks.call('x')
    stage.on('*', () => 4)
    for (let call = 0; call < 10; call++) await hooks.call('x')
    expect(hooks.handlers('x').map(({ calls }) => calls)).toEqual([2_030, 2_010, 10])
    gated.commit()
    expect(hooks.handlers('x').map(({ plugin, calls }) => [plugin, calls])).toContainEqual(['gated', 10])
  })
})

describe('a handler that is switched off', () => {
  it('is not called until it is switched on, with an audit entry for each', async () => {
    const { hooks, stage, audited } = watched()
    stage.on('x', () => 'first')
    stage.on('x', () => 'second')
    const [first] = hooks.handlers('x')
    const id = first?.id as string
    hooks.switchOff(id, 'too noisy')
    hooks.switchOff(id, 'twice is once')
    expect(await hooks.call('x')).toEqual(['second'])
    expect(hooks.handlers('x').map(({ on, reason }) => [on, reason])).toEqual([
      [true, undefined],
      [false, 'too noisy'],
    ])
    hooks.switchOn(id)
    expect(await hooks.call('x')).toEqual(['first', 'second'])
    const subject = `${id} of plugin: hook x`
    expect(audited).toEqual([
      {
        host: 'watched',
        action: 'handler.switch-off',
        outcome: 'done',
        plugin: 'plugin',
        subject,
        reason: 'too noisy',
      },
      { host: 'watched', action: 'handler.switch-on', outcome: 'done', plugin: 'plugin', subject, reason: undefined },
    ])
  })

  it('stays off when its plugin is disabled and enabled, and a new generation begins switched on', async () => {
    const { hooks, stage } = watched()
    stage.on('x', () => 'old')
    hooks.switchOff(hooks.handlers('x')[0]?.id as string, 'test')
    stage.withdraw()
    expect(hooks.handlers('x')).toEqual([])
    stage.commit()
    expect(await hooks.call('x')).toEqual([])
    expect(hooks.handlers('x')).toMatchObject([{ on: false }])
    const next = hooks.stage({ name: 'plugin', rank: 1 })
    next.on('x', () => 'new')
    stage.withdraw()
    next.commit()
    expect(await hooks.call('x')).toEqual(['new'])
  })

  it('can be taken back, and is not called by a call that is under way', async () => {
    const { hooks, stage } = watched()
    const pause = deferred()
    stage.on('x', () => pause.promise)
    const takeBack = stage.on('x', () => 'second')
    const called = hooks.call('x')
    hooks.switchOff(hooks.handlers('x')[1]?.id as string, 'test')
    stage.withdraw()
    stage.commit()
    pause.resolve()
    expect(await called).toEqual([undefined])
    takeBack()
    expect(hooks.handlers('x')).toHaveLength(1)
  })

  it('must be known', async () => {
    const { hooks } = watched()
    expect(await codeOf(() => hooks.switchOff('hook-9-9', 'test'))).toBe('CFP_HANDLER_UNKNOWN')
    expect(await codeOf(() => hooks.switchOn('hook-9-9'))).toBe('CFP_HANDLER_UNKNOWN')
  })
})

describe('the policy', () => {
  it('has a slow handler told to the log, once a minute', async () => {
    const { hooks, stage, warnings } = watched({ slowMs: 5 })
    stage.on('x', () => block(8))
    for (let call = 0; call < 3; call++) hooks.callSync('x')
    expect(warnings).toEqual([expect.stringMatching(/"plugin" took \d+ ms in its handler of "x"/)])
  })

  it('has one that is slow because it blocks told once, and not as slow too', () => {
    const { hooks, stage, warnings } = watched({ slowMs: 20, blockMs: 10 })
    stage.on('x', () => block(30))
    hooks.callSync('x')
    expect(warnings).toEqual([
      expect.stringMatching(/"plugin" blocked the event loop for \d+ ms in its handler of "x"/),
    ])
  })

  it('has a handler that fails too often in a row switched off, with an audit entry', async () => {
    const { hooks, stage, warnings, audited } = watched({ failures: 3, action: 'switch-off' })
    let calls = 0
    stage.on('x', () => {
      if (++calls !== 3) throw new Error(`failed ${calls}`)
    })
    for (let call = 0; call < 10; call++) await codeOf(() => hooks.call('x'))
    expect(calls).toBe(6)
    expect(hooks.handlers('x')).toMatchObject([{ on: false, reason: 'failed 3 times in a row', calls: 6, failures: 5 }])
    expect(warnings).toEqual([expect.stringMatching(/"plugin".*"x" failed 3 times in a row, and is switched off/)])
    expect(audited).toMatchObject([{ action: 'handler.switch-off', reason: 'failed 3 times in a row' }])
    hooks.switchOn(hooks.handlers('x')[0]?.id as string)
    await codeOf(() => hooks.call('x'))
    expect(calls).toBe(7)
  })

  it('has one that is slow too often in a row told, where that is all it says', () => {
    const { hooks, stage, warnings } = watched({ slowMs: 2, slow: 2 })
    stage.on('x', () => block(4))
    for (let call = 0; call < 2; call++) hooks.callSync('x')
    expect(warnings).toHaveLength(2)
    expect(warnings[1]).toMatch(/took longer than 2 ms 2 times in a row\.$/)
    expect(hooks.handlers('x')).toMatchObject([{ on: true }])
  })

  it('counts one that is given up as failed', async () => {
    const { hooks, stage } = watched({ failures: 1, action: 'switch-off' })
    stage.on('x', never, { timeoutMs: 10 })
    await codeOf(() => hooks.call('x'))
    expect(hooks.handlers('x')).toMatchObject([{ on: false, failures: 1, calls: 1 }])
  })

  it.each([{ slowMs: 0 }, { failures: 0 }, { slow: 1.5 }, { action: 'kill' }])(
    'that is none is refused: %j',
    (policy) => {
      expect(() => new PluginHooks({ policy: policy as never })).toThrow(
        expect.objectContaining({ code: 'CFP_HANDLER_INVALID', message: expect.stringMatching(/^Policy\./) }),
      )
    },
  )
})

describe('an observer of handlers', () => {
  it('is told of each call: who, how long, and how it ended', async () => {
    const { hooks, stage } = watched()
    stage.on('x', () => block(5))
    stage.on('x', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
    })
    stage.on('x', () => Promise.reject(new Error('broken')))
    stage.on('x', never, { timeoutMs: 10 })
    stage.on('x', () => undefined, { condition: () => false })
    await codeOf(() => hooks.call('x'))
    const traces = listening<HandlerTrace>(handlerChannel, 'watched')
    await codeOf(() => hooks.call('x'))
    const of = { host: 'watched', kind: 'hook', name: 'x', plugin: 'plugin', generation: 3 }
    expect(traces).toMatchObject([
      { ...of, outcome: 'ok' },
      { ...of, outcome: 'ok' },
      { ...of, outcome: 'failed', error: new Error('broken') },
      { ...of, outcome: 'timeout', error: { code: 'CFP_HANDLER_TIMEOUT' } },
      { ...of, outcome: 'skipped' },
    ])
    const [blocking, waiting] = traces as [HandlerTrace, HandlerTrace]
    expect(blocking.syncMs).toBeGreaterThanOrEqual(5)
    expect(waiting.durationMs).toBeGreaterThanOrEqual(19)
    expect(waiting.syncMs).toBeLessThan(10)
  })

  it('is told of every kind, and of a pattern by what was called', async () => {
    const { hooks, stage } = watched()
    const refs = [
      hookRef.parallel<(by: string) => string>('k.parallel'),
      hookRef.waterfall<(by: string) => string>('k.waterfall'),
      hookRef.bail<(by: string) => string>('k.bail'),
    ]
    stage.on('k.*', (by) => by)
    const traces = listening<HandlerTrace>(handlerChannel, 'watched')
    for (const ref of refs) await hooks.call(ref, 'a')
    expect(traces.map(({ name }) => name)).toEqual(['k.parallel', 'k.waterfall', 'k.bail'])
  })

  it('is told of each step of a pipeline by its name, and the log names it too', async () => {
    const warnings: string[] = []
    const logger = { warn: (_details: object, message: string) => warnings.push(message), error: () => undefined }
    const policy = { slowMs: 5, blockMs: 1000, failures: 1 }
    const pipeline = new Pipeline<string>('import', { host: 'watched', policy, logger: logger as never })
    pipeline.step('parse', () => block(10))
    pipeline.step('store', () => Promise.reject(new Error('full')))
    const traces = listening<HandlerTrace>(handlerChannel, 'watched')
    await codeOf(() => pipeline.run(''))
    expect(traces).toMatchObject([
      { kind: 'pipeline', name: 'import', step: 'parse', outcome: 'ok' },
      { kind: 'pipeline', name: 'import', step: 'store', outcome: 'failed' },
    ])
    expect(warnings).toEqual([
      expect.stringMatching(/^Plugin "host" took \d+ ms in its step "parse" of "import"\.$/),
      'Plugin "host": its step "store" of "import" failed 1 times in a row.',
    ])
  })

  it('of one host is not told of another by name', () => {
    const traces: HandlerTrace[] = listening(handlerChannel, 'one')
    const [one, other] = [new PluginHooks({ host: 'one' }), new PluginHooks()]
    for (const hooks of [one, other]) {
      hooks.on('x', () => undefined)
      hooks.callSync('x')
    }
    expect(traces).toHaveLength(1)
  })
})

// Hooks that throw, hang, or fail only the second time: what they leave behind, and who serves afterwards.
import { EventEmitter, once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { connect, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { type Counter, states } from '../plugin-folder.ts'
import { plugin } from '../sources.ts'
import { counting, faultFolder } from './fault-folder.ts'

/** An app whose commands can be taken back, as the CLI's can. */
function scopedApp() {
  const commands: string[] = []
  return {
    commands,
    scopeApp: () => {
      const own: string[] = []
      const take = (list: string[]) => {
        for (const name of list) commands.splice(commands.indexOf(name), 1)
      }
      return {
        view: { add: (name: string) => void own.push(name) },
        commit: () => void commands.push(...own),
        dispose: () => take(own.filter((name) => commands.includes(name))),
      }
    },
  }
}

it.each(['register', 'setup'])(
  'leaves nothing of new code that throws half-way through %s (fault 36)',
  async (hook) => {
    const { commands, scopeApp } = scopedApp()
    const shared = { emitter: new EventEmitter(), released: [] as string[], heard: [] as string[] }
    const everything = (word: string) => `
    context.on('tick', () => void host.heard.push('${word}'))
    context.every(5, () => void host.heard.push('timer of ${word}'))
    context.listen(host.emitter, 'data', () => void host.heard.push('data of ${word}'))
    context.own(() => void host.released.push('${word}'))
    context.provide('extra', '${word}')
    context.publish('told', '${word}')
    ;(context.app as any).add('${word}')`
    const source = (word: string, end = '') => `
    import { BasePlugin } from '@cf-plugins/plugin-api'
    export const PLUGIN_META = { name: 'busy', version: '1.0.0', provides: ['extra'] }
    export const register = (_app: unknown, given: any) => {
      const context = given, host = given.shared
      ${hook === 'register' ? everything(word) + end : ''}
      return { async setup() { ${hook === 'setup' ? everything(word) + end : ''} } }
    }`
    const folder = await faultFolder({ 'busy.ts': source('old') }, { shared, scopeApp: scopeApp as never })
    const { lifecycle } = folder.reloader
    const told: unknown[] = []
    lifecycle.events.on('told', (word) => void told.push(word))
    await folder.fault(() => folder.save('busy.ts', source('new', "\n;throw new Error('half-way')")), {
      plugin: 'busy',
      code: hook === 'setup' ? 'CFP_SETUP_FAILED' : 'CFP_REGISTER_FAILED',
      phase: hook,
      outcome: 'rolled-back',
      message: /half-way/,
    })
    // The old code was made anew: each of its things is there once, and nothing of the new one.
    await lifecycle.events.emit('tick')
    shared.emitter.emit('data')
    await expect.poll(() => shared.heard).toEqual(expect.arrayContaining(['old', 'timer of old', 'data of old']))
    expect(shared.heard.filter((word) => word.includes('new'))).toEqual([])
    expect(shared.released).toEqual(['old', 'new'])
    expect(shared.emitter.listenerCount('data')).toBe(1)
    expect(lifecycle.service('extra')).toBe('old')
    expect(commands).toEqual(['old'])
    expect(told).toEqual(['old'])
    await folder.heal(() => folder.save('busy.ts', source('good')))
    expect([commands, lifecycle.service('extra')]).toEqual([['good'], 'good'])
  },
)

it('fences code that hangs in setup and wakes after it was given up (fault 37)', async () => {
  let wake = () => {}
  const shared = {
    heard: [] as string[],
    late: [] as unknown[],
    woken: new Promise<void>((resolve) => (wake = resolve)),
  }
  const sleeper = `
    context.on('tick', () => void host.heard.push('late'))
    await host.woken
    const tries: Record<string, () => unknown> = {
      on: () => context.on('tick', () => void host.heard.push('late')),
      every: () => context.every(1, () => void host.heard.push('late')),
      own: () => context.own(() => {}),
      provide: () => context.provide('counter', 'late'),
      publish: () => context.publish('tick'),
      emit: () => context.emit('tick'),
      inject: () => context.inject('bystander'),
    }
    for (const [name, late] of Object.entries(tries)) {
      try { await late(); host.late.push(name + ' passed') } catch (error) { host.late.push((error as any).code) }
    }`
  const folder = await faultFolder({}, { shared, timeouts: { setupMs: 100 } })
  await folder.fault(() => folder.save('counter.ts', counting(2, sleeper)), {
    code: 'CFP_SETUP_TIMEOUT',
    phase: 'setup',
    outcome: 'rolled-back',
    message: /100 ms/,
  })
  wake()
  await expect.poll(() => shared.late).toHaveLength(7)
  expect(new Set(shared.late)).toEqual(new Set(['CFP_GENERATION_RETIRED']))
  await folder.reloader.lifecycle.events.emit('tick')
  expect(shared.heard).toEqual([])
  folder.counts()
  await folder.heal()
})

it('goes on with the cleanup when the old teardown throws (fault 38)', async () => {
  const shared = { released: [] as string[] }
  const folder = await faultFolder({}, { shared })
  const own =
    "context.own(() => void host.released.push('first')); context.own(() => { throw new Error('stuck') }); context.own(() => void host.released.push('last'))"
  await folder.reported(() =>
    folder.save('counter.ts', counting(1, own, { teardown: "() => { throw new Error('no end') }" })),
  )
  const { generation } = folder.reloader.lifecycle.status('counter')
  const report = await folder.heal()
  expect(report.problems.map(({ code }) => code)).toEqual(['CFP_TEARDOWN_FAILED', 'CFP_RELEASE_FAILED'])
  for (const problem of report.problems) {
    folder.tells(problem, { code: problem.code, phase: 'teardown', in: 'old' }, generation)
  }
  expect(shared.released).toEqual(['last', 'first'])
})

it('bounds a teardown that hangs, and asks for a restart where two old versions still run (fault 39)', async () => {
  const wakes: (() => void)[] = []
  const shared = { hang: () => new Promise<void>((resolve) => void wakes.push(resolve)) }
  const hanging = (step: number) =>
    counting(step, 'hang = host.hang', { teardown: '() => hang?.()', timeouts: '{ teardownMs: 50 }' }).replace(
      'let count = 0',
      'let count = 0\nlet hang: (() => unknown) | undefined',
    )
  const folder = await faultFolder({}, { shared })
  await folder.reported(() => folder.save('counter.ts', hanging(1)))
  for (const step of [2, 3]) {
    const before = folder.reloader.lifecycle.status('counter').generation
    const report = await folder.reported(() => folder.save('counter.ts', hanging(step)))
    expect(report.outcome).toBe('committed')
    expect(report.problems).toHaveLength(1)
    folder.tells(report.problems[0], { code: 'CFP_TEARDOWN_TIMEOUT', phase: 'teardown', in: 'old' }, before)
    folder.counts(step)
  }
  await folder.fault(() => folder.save('counter.ts', hanging(4)), {
    code: 'CFP_RESTART_REQUIRED',
    phase: 'gate',
    in: 'old',
    outcome: 'rolled-back',
  })
  for (const wake of wakes) wake()
  await folder.heal()
})

it('tears each generation down once, however often its end is asked for (fault 40)', async () => {
  const shared = { setups: [] as number[], teardowns: [] as number[] }
  const source = (step: number) =>
    counting(step, `host.setups.push(${step}); ended = () => void host.teardowns.push(${step})`, {
      teardown: 'async () => { ended(); await new Promise((resolve) => setTimeout(resolve, 20)) }',
    }).replace('let count = 0', 'let count = 0\nlet ended = () => {}')
  const folder = await faultFolder({ 'counter.ts': source(1) }, { shared })
  const { lifecycle } = folder.reloader
  await folder.save('counter.ts', source(2))
  await Promise.all([
    folder.reloader.reloadPlugin('counter'),
    lifecycle.disable('counter'),
    lifecycle.enable('counter'),
    lifecycle.unload('counter'),
    lifecycle.unload('counter').catch((error) => expect(error.code).toBe('CFP_PLUGIN_UNKNOWN')),
  ])
  await folder.reloader.idle()
  await folder.untouched()
  await folder.reported(() => folder.save('counter.ts', source(3)))
  expect(states(folder).counter).toBe('active')
  await Promise.all([
    folder.reloader.reloadPlugin('counter'),
    folder.reloader.stop(),
    folder.reloader.stop(),
    lifecycle.stop(),
  ])
  expect(shared.teardowns).toEqual(shared.setups)
})

it.each([
  ['onReload', "() => { throw new Error('not so') }", 'CFP_RELOAD_HOOK_FAILED', 'onReload'],
  ['health', "() => ({ status: 'unhealthy', message: 'not so' })", 'CFP_UNHEALTHY', 'health'],
])('rolls back new code whose %s refuses to go on (fault 41)', async (hook, body, code, phase) => {
  const folder = await faultFolder()
  folder.counts()
  await folder.fault(() => folder.save('counter.ts', counting(2, '', { [hook]: body as string })), {
    code: code as string,
    phase: phase as string,
    outcome: 'rolled-back',
    message: /not so/,
  })
  await folder.heal()
})

it('loses neither state nor events where the rollback fails as well (fault 42)', async () => {
  const shared = { setups: 0, gap: () => {}, heard: [] as number[] }
  const hear = "context.on('number', (number: number) => void host.heard.push(number))"
  const fragile = counting(1, `${hear}; if (++host.setups > 1) throw new Error('only once')`)
  const bad = counting(2, "host.gap(); throw new Error('never')")
  const folder = await faultFolder(
    {
      'counter.ts': fragile,
      'user.ts': plugin('user', { dependencies: "['counter']", setup: '() => ({})' }),
    },
    { shared },
  )
  const { lifecycle } = folder.reloader
  folder.counts()
  await lifecycle.events.emit('number', 1)
  shared.gap = () => {
    for (const number of [2, 3, 4]) lifecycle.events.publish('number', number)
  }
  await folder.fault(() => folder.save('counter.ts', bad), {
    code: 'CFP_SETUP_FAILED',
    phase: 'setup',
    outcome: 'failed',
    message: /never/,
    serves: false,
  })
  expect(states(folder)).toMatchObject({ bystander: 'active', counter: 'failed' })
  expect(states(folder).user).not.toBe('active')
  folder.tells(lifecycle.status('counter').error, { code: 'CFP_ROLLBACK_FAILED', phase: 'rollback', in: 'old' })
  expect(() => lifecycle.service('counter')).toThrow(expect.objectContaining({ code: 'CFP_NOT_ACTIVE' }))
  await folder.heal(() => folder.save('counter.ts', counting(1, hear)))
  expect(shared.heard).toEqual([1, 2, 3, 4])
})

it('restores the whole unit when a dependent fails in the middle of a cascade (fault 43)', async () => {
  const shared = { step: 0, made: [] as string[] }
  const dependent = (name: string, needs: string) =>
    plugin(
      name,
      {
        dependencies: `['${needs}']`,
        state:
          '{ version: 0, save: () => ({ words }), restore: (state: { words: string[] }) => { words = state.words } }',
        setup: `({ shared, inject }) => {
          const host = shared as any
          host.made.push('${name}')
          if (host.step === 2 && '${name}' === 'middle') throw new Error('not with that one')
          const of = inject('${needs}')
          return { of, say: () => (words.push('${name}'), words) }
        }`,
      },
      'let words: string[] = []',
    )
  const folder = await faultFolder(
    {
      'counter.ts': counting(1, 'host.step = 1'),
      'left.ts': dependent('left', 'counter'),
      'middle.ts': dependent('middle', 'counter'),
      'top.ts': dependent('top', 'middle'),
    },
    { shared },
  )
  const say = (name: string) => folder.service<{ say(): string[] }>(name).say()
  for (const name of ['left', 'middle', 'top']) expect(say(name)).toEqual([name])
  shared.made = []
  const report = await folder.fault(() => folder.save('counter.ts', counting(2, 'host.step = 2')), {
    plugin: 'middle',
    code: 'CFP_SETUP_FAILED',
    phase: 'setup',
    in: 'old',
    outcome: 'rolled-back',
    message: /not with that one/,
  })
  expect([...report.members].sort()).toEqual(['counter', 'left', 'middle', 'top'])
  // Whatever of the new unit was made, the old one was made anew once.
  expect(shared.made.slice(-3).sort()).toEqual(['left', 'middle', 'top'])
  for (const name of ['left', 'middle', 'top']) expect(say(name)).toEqual([name, name])
  await folder.heal(() => folder.save('counter.ts', counting(1, 'host.step = 3')))
  for (const name of ['left', 'middle', 'top']) expect(say(name)).toEqual([name, name, name])
})

it('closes the interval, the server and the listener of code that is replaced (fault 46)', async () => {
  const shared = { emitter: new EventEmitter(), beats: [] as number[], servers: [] as Server[] }
  const source = (step: number) =>
    counting(
      step,
      `context.every(5, () => void host.beats.push(${step}))
       context.listen(host.emitter, 'data', () => {})
       const { createServer } = await import('node:net')
       const server = createServer()
       await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
       host.servers.push(server)
       context.own({ [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)) })`,
    )
  const folder = await faultFolder({ 'counter.ts': source(1) }, { shared })
  await folder.reported(() => folder.save('counter.ts', source(2)))
  folder.counts(2)
  expect(shared.servers.map(({ listening }) => listening)).toEqual([false, true])
  expect(shared.emitter.listenerCount('data')).toBe(1)
  shared.beats = []
  await expect.poll(() => shared.beats.length).toBeGreaterThan(3)
  expect(new Set(shared.beats)).toEqual(new Set([2]))
  const { port } = (shared.servers.at(-1) as Server).address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
  // Failed code leaves nothing either.
  await folder.fault(
    () => folder.save('counter.ts', `${source(3)}`.replace('return {', "throw new Error('no'); return {")),
    {
      code: 'CFP_SETUP_FAILED',
      phase: 'setup',
      outcome: 'rolled-back',
    },
  )
  expect(shared.servers.map(({ listening }) => listening)).toEqual([false, false, false, true])
  expect(shared.emitter.listenerCount('data')).toBe(1)
  await folder.untouched()
})

it('goes on one after the other where old and new code want the same port, and says so (fault 45)', async () => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  await once(free, 'close')
  const server = (step: number, then = '') =>
    counting(
      step,
      `const { createServer } = await import('node:net')
       const server = createServer((socket) => void socket.end('${step}'))
       await new Promise((resolve, reject) => server.once('error', reject).listen(${port}, '127.0.0.1', () => resolve(0)))
       context.own({ [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)) })
       ${then}`,
      { reload: "{ strategy: 'overlap' }" },
    )
  const answer = async () => {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8')
    const [text] = await once(socket, 'data')
    socket.destroy()
    return text
  }
  const folder = await faultFolder({ 'counter.ts': server(1) })
  expect(await answer()).toBe('1')
  folder.counts()
  const report = await folder.reported(() => folder.save('counter.ts', server(2)))
  expect(report).toMatchObject({ outcome: 'committed', strategy: 'exclusive', kept: ['counter'] })
  expect(report.problems).toHaveLength(1)
  folder.tells(report.problems[0], { code: 'CFP_OVERLAP_IMPOSSIBLE', phase: 'stage', message: /EADDRINUSE.*hold/s })
  expect(await answer()).toBe('2')
  folder.counts(2)
  await folder.fault(() => folder.save('counter.ts', server(3, "throw new Error('and bad as well')")), {
    code: 'CFP_SETUP_FAILED',
    phase: 'setup',
    outcome: 'rolled-back',
    message: /and bad as well/,
  })
  expect(await answer()).toBe('2')
  await folder.heal(() => folder.save('counter.ts', `${server(2)}// good`))
  expect(await answer()).toBe('2')
})

it('does one after the other what is asked for at once, saves among it (fault 47)', async () => {
  const shared = { log: [] as string[] }
  const source = (step: number) =>
    counting(step, "host.log.push('up'); down = () => void host.log.push('down')", {
      teardown: 'async () => { await null; down() }',
    }).replace('let count = 0', 'let count = 0\nlet down = () => {}')
  const folder = await faultFolder({ 'counter.ts': source(1) }, { shared })
  const { reloader } = folder
  const { lifecycle } = reloader
  folder.counts()
  const ends: Promise<unknown>[] = []
  for (let round = 0; round < 5; round++) {
    ends.push(
      reloader.reloadPlugin('counter'),
      lifecycle.disable('counter'),
      folder.save('counter.ts', source(round + 2)),
    )
    ends.push(lifecycle.enable('counter'), reloader.reloadPlugins(['counter']), lifecycle.enable('counter'))
  }
  ends.push(lifecycle.unload('counter'))
  await Promise.all(ends)
  await reloader.idle()
  const isDown = (word: string, at: number) => word === (at % 2 === 0 ? 'up' : 'down')
  expect(shared.log.every(isDown)).toBe(true)
  // What was saved in between may be taken up before or after.
  await folder.save('counter.ts', source(7))
  const by = async () => {
    await reloader.idle()
    const from = folder.service<Counter>('counter').increment()
    return folder.service<Counter>('counter').increment() - from
  }
  await expect.poll(by).toBe(7)
  expect(shared.log.every(isDown)).toBe(true)
  expect(shared.log.at(-1)).toBe('up')
  await folder.untouched()
})

it('leaves unloaded what is unloaded while its new code is loaded (fault 47)', async () => {
  const folder = await faultFolder({ 'late.ts': plugin('late', { setup: '() => ({})' }) })
  const { reloader } = folder
  const reload = reloader.reloadPlugin('late')
  await reloader.lifecycle.unload('late')
  expect(await reload).toMatchObject({ outcome: 'kept', error: { code: 'CFP_PLUGIN_UNKNOWN', plugin: 'late' } })
  expect(states(folder)).toEqual({ bystander: 'active', counter: 'active' })
  await folder.heal(() => folder.save('late.ts', plugin('late', { setup: '() => ({ healed: true })' })))
  expect(folder.service('late')).toEqual({ healed: true })
})

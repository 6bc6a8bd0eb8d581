// Hooks that throw, hang, or fail only the second time: what they leave behind, and who serves afterwards.
import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { states } from '../plugin-folder.ts'
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

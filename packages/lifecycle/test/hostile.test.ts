import { tracingChannel } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import type { PluginInstance } from '@cf-plugins/plugin-api'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { logTo, never, plugin, started, until } from './support.ts'

const strays: unknown[] = []
const note = (error: unknown) => void strays.push(error)

beforeEach(() => {
  strays.length = 0
  process.on('unhandledRejection', note)
})

afterEach(async () => {
  // Node tells them after the tick in which nobody took them.
  await new Promise(setImmediate)
  process.off('unhandledRejection', note)
  expect(strays).toEqual([])
})

/** What is awaited calls `then`. */
const thenable = (then: (resolve: (value?: unknown) => void, reject: (error: unknown) => void) => void) =>
  Object.defineProperty({}, 'then', { value: then }) as PromiseLike<void>

const boom = () => {
  throw new Error('boom')
}

const HOSTILE = {
  'throws when it is listened to': () => thenable(boom),
  'resolves, then rejects, then throws': () =>
    thenable((resolve, reject) => {
      resolve()
      reject(new Error('late'))
      boom()
    }),
  'resolves with one that never settles': () => thenable((resolve) => resolve(thenable(() => {}))),
  'calls back twice': () =>
    thenable((resolve) => {
      resolve()
      resolve()
    }),
  'never settles': () => thenable(() => {}),
}

const THROWN = {
  undefined: undefined,
  null: null,
  'a frozen object': Object.freeze({ code: 'X' }),
  'an object without a prototype': Object.create(null),
  'a symbol': Symbol('s'),
  'an error whose message is a symbol': Object.assign(new Error('x'), { message: Symbol('m') }),
  'a frozen error': Object.freeze(new Error('frozen')),
  'an error whose stack throws': Object.defineProperty(new Error('x'), 'stack', { get: boom }),
}

const HOOKS = ['setup', 'teardown', 'onEnable', 'onDisable', 'onReload', 'health', 'getReloadState'] as const
const timeouts = { setupMs: 60, teardownMs: 60, enableMs: 60, reloadMs: 60, saveMs: 60, restoreMs: 60, registerMs: 60 }

/** Takes a plugin through all of its hooks, and looks that nothing else is hurt by it. */
async function liveThrough(hook: string, task: () => unknown): Promise<void> {
  const record = (generation: number) =>
    plugin({ name: 'a', timeouts }, () => ({ [hook]: task }) as PluginInstance, { generation })
  const healthy = plugin({ name: 'b' }, (_app, { hooks }) => {
    hooks.on('ask', () => 'b')
    return {}
  })
  const lifecycle = await started([record(1), healthy])
  await lifecycle.reload({ set: [record(2)] })
  await lifecycle.disable('a')
  await lifecycle.enable('a').catch(() => {})
  await lifecycle.reload({ set: [record(3)] })
  expect(await lifecycle.hooks.call('ask')).toEqual(['b'])
  const good = plugin({ name: 'a' }, () => ({}), { generation: 4 })
  await lifecycle.reload({ set: [good] })
  await lifecycle.enable('a')
  expect(lifecycle.status('a').state).toBe('active')
  const { problems } = await lifecycle.stop({ boundMs: 2000 })
  for (const { code } of problems) expect(code).toMatch(/^CFP_/)
}

describe('a hook of a plugin that returns a thenable which', () => {
  for (const [what, make] of Object.entries(HOSTILE)) {
    for (const hook of HOOKS) it(`${what} (${hook}) hurts only its plugin`, () => liveThrough(hook, make))
  }
})

describe('a hook of a plugin that throws', () => {
  for (const [what, value] of Object.entries(THROWN)) {
    for (const hook of HOOKS) {
      it(`${what} (${hook}) hurts only its plugin`, async () => {
        await liveThrough(hook, () => {
          throw value
        })
        await liveThrough(hook, () => Promise.reject(value))
      })
    }
  }
})

it('a hook of a plugin that returns what begins when it is listened to is listened to once, also under tracing', async () => {
  let begun = 0
  const query = () =>
    thenable((resolve) => {
      begun++
      resolve()
    })
  const channel = tracingChannel('cf-plugins:setup')
  const noted: string[] = []
  const listeners = {
    start: () => void noted.push('start'),
    end: () => void noted.push('end'),
    asyncStart: () => {},
    asyncEnd: () => void noted.push('asyncEnd'),
    error: () => void noted.push('error'),
  }
  channel.subscribe(listeners)
  onTestFinished(() => channel.unsubscribe(listeners))
  const lifecycle = await started([plugin({ name: 'a' }, () => ({ setup: query }))])
  expect(lifecycle.status('a').state).toBe('active')
  expect(begun).toBe(1)
  expect(noted).toEqual(['start', 'end', 'asyncEnd'])
})

describe('a task of a plugin', () => {
  for (const [what, make] of Object.entries({ ...HOSTILE, throws: boom })) {
    it(`that ${what} ends what is in flight at its end, and hurts nobody`, async () => {
      if (what.includes('never')) return
      let ran = 0
      const lifecycle = await started([
        plugin({ name: 'a' }, (_app, { after }) => {
          after(0, () => {
            ran++
            return make()
          })
          return {}
        }),
      ])
      await until(() => ran > 0)
      await until(() => lifecycle.inFlight('a') === 0)
    })
  }
})

describe('a logger that throws', () => {
  const logger = { debug: boom, info: boom, warn: boom, error: boom }

  it('keeps nothing from being started, reloaded, rolled back and stopped', async () => {
    const record = (generation: number, instance: PluginInstance = {}) =>
      plugin(
        { name: 'a', timeouts },
        (_app, { on }) => {
          on('tick', () => generation)
          return { teardown: boom, ...instance }
        },
        { generation },
      )
    const lifecycle = await started(
      [
        record(1),
        plugin({ name: 'bad' }, () => ({ setup: boom })),
        plugin({ name: 'slow' }, (_app, { after }) => {
          after(0, boom)
          return {}
        }),
      ],
      { logger, slowMs: 0 },
    )
    lifecycle.watch(boom)
    expect(await lifecycle.reload({ set: [record(2)] })).toMatchObject({ outcome: 'committed' })
    expect(await lifecycle.reload({ set: [record(3, { setup: boom })] })).toMatchObject({ outcome: 'rolled-back' })
    await lifecycle.disable('a')
    await lifecycle.enable('a')
    expect(await lifecycle.events.emit('tick')).toMatchObject({ handled: 1, failures: [] })
    await until(() => lifecycle.inFlight('slow') === 0)
    expect((await lifecycle.stop()).problems).toMatchObject([{ code: 'CFP_TEARDOWN_FAILED' }])
  })
})

describe('a keeper of state that', () => {
  it('hangs keeps no reload from ending, and the old code serves', async () => {
    const keeper = { save: never, restore: never }
    const record = (generation: number) => plugin({ name: 'a', timeouts: { saveMs: 20 } }, () => ({}), { generation })
    const lifecycle = await started([record(1)], { keeper })
    expect(await lifecycle.reload({ set: [record(2)] })).toMatchObject({
      outcome: 'rolled-back',
      error: { code: 'CFP_STATE_TIMEOUT' },
    })
    expect(lifecycle.status('a')).toMatchObject({ state: 'active', generation: 1 })
  })

  for (const [what, fail] of Object.entries({ throws: boom, rejects: () => Promise.reject(undefined), hangs: never })) {
    it(`${what} in all that it does keeps no plugin from starting, being reloaded and stopped`, async () => {
      const keeper = { isLasting: true, save: fail, restore: fail, load: fail, flush: fail, setAside: boom }
      const record = (generation: number) =>
        plugin(
          { name: 'a', timeouts: { saveMs: 10, restoreMs: 10 } },
          () => ({ getReloadState: () => 1, setReloadState: () => {} }),
          { generation },
        )
      const lifecycle = await started([record(1)], { keeper: keeper as never })
      expect(lifecycle.status('a').state).toBe('active')
      expect((await lifecycle.reload({ set: [record(2)] })).outcome).toBe('rolled-back')
      const report = await lifecycle.stop({ boundMs: 300 })
      expect(report).toMatchObject({ stopped: ['a'], hung: [] })
      expect(report.problems.map(({ phase }) => phase)).toEqual(['getReloadState', 'writeState'])
    })
  }
})

describe('an emitter that throws', () => {
  it('where a listener is taken off leaves no gate of the unit closed', async () => {
    const emitter = Object.assign(new EventEmitter(), { off: boom })
    const entries: string[] = []
    const record = (generation: number, listens: boolean) =>
      plugin(
        { name: 'a' },
        (_app, { listen, on }) => {
          if (listens) listen(emitter as never, 'x', () => {})
          on('tick', () => generation)
          return {}
        },
        { generation },
      )
    const dependent = plugin({ name: 'b', dependencies: ['a'] }, (_app, { on }) => {
      on('tick', () => 1)
      return {}
    })
    const lifecycle = await started([record(1, true), dependent], { logger: logTo(entries) })
    expect(await lifecycle.reload({ set: [record(2, false)] })).toMatchObject({ outcome: 'committed', problems: [] })
    expect(await lifecycle.events.emit('tick')).toMatchObject({ handled: 2, failures: [] })
    expect(entries).toEqual(['error: Plugin "a" failed in its listener of "x": boom'])
  })
})

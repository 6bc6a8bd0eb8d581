// Configurations that are changed while plugins run: as a transaction, whoever is told and whoever is made anew.
import type { PluginContext, StandardSchema } from '@cf-plugins/plugin-api'
import { type AuditMessage, auditChannel } from '@cf-plugins/plugin-api/host'
import { describe, expect, it, onTestFinished } from 'vitest'
import { deferred, lifecycleOf, type Meta, never, plugin, rejection, started, until } from './support.ts'

/** Takes `{ port }`, and refuses one that is no number. */
const ports: StandardSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const { port = 80 } = value as { port?: unknown }
      return typeof port === 'number'
        ? { value: { port } }
        : { issues: [{ message: 'must be a number', path: ['port'] }] }
    },
  },
}

/** A plugin that notes what becomes of it, with the port that it sees. */
function noted(log: string[], meta: Meta, hooks: (context: PluginContext) => object = () => ({})) {
  return plugin({ config: ports, ...meta }, (_app, context) => {
    const port = () => (context.config as { port: number }).port
    const note = (what: string) => void log.push(`${what} ${meta.name} ${port()}`)
    return { setup: () => note('setup'), teardown: () => note('teardown'), ...hooks(context) }
  })
}

/** Hears of changes. */
const hears = (log: string[], name: string) => () => ({
  onConfigChange: (now: { port: number }, before: { port: number }) =>
    void log.push(`${name} from ${before.port} to ${now.port}`),
})

const change = (port: unknown, ...names: string[]) => new Map(names.map((name) => [name, { port }]))
const portOf = (context: PluginContext) => (context.config as { port: number }).port

describe('a changed configuration', () => {
  it('is told to an instance that hears of it, with the one before, and context.config is the new one already', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noted(log, { name: 'a' }, (context) => ({
        onConfigChange: (now: object, before: object) => void log.push(JSON.stringify([portOf(context), now, before])),
      })),
    ])
    const instance = lifecycle.instance('a')
    const report = await lifecycle.reconfigure(change(81, 'a'))
    expect(report).toEqual({ outcome: 'committed', told: ['a'], restarted: [], later: [], problems: [] })
    expect(log).toEqual(['setup a 80', '[81,{"port":81},{"port":80}]'])
    expect(lifecycle.instance('a')).toBe(instance)
  })

  it('makes an instance anew that does not hear of it, with all that depend on it, and with its state', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noted(log, { name: 'a' }, (context) => ({
        getReloadState: () => 'kept',
        setReloadState: (state: string) => void log.push(`${state} at ${portOf(context)}`),
      })),
      noted(log, { name: 'b', dependencies: ['a'] }, hears(log, 'b')),
      noted(log, { name: 'c' }),
    ])
    log.length = 0
    const report = await lifecycle.reconfigure(change(81, 'a', 'b'))
    expect(report).toMatchObject({ outcome: 'committed', told: [], restarted: ['a', 'b'] })
    expect(log).toEqual(['teardown b 80', 'teardown a 80', 'setup a 81', 'kept at 81', 'setup b 81'])
  })

  it('that comes to the same touches nobody', async () => {
    const log: string[] = []
    const lifecycle = await started([noted(log, { name: 'a' }), noted(log, { name: 'b' }, hears(log, 'b'))])
    const report = await lifecycle.reconfigure(
      new Map<string, unknown>([
        ['a', { port: 80 }],
        ['b', {}],
      ]),
    )
    expect(report).toEqual({ outcome: 'committed', told: [], restarted: [], later: [], problems: [] })
    expect(log).toEqual(['setup a 80', 'setup b 80'])
  })

  it('is told to those first that others depend on', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noted(log, { name: 'b', dependencies: ['a'] }, hears(log, 'b')),
      noted(log, { name: 'a' }, () => ({
        async onConfigChange() {
          await Promise.resolve()
          log.push('a is ready')
        },
      })),
    ])
    log.length = 0
    await lifecycle.reconfigure(change(81, 'b', 'a'))
    expect(log).toEqual(['a is ready', 'b from 80 to 81'])
  })

  it('is what later reloads start with, and their rollbacks, whatever the host still answers', async () => {
    const log: string[] = []
    const host = new Map([['a', { port: 1 }]])
    const lifecycle = await started([noted(log, { name: 'a' }, hears(log, 'a'))], {
      configOf: (name) => host.get(name),
    })
    await lifecycle.reconfigure(change(2, 'a'))
    await lifecycle.reload({ restart: ['a'] })
    const broken = noted(log, { name: 'a' }, () => ({
      setup() {
        throw new Error('no')
      },
    }))
    log.length = 0
    expect(await lifecycle.reload({ set: [broken] })).toMatchObject({ outcome: 'rolled-back' })
    expect(log).toEqual(['teardown a 2', 'teardown a 2', 'setup a 2'])
    // What the host answers anew is what counts from then on.
    host.set('a', { port: 3 })
    log.length = 0
    await lifecycle.reload({ restart: ['a'] })
    expect(log).toEqual(['teardown a 2', 'setup a 3'])
  })

  it('waits for what is in flight where the plugin is made anew, and loses no event', async () => {
    const log: string[] = []
    const held = deferred()
    const lifecycle = await started([
      noted(log, { name: 'a' }, (context) => {
        context.on('tick', async (number) => {
          log.push(`${number} begins at ${portOf(context)}`)
          if (number === 1) await held.promise
          log.push(`${number} ends at ${portOf(context)}`)
        })
        return {}
      }),
    ])
    log.length = 0
    const first = lifecycle.events.emit('tick', 1)
    const changed = lifecycle.reconfigure(change(81, 'a'))
    await until(() => lifecycle.status('a').state === 'gating')
    const second = lifecycle.events.emit('tick', 2)
    held.resolve()
    await Promise.all([first, second, changed])
    expect(log).toEqual([
      '1 begins at 80',
      '1 ends at 80',
      'teardown a 80',
      'setup a 81',
      '2 begins at 81',
      '2 ends at 81',
    ])
  })
})

describe('a configuration that is wrong', () => {
  it('changes nothing anywhere, and every problem of every plugin is told at once (fault 66)', async () => {
    const log: string[] = []
    const lifecycle = await started(['a', 'b', 'c'].map((name) => noted(log, { name }, hears(log, name))))
    const changes = new Map<string, unknown>([
      ['a', { port: 81 }],
      ['b', { port: 'x' }],
      ['c', { port: 'y' }],
    ])
    expect(await rejection(lifecycle.reconfigure(changes))).toMatchObject({
      code: 'CFP_CONFIG_INVALID',
      message: expect.stringMatching(
        /2 plugins are wrong:\n.*b\.port: must be a number.*\n.*c\.port: must be a number/,
      ),
      issues: [
        { path: 'b.port', message: 'must be a number' },
        { path: 'c.port', message: 'must be a number' },
      ],
    })
    expect(await rejection(lifecycle.reconfigure(change('z', 'a')))).toMatchObject({ plugin: 'a' })
    expect(log).toEqual(['setup a 80', 'setup b 80', 'setup c 80'])
    await lifecycle.reload({ restart: ['a'] })
    expect(log.slice(3)).toEqual(['teardown a 80', 'setup a 80'])
  })

  it('of a plugin that nobody knows is refused by name', async () => {
    const lifecycle = await started([])
    expect(await rejection(lifecycle.reconfigure(change(81, 'nobody')))).toMatchObject({ code: 'CFP_PLUGIN_UNKNOWN' })
  })
})

describe('after a failure', () => {
  /** Does not bear 81, once or always. */
  const refusing =
    (log: string[], name: string, always = false) =>
    () => ({
      onConfigChange(now: { port: number }) {
        log.push(`${name} told ${now.port}`)
        if (now.port === 81 || always) throw new Error(`${name} cannot use ${now.port}`)
      },
    })

  it('of one that was told, all that were told are told the old one, dependents first, and the report says why', async () => {
    const log: string[] = []
    let context: PluginContext | undefined
    const lifecycle = await started([
      noted(log, { name: 'a' }, (given) => {
        context = given
        return hears(log, 'a')()
      }),
      noted(log, { name: 'b', dependencies: ['a'] }, refusing(log, 'b')),
      noted(log, { name: 'c' }),
    ])
    log.length = 0
    const report = await lifecycle.reconfigure(change(81, 'a', 'b', 'c'))
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      told: [],
      restarted: [],
      error: { code: 'CFP_CONFIG_CHANGE_FAILED', plugin: 'b', message: expect.stringContaining('b cannot use 81') },
    })
    expect(log).toEqual(['a from 80 to 81', 'b told 81', 'b told 80', 'a from 81 to 80'])
    expect(context && portOf(context)).toBe(80)
    expect(lifecycle.statuses().map(({ state }) => state)).toEqual(['active', 'active', 'active'])
  })

  it('of one that is made anew, that one is back as it was, and who was told is told again', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noted(log, { name: 'a' }, hears(log, 'a')),
      noted(log, { name: 'b' }, (context) => ({
        setup() {
          log.push(`setup b ${portOf(context)}`)
          if (portOf(context) === 81) throw new Error('taken')
        },
      })),
    ])
    log.length = 0
    const report = await lifecycle.reconfigure(change(81, 'a', 'b'))
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_SETUP_FAILED', plugin: 'b' } })
    expect(log).toEqual([
      'a from 80 to 81',
      'teardown b 80',
      'setup b 81',
      'teardown b 81',
      'setup b 80',
      'a from 81 to 80',
    ])
    // And the next good one heals it.
    expect(await lifecycle.reconfigure(change(82, 'a', 'b'))).toMatchObject({ outcome: 'committed' })
  })

  it('of being told the old one, the plugin is made anew with it', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noted(log, { name: 'a' }, refusing(log, 'a', true)),
      noted(log, { name: 'b', dependencies: ['a'] }),
    ])
    log.length = 0
    const report = await lifecycle.reconfigure(change(81, 'a'))
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      error: { message: expect.stringContaining('cannot use 81') },
    })
    expect(report.problems.map(({ message }) => message)).toEqual([expect.stringContaining('cannot use 80')])
    expect(log).toEqual(['a told 81', 'a told 80', 'teardown b 80', 'teardown a 80', 'setup a 80', 'setup b 80'])
  })

  it('of that too, the plugin has failed, with those that need it', async () => {
    let starts = 0
    const lifecycle = await started([
      plugin({ name: 'a', config: ports }, () => ({
        setup() {
          if (++starts > 1) throw new Error('never again')
        },
        onConfigChange() {
          throw new Error('no')
        },
      })),
      plugin({ name: 'b', dependencies: ['a'] }),
    ])
    const report = await lifecycle.reconfigure(change(81, 'a'))
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'CFP_CONFIG_CHANGE_FAILED' } })
    expect(lifecycle.status('a')).toMatchObject({ state: 'failed', error: { code: 'CFP_ROLLBACK_FAILED' } })
    expect(lifecycle.status('b').state).toBe('failed')
  })

  it('of a hook that hangs, the deadline ends it, and the plugin is made anew', async () => {
    const log: string[] = []
    const timeouts = { reloadMs: 20 }
    const lifecycle = await started([noted(log, { name: 'a', timeouts }, () => ({ onConfigChange: never }))])
    const report = await lifecycle.reconfigure(change(81, 'a'))
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_CONFIG_CHANGE_TIMEOUT' } })
    expect(log).toEqual(['setup a 80', 'teardown a 80', 'setup a 80'])
  })

  it('of patience, a signal ends it, and the old one is in force', async () => {
    const log: string[] = []
    const cancel = new AbortController()
    const lifecycle = await started([
      noted(log, { name: 'a' }, () => ({
        onConfigChange(now: { port: number }) {
          log.push(`told ${now.port}`)
          if (now.port === 80) return
          cancel.abort()
          return never()
        },
      })),
    ])
    const report = await lifecycle.reconfigure(change(81, 'a'), { signal: cancel.signal })
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_OPERATION_ABORTED' } })
    expect(log).toEqual(['setup a 80', 'told 81', 'told 80'])
  })

  it('in a shutdown, nobody is told again, and the stop does not wait for a hook that hangs', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noted(log, { name: 'a' }, () => ({
        onConfigChange(now: { port: number }) {
          log.push(`told ${now.port}`)
          return never()
        },
      })),
    ])
    const changing = lifecycle.reconfigure(change(81, 'a'))
    await until(() => log.includes('told 81'))
    const from = performance.now()
    await lifecycle.stop()
    expect(performance.now() - from).toBeLessThan(4000)
    expect(await changing).toMatchObject({ outcome: 'rolled-back' })
    expect(log).toEqual(['setup a 80', 'told 81', 'teardown a 80'])
  })
})

describe('a plugin that does not run', () => {
  it('takes its new configuration up when it is enabled, with all it kept', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noted(log, { name: 'a' }, (context) => ({
        getReloadState: () => 'kept',
        setReloadState: (state: string) => void log.push(`${state} at ${portOf(context)}`),
        onEnable: () => void log.push(`enabled at ${portOf(context)}`),
        ...hears(log, 'a')(),
      })),
      noted(log, { name: 'off', enabled: false }),
    ])
    await lifecycle.disable('a')
    const report = await lifecycle.reconfigure(change(81, 'a', 'off'))
    expect(report).toMatchObject({ outcome: 'committed', told: [], restarted: [], later: ['a', 'off'] })
    expect(log).toEqual(['setup a 80'])
    await lifecycle.enable('a')
    await lifecycle.enable('off')
    expect(log.slice(1)).toEqual(['teardown a 80', 'setup a 81', 'kept at 81', 'enabled at 81', 'setup off 81'])
  })

  it('because it failed is tried again, with those that wait for it', async () => {
    const log: string[] = []
    const lifecycle = await started(
      [
        noted(log, { name: 'a' }, (context) => ({
          setup() {
            if (portOf(context) < 1024) throw new Error(`no right to ${portOf(context)}`)
          },
        })),
        noted(log, { name: 'b', dependencies: ['a'] }),
      ],
      {},
    )
    expect(lifecycle.status('b').state).toBe('blocked')
    expect(await lifecycle.reconfigure(change(81, 'a'))).toMatchObject({
      outcome: 'committed',
      later: ['a'],
      problems: [{ code: 'CFP_SETUP_FAILED', message: expect.stringContaining('no right to 81') }],
    })
    expect(await lifecycle.reconfigure(change(8080, 'a'))).toMatchObject({ outcome: 'committed', problems: [] })
    expect(lifecycle.statuses().map(({ state }) => state)).toEqual(['active', 'active'])
  })
})

describe('before and after', () => {
  it('is what a start begins with that comes later', async () => {
    const log: string[] = []
    const lifecycle = lifecycleOf([noted(log, { name: 'a' })])
    expect(await lifecycle.reconfigure(change(81, 'a'))).toMatchObject({ outcome: 'committed', later: ['a'] })
    await lifecycle.start()
    expect(log).toEqual(['setup a 81'])
  })

  it('leaves nothing of itself where it fails: a reload starts with what was before', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noted(log, { name: 'a' }, hears(log, 'a')),
      noted(log, { name: 'b', dependencies: ['a'] }, () => ({
        onConfigChange() {
          throw new Error('no')
        },
      })),
    ])
    expect(await lifecycle.reconfigure(change(81, 'a', 'b'))).toMatchObject({ outcome: 'rolled-back' })
    log.length = 0
    await lifecycle.reload({ restart: ['a'] })
    expect(log).toEqual(['teardown b 80', 'teardown a 80', 'setup a 80', 'setup b 80'])
  })
})

describe('who asks, and who is told', () => {
  it('runs one after the other, and a plugin that asks for itself is accepted', async () => {
    const log: string[] = []
    const file = import.meta.filename
    const record = plugin({ name: 'a', config: ports }, () => hears(log, 'a')() as object, { file })
    const lifecycle = await started([{ ...record, source: { ...record.source, files: [file] } }])
    // This very file is the plugin's: who asks is told by the stack.
    expect(await lifecycle.reconfigure(change(81, 'a'))).toMatchObject({ outcome: 'accepted' })
    const second = lifecycle.reconfigure(change(82, 'a'), { wait: true })
    expect(await second).toMatchObject({ outcome: 'committed', told: ['a'] })
    expect(log).toEqual(['a from 80 to 81', 'a from 81 to 82'])
  })

  it('leaves an entry for each plugin in the audit trail', async () => {
    const entries: AuditMessage[] = []
    const listen = (message: unknown) => void entries.push(message as AuditMessage)
    auditChannel.subscribe(listen)
    onTestFinished(() => void auditChannel.unsubscribe(listen))
    const log: string[] = []
    const lifecycle = await started([noted(log, { name: 'a' }), noted(log, { name: 'b' })], { hostId: 'h' })
    await lifecycle.reconfigure(change(81, 'a', 'b'))
    await rejection(lifecycle.reconfigure(change('x', 'a')))
    const entry = { host: 'h', action: 'config.change' }
    expect(entries).toMatchObject([
      { ...entry, outcome: 'done', subject: 'a' },
      { ...entry, outcome: 'done', subject: 'b' },
      { ...entry, outcome: 'failed', subject: 'a', reason: expect.stringContaining('must be a number') },
    ])
  })
})

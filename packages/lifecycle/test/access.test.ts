// What a plugin may use: checked at every door, told with the line to add, and put on the audit trail.
import {
  BasePlugin,
  hook,
  type PluginContext,
  type PluginError,
  type PluginRecord,
  plugin as pluginDecorator,
  sharedStateRef,
} from '@cf-plugins/plugin-api'
import { type AuditMessage, accessOf, auditChannel, toPluginRecord } from '@cf-plugins/plugin-api/host'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AccessOptions } from '../src/index.ts'
import { Lifecycle } from '../src/index.ts'
import { plugin, rejection, started } from './support.ts'

const Cart = sharedStateRef('cart', { items: 0 })

const db = plugin({ name: 'db', provides: ['store'] }, (_app, { provide }) => {
  provide('store', 'a store')
  return {}
})

/** Every door of a context, opened with names of its kind. */
const DOORS: Record<string, (context: PluginContext, name: string) => unknown> = {
  service: ({ inject }, name) => inject(name),
  event: ({ on }, name) => on(name, () => {}),
  emit: ({ emit }, name) => emit(name),
  'emit (publish)': ({ publish }, name) => publish(name),
  hook: ({ hooks }, name) => hooks.on(name, () => {}),
  'hook (call)': ({ hooks }, name) => hooks.call(name),
  'hook (callSync)': ({ hooks }, name) => hooks.callSync(name),
  pipeline: ({ pipeline }, name) => pipeline(name).step('count', () => {}),
  'pipeline (run)': ({ pipeline }, name) => pipeline(name).run(1),
  state: ({ state }) => state.shared(Cart),
}
const NAMES: Record<string, string> = { service: 'db', state: 'cart' }
const nameAt = (door: string) => NAMES[door] ?? 'user.login'
const kindAt = (door: string) => door.replace(/ .*/, '')

/** A plugin that depends on the rest, and whose context the test gets when it is active. */
async function contextOf(permissions: readonly string[] | undefined, access?: AccessOptions): Promise<PluginContext> {
  let context: PluginContext | undefined
  await started(
    [
      db,
      plugin(
        { name: 'guarded', dependencies: ['db'], state: { shared: ['cart'] }, ...(permissions && { permissions }) },
        (_app, given) => {
          context = given
          return {}
        },
      ),
    ],
    access ? { access } : {},
  )
  return context as PluginContext
}

const refusal = (task: () => unknown): Promise<Error & { code?: string }> => rejection((async () => task())())

function audited(): AuditMessage[] {
  const messages: AuditMessage[] = []
  const listener = (message: unknown) => void messages.push(message as AuditMessage)
  auditChannel.subscribe(listener)
  onTestFinished(() => void auditChannel.unsubscribe(listener))
  return messages
}

describe.each(Object.entries(DOORS))('the door to a plugin’s %s', (door, open) => {
  const wanted = `${kindAt(door)}:${nameAt(door)}`

  it('is shut where its permissions leave that out, with the line to add and an audit message (fault 75)', async () => {
    const messages = audited()
    const context = await contextOf(['service:other', 'event:other.*'])
    const error = await refusal(() => open(context, nameAt(door)))
    const reason = `its permissions leave that out. Write permissions: ['service:other', 'event:other.*', '${wanted}'] in PLUGIN_META.`
    expect(error).toMatchObject({
      code: 'CFP_ACCESS_DENIED',
      plugin: 'guarded',
      generation: 1,
      message: `Plugin "guarded" may not use ${wanted}: ${reason}`,
    })
    expect(messages).toMatchObject([
      { action: 'access', outcome: 'denied', plugin: 'guarded', subject: wanted, reason, host: expect.any(String) },
    ])
  })

  it('is open where they name it, or where nothing is said', async () => {
    const messages = audited()
    for (const permissions of [[wanted], [`${kindAt(door)}:*`], [`${wanted.slice(0, -1)}*`], undefined]) {
      const context = await contextOf(permissions)
      await open(context, nameAt(door))
    }
    expect(messages).toEqual([])
  })
})

describe('a pattern of events', () => {
  it.each([
    ['event:user.*', 'user.*', true],
    ['event:*', 'user.*', true],
    ['event:user.*', 'user.login', true],
    ['event:user.login', 'user.*', false],
    ['event:user.l*', 'user.*', false],
    ['event:user.*', '*', false],
    ['event:*', '*', true],
    ['emit:*', 'user.*', false],
  ])('%s covers on(%s): %s', async (permission, event, isCovered) => {
    const context = await contextOf([permission])
    const listen = () => context.on(event, () => {})
    if (isCovered) listen()
    else expect(listen).toThrow(expect.objectContaining({ code: 'CFP_ACCESS_DENIED' }))
  })
})

describe('what a plugin declares by its shape', () => {
  it('is checked before it starts: the events of handleEvent', async () => {
    const listening = (permissions: string[]) =>
      plugin({ name: 'a', events: ['user.*'], permissions }, () => ({ handleEvent: () => {} }))
    expect((await started([listening(['event:user.login'])])).status('a')).toMatchObject({
      state: 'failed',
      error: { code: 'CFP_ACCESS_DENIED', message: expect.stringContaining('may not use event:user.*') },
    })
    expect((await started([listening(['event:user.*'])])).status('a').state).toBe('active')
  })

  it('is checked before it starts: the hooks of @hook methods', async () => {
    @pluginDecorator({ name: 'a', version: '1.0.0', permissions: ['hook:page.*'] })
    class Decorated extends BasePlugin {
      @hook('http.request') request() {}
    }
    const lifecycle = await started([toPluginRecord(Decorated, { generation: 1, files: [] })])
    expect(lifecycle.status('a')).toMatchObject({
      state: 'failed',
      error: {
        code: 'CFP_ACCESS_DENIED',
        message: expect.stringContaining(
          "Write permissions: ['hook:page.*', 'hook:http.request'] in @plugin({ ... }).",
        ),
      },
    })
  })
})

describe('a dependency', () => {
  it('is no permission: whoever declares any needs one for its service as well', async () => {
    const context = await contextOf([])
    expect(await refusal(() => context.inject('db'))).toMatchObject({ code: 'CFP_ACCESS_DENIED' })
    expect(await refusal(() => context.inject('db', { optional: true }))).toMatchObject({ code: 'CFP_ACCESS_DENIED' })
    // A service of it by another name is another service.
    const other = await contextOf(['service:db'])
    expect(await refusal(() => other.inject('store'))).toMatchObject({ code: 'CFP_ACCESS_DENIED' })
  })

  it('that is collected needs one too', async () => {
    let context: PluginContext | undefined
    await started([
      db,
      plugin({ name: 'a', collects: ['store'], permissions: [] }, (_app, given) => {
        context = given
        return {}
      }),
    ])
    expect(await refusal(() => context?.inject('store', { all: true }))).toMatchObject({ code: 'CFP_ACCESS_DENIED' })
  })
})

describe('what is a plugin’s own', () => {
  it('it may use: the services that it offers, and resources under its name', async () => {
    let context: PluginContext | undefined
    const lifecycle = await started([
      plugin({ name: 'own', provides: ['mail'], permissions: [] }, (_app, given) => {
        context = given
        given.provide('mail', 'mine')
        return {}
      }),
    ])
    expect(context?.inject('own')).toBe(lifecycle.instance('own'))
    expect(context?.inject('mail')).toBe('mine')
    const access = accessOf(context as PluginContext)
    expect(['own', 'own/a/b', 'owner', 'other/own'].map((name) => access.may('resource', name))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  it('is not what others offer under a name that it says it provides', async () => {
    let context: PluginContext | undefined
    await started([
      db,
      plugin({ name: 'sly', dependencies: ['db'], provides: ['store'], permissions: [] }, (_app, given) => {
        context = given
        return {}
      }),
    ])
    expect(await refusal(() => context?.inject('store'))).toMatchObject({ code: 'CFP_ACCESS_DENIED' })
  })
})

describe('what a host grants', () => {
  const grants = { guarded: ['service:db', 'event:user.*'] }

  it('narrows what the plugin declares: both must cover it', async () => {
    const context = await contextOf(['service:*', 'emit:*'], { grants })
    expect(context.inject('db')).toBeDefined()
    expect(await refusal(() => context.on('user.login', () => {}))).toMatchObject({
      message: expect.stringContaining(
        "Write permissions: ['service:*', 'emit:*', 'event:user.login'] in PLUGIN_META.",
      ),
    })
    expect(await refusal(() => context.publish('user.login'))).toMatchObject({
      message:
        'Plugin "guarded" may not use emit:user.login: its host does not grant that. Add \'emit:user.login\' to what the host grants "guarded".',
    })
  })

  it('is all that a plugin has which declares nothing, also where others have nothing', async () => {
    for (const undeclared of ['allow', 'deny'] as const) {
      const context = await contextOf(undefined, { grants, undeclared })
      expect(context.inject('db')).toBeDefined()
      context.on('user.*', () => {})
      expect(await refusal(() => context.hooks.on('x', () => {}))).toMatchObject({ code: 'CFP_ACCESS_DENIED' })
    }
  })

  it('may be nothing unless a plugin declares what it uses', async () => {
    const context = await contextOf(undefined, { undeclared: 'deny' })
    expect(await refusal(() => context.inject('db'))).toMatchObject({
      message:
        'Plugin "guarded" may not use service:db: it declares no permissions, and its host denies what is not declared. Write permissions: [\'service:db\'] in PLUGIN_META.',
    })
    expect((await contextOf(['service:db'], { undeclared: 'deny' })).inject('db')).toBeDefined()
  })

  it('is not found by the names that objects have (fault 34)', async () => {
    let context: PluginContext | undefined
    const record = plugin({ name: 'constructor' }, (_app, given) => {
      context = given
      return {}
    })
    await started([record], { access: { grants: {} } })
    expect(accessOf(context as PluginContext).may('event', 'x')).toBe(true)
  })

  it.each([
    [{ undeclared: 'ask' }, /access\.undeclared is ask, which must be 'allow' or 'deny'/],
    [{ grants: { a: ['database'] } }, /access\.grants of "a" has "database", which must be a list of permissions/],
    [{ grants: { a: 'service:x' } }, /access\.grants of "a" has "service:x"/],
  ])('is refused where it is none: %j', (access, message) => {
    expect(() => new Lifecycle({ app: {}, access: access as AccessOptions })).toThrow(
      expect.objectContaining({ code: 'CFP_OPTION_INVALID', message: expect.stringMatching(message) }),
    )
  })
})

describe('a change of permissions', () => {
  const guarded = (permissions: string[], generation: number, fails = false): PluginRecord =>
    plugin(
      { name: 'guarded', dependencies: ['db'], permissions },
      (_app, context) => {
        context.on('open', () => void context.inject('db'))
        return {
          onReload: () => {
            if (fails) throw new Error('no')
          },
        }
      },
      { generation },
    )
  const failuresOf = async (lifecycle: Lifecycle) =>
    (await lifecycle.events.emit('open')).failures.map(({ error }) => (error as PluginError).code)

  it('takes effect with the new code, and a rollback brings the old one back', async () => {
    const lifecycle = await started([db, guarded(['event:*', 'service:db'], 1)])
    expect(await failuresOf(lifecycle)).toEqual([])
    await lifecycle.reload({ set: [guarded(['event:*'], 2)] })
    expect(await failuresOf(lifecycle)).toEqual(['CFP_ACCESS_DENIED'])
    const report = await lifecycle.reload({ set: [guarded(['event:*', 'service:db'], 3, true)] })
    expect(report.outcome).toBe('rolled-back')
    expect(await failuresOf(lifecycle)).toEqual(['CFP_ACCESS_DENIED'])
  })

  it('that keeps the new code from starting leaves the old one as it was', async () => {
    const lifecycle = await started([db, guarded(['event:*', 'service:db'], 1)])
    const report = await lifecycle.reload({ set: [guarded([], 2)] })
    expect(report).toMatchObject({ outcome: 'rolled-back', error: { code: 'CFP_ACCESS_DENIED', generation: 2 } })
    expect(await failuresOf(lifecycle)).toEqual([])
  })

  it('of the host’s grants takes effect with the next instance', async () => {
    let granted: string[] | undefined
    const lifecycle = await started([db, guarded(['event:*', 'service:db'], 1)], {
      access: { grants: (name) => (name === 'guarded' ? granted : undefined) },
    })
    granted = ['event:*']
    expect(await failuresOf(lifecycle)).toEqual([])
    await lifecycle.reload({ restart: ['guarded'] })
    expect(await failuresOf(lifecycle)).toEqual(['CFP_ACCESS_DENIED'])
  })
})

describe('two hosts in one process', () => {
  it('do not know of each other’s grants, and each tells which it is', async () => {
    const messages = audited()
    const listening = plugin({ name: 'a' }, (_app, { on }) => {
      on('x', () => {})
      return {}
    })
    const open = (access: AccessOptions, hostId: string) => started([listening], { access, hostId })
    const first = await open({ grants: { a: [] } }, 'first')
    const second = await open({ grants: { a: ['event:x'] } }, 'second')
    expect([first.status('a').state, second.status('a').state]).toEqual(['failed', 'active'])
    expect(messages.map(({ host }) => host)).toEqual(['first'])
  })
})

// Services with `scope: 'plugin'`: one for each plugin that asks, once a generation, and gone with it.
import {
  type PluginContext,
  type PluginError,
  type PluginRecord,
  type ServiceConsumer,
  serviceRef,
} from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { logTo, plugin, started } from './support.ts'

interface Session extends AsyncDisposable {
  readonly of: string
  readonly number: number
}
const Session = serviceRef<Session>('session')

/** A plugin that makes sessions, and what became of them. */
function sessions(log: string[], generation = 1): PluginRecord {
  let number = 0
  return plugin(
    { name: 'db', provides: ['session'] },
    (_app, { provide }) => {
      const make = ({ name }: ServiceConsumer): Session => {
        const mine = ++number
        log.push(`made ${generation}.${mine} for ${name}`)
        return {
          of: name,
          number: mine,
          async [Symbol.asyncDispose]() {
            log.push(`closed ${generation}.${mine} of ${name}`)
          },
        }
      }
      provide(Session, make, { scope: 'plugin' })
      return { teardown: () => void log.push(`teardown db ${generation}`) }
    },
    { generation },
  )
}

const user = (
  name: string,
  log: string[],
  take: (context: PluginContext) => unknown = ({ inject }) => inject(Session),
) =>
  plugin({ name, requires: ['session'] }, (_app, context) => {
    context.own(() => void log.push(`${name} let go what it owned before`))
    take(context)
    context.own(() => void log.push(`${name} let go what it owned after`))
    return { teardown: () => void log.push(`teardown ${name}`) }
  })

describe('a service for each plugin', () => {
  it('is made once for each that asks, and is its own', async () => {
    const log: string[] = []
    const seen: Session[] = []
    const take = ({ inject }: PluginContext) => seen.push(inject(Session), inject('session') as Session)
    await started([
      sessions(log),
      user('a', log, take),
      user('b', log, take),
      plugin({ name: 'c', requires: ['session'] }),
    ])
    expect(log).toEqual(['made 1.1 for a', 'made 1.2 for b'])
    expect(seen.map(({ of, number }) => [of, number])).toEqual([
      ['a', 1],
      ['a', 1],
      ['b', 2],
      ['b', 2],
    ])
    expect(seen[0]).toBe(seen[1])
  })

  it('is told whose it is: its name, its log, and when it ends', async () => {
    const entries: string[] = []
    let told: ServiceConsumer | undefined
    const lifecycle = await started(
      [
        plugin({ name: 'db', provides: ['session'] }, (_app, { provide }) => {
          const make = (consumer: ServiceConsumer) => {
            told = consumer
            consumer.logger.info('hello')
            return {}
          }
          provide('session', make, { scope: 'plugin' })
          return {}
        }),
        plugin({ name: 'a', requires: ['session'] }, (_app, { inject }) => {
          inject('session')
          return {}
        }),
      ],
      { logger: logTo(entries) },
    )
    expect(told?.name).toBe('a')
    expect(entries).toContain('info: hello')
    expect(told?.signal.aborted).toBe(false)
    await lifecycle.unload('a')
    expect(told?.signal.aborted).toBe(true)
  })

  it('ends with the plugin that it was made for, in reverse order of all that it owns, after its teardown', async () => {
    const log: string[] = []
    const lifecycle = await started([sessions(log), user('a', log)])
    await lifecycle.unload('a')
    expect(log).toEqual([
      'made 1.1 for a',
      'teardown a',
      'a let go what it owned after',
      'closed 1.1 of a',
      'a let go what it owned before',
    ])
    expect(lifecycle.status('db').state).toBe('active')
  })

  it('is made anew when its provider or its consumer is, and the old one is gone before the old provider is', async () => {
    const log: string[] = []
    const lifecycle = await started([sessions(log), user('a', log)])
    await lifecycle.reload({ restart: ['a'] })
    await lifecycle.reload({ set: [sessions(log, 2)] })
    expect(log.filter((line) => !line.includes('let go'))).toEqual([
      'made 1.1 for a',
      'teardown a',
      'closed 1.1 of a',
      'made 1.2 for a',
      'teardown a',
      'closed 1.2 of a',
      'teardown db 1',
      'made 2.1 for a',
    ])
  })

  it('is closed by a rollback where the new code made one, and the old code gets one of the old provider', async () => {
    const log: string[] = []
    const lifecycle = await started([sessions(log), user('a', log)])
    const bad = plugin(
      { name: 'a', requires: ['session'] },
      (_app, { inject }) => {
        inject(Session)
        throw new Error('no')
      },
      { generation: 2 },
    )
    expect((await lifecycle.reload({ set: [bad] })).outcome).toBe('rolled-back')
    const made = log.filter((line) => line.startsWith('made'))
    const closed = log.filter((line) => line.startsWith('closed'))
    expect([made.length, closed.length]).toEqual([3, 2])
    expect(lifecycle.status('a').state).toBe('active')
  })

  it('stays while its plugin rests', async () => {
    const log: string[] = []
    const lifecycle = await started([sessions(log), user('a', log)])
    await lifecycle.disable('a')
    await lifecycle.enable('a')
    expect(log).toEqual(['made 1.1 for a'])
  })

  it('may be one of many that are collected, beside shared ones', async () => {
    const log: string[] = []
    let seen: unknown[] = []
    await started([
      sessions(log),
      plugin({ name: 'memory', provides: ['session'] }, (_app, { provide }) => {
        provide('session', 'a shared one')
        return {}
      }),
      plugin({ name: 'a', collects: ['session'] }, (_app, { inject }) => {
        seen = [...inject('session', { all: true }), ...inject('session', { all: true })]
        return {}
      }),
    ])
    expect(seen).toEqual([expect.objectContaining({ of: 'a' }), 'a shared one', seen[0], 'a shared one'])
    expect(log).toEqual(['made 1.1 for a'])
  })

  it('that cannot be made is its provider’s error, told through the plugin that asked', async () => {
    const lifecycle = await started([
      plugin({ name: 'db', provides: ['session'] }, (_app, { provide }) => {
        const make = () => {
          throw new Error('too many connections')
        }
        provide('session', make, { scope: 'plugin' })
        return {}
      }),
      user('a', []),
    ])
    const error = lifecycle.status('a').error as PluginError
    expect(error).toMatchObject({ code: 'CFP_REGISTER_FAILED', plugin: 'a' })
    expect(error.cause).toMatchObject({
      code: 'CFP_SERVICE_MAKE_FAILED',
      plugin: 'db',
      message: 'Plugin "db" could not make the service "session" for "a": too many connections',
    })
    expect(lifecycle.status('db').state).toBe('active')
  })

  it('is no service for the host, which is no plugin', async () => {
    const lifecycle = await started([sessions([])])
    expect(() => lifecycle.service('session')).toThrow(
      expect.objectContaining({ code: 'CFP_SERVICE_SCOPED', plugin: 'db' }),
    )
  })

  it('is refused where it is not made by a function, or the scope is another word', async () => {
    const codes: string[] = []
    await started([
      plugin({ name: 'db', provides: ['session'] }, (_app, { provide }) => {
        for (const [service, scope] of [
          [{}, 'plugin'],
          [() => ({}), 'request'],
        ]) {
          try {
            provide('session', service as () => unknown, { scope: scope as 'plugin' })
          } catch (error) {
            codes.push((error as PluginError).code)
          }
        }
        return {}
      }),
    ])
    expect(codes).toEqual(['CFP_CONTEXT_ARGUMENT', 'CFP_CONTEXT_ARGUMENT'])
  })
})

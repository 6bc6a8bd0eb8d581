// Several plugins that offer one service: whose is taken, and what becomes of those who took it.
import { type PluginContext, type PluginError, type PluginRecord, serviceRef } from '@cf-plugins/plugin-api'
import { PluginRegistry } from '@cf-plugins/registry'
import { describe, expect, it } from 'vitest'
import { type Meta, noting, plugin, rejection, started } from './support.ts'

interface Mailer {
  readonly by: string
  readonly generation: number
}
const Mail = serviceRef<Mailer>('mail')

const mailer = (
  by: string,
  generation = 1,
  meta: Partial<Meta> = {},
  register: () => unknown = () => {},
): PluginRecord =>
  plugin(
    { name: by, provides: ['mail'], ...meta },
    (_app, { provide }) => {
      register()
      provide(Mail, { by, generation })
      return {}
    },
    { generation },
  )

/** Notes what it was given, each time it is made. */
const taker = (seen: unknown[], meta: Meta, take: (context: PluginContext) => unknown): PluginRecord =>
  plugin(meta, (_app, context) => {
    seen.push(take(context))
    return {}
  })

const errorOf = (task: () => unknown): PluginError => {
  try {
    task()
  } catch (error) {
    return error as PluginError
  }
  throw new Error('It did not throw')
}

describe('two providers that nobody asks for', () => {
  it('are both active, and only the host that asks must choose', async () => {
    const lifecycle = await started([mailer('a'), mailer('b')])
    expect(lifecycle.statuses().map(({ state }) => state)).toEqual(['active', 'active'])
    expect(errorOf(() => lifecycle.service('mail'))).toMatchObject({
      code: 'CFP_SERVICE_AMBIGUOUS',
      message:
        'The service "mail" is offered by "a" and "b". Choose one in the options of the host: providers: { mail: \'a\' }.',
    })
    expect(await rejection(lifecycle.use('mail', () => {}))).toMatchObject({ code: 'CFP_SERVICE_AMBIGUOUS' })
    await lifecycle.disable('a')
    expect(lifecycle.service('mail')).toEqual({ by: 'b', generation: 1 })
  })

  it('are each replaced without the other', async () => {
    const lifecycle = await started([mailer('a'), mailer('b')])
    const report = await lifecycle.reload({ set: [mailer('b', 2, { reload: { strategy: 'overlap' } })] })
    expect(report).toMatchObject({ outcome: 'committed', members: ['b'] })
    expect(lifecycle.registry.services.offers('mail').map(({ service }) => service)).toEqual([
      { by: 'a', generation: 1 },
      { by: 'b', generation: 2 },
    ])
  })
})

describe('a service that the host chose a provider for', () => {
  const chosen = (providers: Record<string, string>) => ({ registry: new PluginRegistry({ providers }) })
  const user = (seen: unknown[]) => taker(seen, { name: 'user', requires: ['mail'] }, ({ inject }) => inject(Mail).by)

  it('is that provider’s, for plugins and for the host', async () => {
    const seen: unknown[] = []
    const lifecycle = await started([user(seen), mailer('a'), mailer('b')], chosen({ mail: 'b' }))
    expect(seen).toEqual(['b'])
    expect(lifecycle.service('mail')).toEqual({ by: 'b', generation: 1 })
    await lifecycle.reload({ set: [mailer('a', 2)] })
    expect(seen).toEqual(['b'])
    await lifecycle.reload({ set: [mailer('b', 2)] })
    expect(seen).toEqual(['b', 'b'])
  })

  it('of a provider that is disabled blocks who requires it, says why, and comes back with it', async () => {
    const seen: unknown[] = []
    const lifecycle = await started([user(seen), mailer('a'), mailer('b')], chosen({ mail: 'b' }))
    await lifecycle.disable('b')
    expect(lifecycle.status('user')).toMatchObject({ state: 'blocked' })
    expect(lifecycle.explain('user').text).toBe('user is blocked: it needs b for mail, which is disabled')
    expect(errorOf(() => lifecycle.service('mail'))).toMatchObject({ code: 'CFP_NOT_ACTIVE', plugin: 'b' })
    await lifecycle.enable('b')
    expect(lifecycle.status('user').state).toBe('active')
  })

  it('of a provider that fails is nobody’s, with the way down to why', async () => {
    const seen: unknown[] = []
    const broken = mailer('b', 1, {}, () => {
      throw new Error('no relay')
    })
    const lifecycle = await started([user(seen), mailer('a'), broken], chosen({ mail: 'b' }))
    expect(seen).toEqual([])
    expect(lifecycle.explain('user').text).toBe(
      'user is blocked: it needs b for mail, which failed in register(): no relay',
    )
    await lifecycle.reload({ set: [mailer('b', 2)] })
    expect(seen).toEqual(['b'])
  })

  it('that is not there blocks who requires it, with the correction', async () => {
    const lifecycle = await started([user([]), mailer('a')], chosen({ mail: 'sendmail' }))
    expect(lifecycle.status('user')).toMatchObject({ state: 'blocked', error: { code: 'CFP_PROVIDER_INVALID' } })
    expect(lifecycle.explain('user').text).toContain('the host chose "sendmail", which is not there. "a" would.')
  })

  it('may change while it runs by who is switched on, where the host chose nobody', async () => {
    const seen: unknown[] = []
    const lifecycle = await started([user(seen), mailer('a'), mailer('b', 1, { enabled: false })])
    expect(seen).toEqual(['a'])
    await lifecycle.enable('b')
    expect(lifecycle.status('user')).toMatchObject({ state: 'blocked', error: { code: 'CFP_SERVICE_AMBIGUOUS' } })
    await lifecycle.disable('a')
    expect(lifecycle.status('user').state).toBe('active')
    expect(seen).toEqual(['a', 'b'])
    // And its unit is that of the one it has now.
    expect((await lifecycle.reload({ restart: ['b'] })).members).toEqual(['b', 'user'])
  })

  it('is the named plugin’s for who depends on a plugin by its name, whomever the host chose', async () => {
    const seen: unknown[] = []
    await started(
      [
        mailer('smtp'),
        plugin({ name: 'mail' }, () => ({ by: 'mail itself', generation: 1 }) as never),
        taker(seen, { name: 'by-name', dependencies: ['mail'] }, ({ inject }) => inject(Mail).by),
        taker(seen, { name: 'by-service', requires: ['mail'] }, ({ inject }) => inject(Mail).by),
      ],
      chosen({ mail: 'smtp' }),
    )
    expect(seen.sort()).toEqual(['mail itself', 'smtp'])
  })
})

describe('inject of all', () => {
  const collector = (seen: unknown[], meta: Partial<Meta> = {}) =>
    taker(seen, { name: 'all', collects: ['mail'], ...meta }, ({ inject }) =>
      inject(Mail, { all: true }).map(({ by }) => by),
    )

  it('gives everyone’s in the order of their starts, and an empty list where nobody offers any', async () => {
    const seen: unknown[] = []
    await started([collector(seen), mailer('b', 1, { dependencies: ['a'] }), mailer('a')])
    await started([collector(seen)])
    expect(seen).toEqual([['a', 'b'], []])
  })

  it('needs no choice, and leaves out who cannot start', async () => {
    const seen: unknown[] = []
    const lifecycle = await started([
      collector(seen),
      mailer('a'),
      mailer('b', 1, {}, () => {
        throw new Error('no relay')
      }),
      mailer('c', 1, { enabled: false }),
    ])
    expect(seen).toEqual([['a']])
    expect(lifecycle.status('all').state).toBe('active')
  })

  it('is asked again when one comes, goes, or is replaced: the collector is made anew', async () => {
    const seen: unknown[] = []
    const lifecycle = await started([collector(seen), mailer('a')])
    await lifecycle.add([mailer('b')])
    expect(seen.at(-1)).toEqual(['a', 'b'])
    await lifecycle.disable('a')
    expect(seen.at(-1)).toEqual(['b'])
    await lifecycle.enable('a')
    expect(seen.at(-1)).toEqual(['a', 'b'])
    expect((await lifecycle.reload({ set: [mailer('b', 2)] })).members).toEqual(['b', 'all'])
    await lifecycle.unload('b')
    expect(seen.at(-1)).toEqual(['a'])
    expect(seen).toHaveLength(6)
  })

  it('in a reload sees the new ones and those that stay, and nobody else sees the new ones before the commit', async () => {
    const seen: unknown[] = []
    let outside: unknown
    const lifecycle = await started([
      taker(seen, { name: 'all', collects: ['mail'] }, ({ inject }) => inject(Mail, { all: true })),
      mailer('a'),
      mailer('b'),
    ])
    await lifecycle.reload({
      set: [
        mailer('b', 2),
        plugin(
          { name: 'all', collects: ['mail'] },
          (_app, { inject }) => {
            seen.push(inject(Mail, { all: true }))
            outside = lifecycle.registry.services.offers('mail').map(({ service }) => (service as Mailer).generation)
            return {}
          },
          { generation: 2 },
        ),
      ],
    })
    expect((seen.at(-1) as Mailer[]).map(({ by, generation }) => `${by}${generation}`)).toEqual(['a1', 'b2'])
    expect(outside).toEqual([1, 1])
  })

  it('is rolled back with the rest: the old collector comes back to the old services', async () => {
    const seen: unknown[] = []
    const lifecycle = await started([collector(seen), mailer('a'), mailer('b')])
    const bad = mailer('b', 2, {}, () => {
      throw new Error('no relay')
    })
    expect((await lifecycle.reload({ set: [bad] })).outcome).toBe('rolled-back')
    expect(seen.at(-1)).toEqual(['a', 'b'])
    expect(
      lifecycle.registry.services
        .offers('mail')
        .map(({ owner }) => owner)
        .sort(),
    ).toEqual(['a', 'b'])
  })

  it('leaves out what one offers oneself', async () => {
    const seen: unknown[] = []
    const lifecycle = await started([
      plugin({ name: 'fan-out', collects: ['mail'], provides: ['mail'] }, (_app, { inject, provide }) => {
        provide(Mail, { by: 'fan-out', generation: 1 })
        return { onReload: () => {}, setup: () => void seen.push(inject(Mail, { all: true }).map(({ by }) => by)) }
      }),
      mailer('a'),
    ])
    // Nor is it made anew for its own.
    await lifecycle.disable('a')
    expect(seen).toEqual([['a'], []])
    expect(lifecycle.status('fan-out').state).toBe('active')
  })

  it('is told to tear down after whoever collected, dependents first', async () => {
    const log: string[] = []
    const lifecycle = await started([
      noting(log, { name: 'all', collects: ['mail'] }),
      noting(log, { name: 'a', provides: ['mail'] }),
    ])
    await lifecycle.stop()
    expect(log.slice(-2)).toEqual(['teardown all', 'teardown a'])
  })
})

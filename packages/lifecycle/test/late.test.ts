// Whatever lasts says for what it waits, and again while it does.
import { describe, expect, it } from 'vitest'
import { AppStartup } from '../src/index.ts'
import { deferred, lifecycleOf, logTo, never, plugin, started, until } from './support.ts'

const late = { lateMs: 10, slowMs: 60_000 }

/** Entries that say for what something waits, without how long it has lasted. */
function tellings(entries: readonly string[]): string[] {
  return entries.filter((entry) => entry.includes('Still')).map((entry) => entry.replace(/after [\d.]+ m?s/, 'after …'))
}

describe('a start that lasts', () => {
  it('tells who is not ready and on whom they wait, again and again, at growing intervals', async () => {
    const entries: string[] = []
    const gate = deferred()
    const lifecycle = lifecycleOf(
      [
        plugin({ name: 'db' }, () => ({ setup: () => gate.promise })),
        plugin({ name: 'api', dependencies: ['db'] }),
        plugin({ name: 'other' }),
      ],
      { logger: logTo(entries), ...late },
    )
    const start = lifecycle.start()
    await until(() => entries.length >= 3)
    gate.resolve()
    await start
    const told = 'info: Still starting after …: "db". Waiting: "api" (for "db").'
    expect(tellings(entries).slice(0, 3)).toEqual([told, told, told])
    expect(entries.slice(0, 3).map((entry) => /after (\d+ ms)/.exec(entry)?.[1])).toEqual(['10 ms', '20 ms', '40 ms'])
  })

  it('by an enabling tells whose onEnable it waits for', async () => {
    const entries: string[] = []
    const gate = deferred()
    const lifecycle = await started([plugin({ name: 'a' }, () => ({ onEnable: () => gate.promise }))], {
      logger: logTo(entries),
      ...late,
    })
    await lifecycle.disable('a')
    const enabled = lifecycle.enable('a')
    await until(() => entries.length > 0)
    gate.resolve()
    await enabled
    expect(tellings(entries)[0]).toBe('info: Still starting after …: "a".')
  })
})

describe('a reload that lasts', () => {
  it('tells whose setup it waits for, and who waits for that', async () => {
    const entries: string[] = []
    const gate = deferred()
    let isSlow = false
    const lifecycle = await started(
      [
        plugin({ name: 'a' }, () => ({ setup: () => (isSlow ? gate.promise : undefined) })),
        plugin({ name: 'b', dependencies: ['a'] }),
      ],
      { logger: logTo(entries), ...late },
    )
    isSlow = true
    const reload = lifecycle.reload({ restart: ['a'] })
    await until(() => entries.length > 0)
    gate.resolve()
    await reload
    expect(tellings(entries)[0]).toBe('info: Still setting up for a reload after …: "a". Waiting: "b" (for "a").')
  })

  it('tells what is in flight that must end first', async () => {
    const entries: string[] = []
    const gate = deferred()
    const lifecycle = await started(
      [
        plugin({ name: 'a' }, (_app, context) => {
          context.on('tick', () => gate.promise)
          return {}
        }),
      ],
      { logger: logTo(entries), ...late },
    )
    lifecycle.events.publish('tick')
    const reload = lifecycle.reload({ restart: ['a'] })
    await until(() => entries.length > 0)
    gate.resolve()
    await reload
    expect(tellings(entries)[0]).toBe('info: Still waiting for what is under way after …: "a" (1 in flight).')
  })
})

it('a stop that lasts tells whose teardown it waits for, and who waits for that', async () => {
  const entries: string[] = []
  const lifecycle = await started(
    [plugin({ name: 'a' }), plugin({ name: 'b', dependencies: ['a'] }, () => ({ teardown: never }))],
    { logger: logTo(entries), ...late },
  )
  const stopped = lifecycle.stop({ boundMs: 300 })
  await until(() => entries.length > 0)
  expect(tellings(entries)[0]).toBe('info: Still stopping after …: "b". Waiting: "a" (for "b").')
  expect(await stopped).toMatchObject({ hung: ['b'], stopped: ['a'] })
})

it('an operation that waits for others tells which, and so does a start whose handlers of app.startup take long', async () => {
  const entries: string[] = []
  const gate = deferred()
  const lifecycle = lifecycleOf(
    [
      plugin({ name: 'a' }, (_app, context) => {
        context.on(AppStartup, () => gate.promise)
        return { onDisable: () => gate.promise }
      }),
    ],
    { logger: logTo(entries), ...late },
  )
  const start = lifecycle.start()
  await until(() => entries.length > 0)
  expect(tellings(entries)[0]).toBe('info: Still waiting for handlers of "app.startup" after …: "a" (1 in flight).')
  const disabled = lifecycle.disable('a')
  const reload = lifecycle.reload({ restart: ['a'] })
  const waiting = 'info: Still waiting to reload after …: what was asked for before is not over (disable "a").'
  await until(() => tellings(entries).includes(waiting))
  gate.resolve()
  await Promise.all([start, disabled, reload])
})

it('what is quick says nothing', async () => {
  const entries: string[] = []
  const lifecycle = await started([plugin({ name: 'a' }, () => ({ setup: () => Promise.resolve() }))], {
    logger: logTo(entries),
    lateMs: 500,
  })
  await lifecycle.reload({ restart: ['a'] })
  await lifecycle.stop()
  expect(entries).toEqual([])
})

// What plugins and their lifecycle write to a log: by a real pino, into a real file.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger, PluginContext, StandardSchema } from '@cf-plugins/plugin-api'
import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { Lifecycle } from '../src/index.ts'
import { logTo, plugin, until } from './support.ts'

const SECRET = 'hunter2-and-more'
const hideSecrets = (text: string) => text.replaceAll(SECRET, '***')

interface Entry {
  readonly level: number
  readonly msg: string
  readonly plugin?: string
  readonly generation?: number
  readonly [key: string]: unknown
}

/** A pino that writes to a file, and what is in it. */
async function pinoFile() {
  const folder = await mkdtemp(join(tmpdir(), 'cf-logging-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'log')
  const logger: Logger = pino({ level: 'debug' }, pino.destination({ dest: file, sync: true }))
  const text = () => readFileSync(file, 'utf8')
  const entries = () =>
    text()
      .split('\n')
      .flatMap((line) => (line ? [JSON.parse(line) as Entry] : []))
  return { logger, text, entries }
}

it('pino fits as it is: entries of a plugin carry its name and its generation, and those about an event its id', async () => {
  const { logger, entries } = await pinoFile()
  const lifecycle = new Lifecycle({ app: {}, logger })
  const register = (_app: unknown, context: PluginContext) => {
    context.logger.info('made')
    context.logger.warn({ port: 80 }, 'busy')
    context.on('user.login', (_user, { id }) => context.logger.child?.({ event: id }).info('hello'))
    context.on('user.logout', () => Promise.reject(new Error('no')))
    return {}
  }
  lifecycle.registry.add(plugin({ name: 'a' }, register, { generation: 7 }))
  await lifecycle.start()
  await lifecycle.events.emit('user.login')
  lifecycle.events.publish('user.logout')
  await lifecycle.stop()
  const own = { plugin: 'a', generation: 7 }
  expect(entries()).toMatchObject([
    { ...own, level: 30, msg: 'made' },
    { ...own, level: 40, msg: 'busy', port: 80 },
    { ...own, level: 30, msg: 'hello', event: expect.stringMatching(/^.+-\d+$/) },
    {
      level: 50,
      plugin: 'a',
      event: 'user.logout',
      eventId: expect.stringMatching(/^.+-\d+$/),
      err: { message: 'no' },
    },
  ])
})

it('a plugin can make children of its logger, and log errors, whatever the host has for a logger', async () => {
  const entries: unknown[] = []
  const note = (...entry: unknown[]) => void entries.push(entry)
  const lifecycle = new Lifecycle({ app: {}, logger: { debug: note, info: note, warn: note, error: note } })
  const error = new Error('no')
  lifecycle.registry.add(
    plugin({ name: 'a' }, (_app, { logger }) => {
      const child = logger.child?.({ request: 1 })
      child?.child?.({ part: 2 }).info('deep')
      child?.error(error)
      return {}
    }),
  )
  await lifecycle.start()
  await lifecycle.stop()
  const own = { plugin: 'a', generation: 1, request: 1 }
  expect(entries).toEqual([
    [{ ...own, part: 2 }, 'deep'],
    [{ ...own, err: error }, 'no'],
  ])
})

it('a host that names no secrets has its very logger used, without a layer', async () => {
  const details = { at: { all: 'the same' } }
  const seen: unknown[] = []
  const note = (first: unknown) => void seen.push(first)
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger }
  const lifecycle = new Lifecycle({ app: {}, logger })
  lifecycle.registry.add(
    plugin({ name: 'a' }, (_app, context) => {
      expect(context.logger).toBe(logger)
      context.logger.info(details)
      return {}
    }),
  )
  await lifecycle.start()
  await lifecycle.stop()
  expect(seen[0]).toBe(details)
})

/** Refuses what it is given, and says what that was. */
const indiscreet: StandardSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => ({ issues: [{ message: `${JSON.stringify(value)} is no number`, path: ['port'] }] }),
  },
}

it('secrets are in no message, no detail, however deep, and no error, of plugins and of the lifecycle (fault 77)', async () => {
  const { logger, text, entries } = await pinoFile()
  class Connection {
    readonly url = `postgres://me:${SECRET}@db`
  }
  const circle: Record<string, unknown> = { deep: [new Map([['password', SECRET]])], secret: SECRET }
  circle.self = circle
  const lifecycle = new Lifecycle({
    app: {},
    logger,
    hideSecrets,
    configOf: (name) => (name === 'wrong' ? { port: SECRET } : {}),
  })
  const thrown = () => new Error(`no access with ${SECRET}`, { cause: new TypeError(`${SECRET} is wrong`) })
  for (const record of [
    plugin({ name: 'talks' }, (_app, context) => {
      context.logger.info(`password ${SECRET}`)
      context.logger.warn({ circle, connection: new Connection(), url: new URL(`http://me:${SECRET}@x`) }, SECRET)
      context.logger.error(Object.assign(thrown(), { token: SECRET }))
      context.logger.child?.({ session: SECRET }).error({ err: thrown(), [SECRET]: 1 }, 'failed')
      const trap = {
        get password(): string {
          throw new Error(SECRET)
        },
      }
      context.logger.info({ trap }, 'odd')
      context.after(0, () => Promise.reject(thrown()))
      context.on('tick', () => Promise.reject(thrown()))
      return { teardown: () => Promise.reject(thrown()) }
    }),
    plugin({ name: 'fails' }, () => Promise.reject(thrown())),
    plugin({ name: 'wrong', config: indiscreet }),
  ])
    lifecycle.registry.add(record)
  const { failed } = await lifecycle.start()
  lifecycle.events.publish('tick')
  await until(() =>
    [/in a task of after/, /failed in "tick"/].every((line) => line.test(text().replaceAll('\\"', '"'))),
  )
  const stop = await lifecycle.stop()
  expect(text()).not.toContain(SECRET)
  const told = [...failed.map(({ error }) => error), ...stop.problems]
  expect(told.map(({ code }) => code)).toEqual(['CFP_REGISTER_FAILED', 'CFP_CONFIG_INVALID', 'CFP_TEARDOWN_FAILED'])
  for (const error of told) {
    const all = [error.message, error.stack, JSON.stringify(error), String((error.cause as Error | undefined)?.stack)]
    expect(all.join('\n')).not.toContain(SECRET)
    expect(error.message).toContain('***')
  }
  // What is no secret is all there.
  const written = entries()
  expect(written.find(({ msg }) => msg === 'password ***')).toMatchObject({ plugin: 'talks', generation: 1 })
  expect(written.find(({ circle }) => circle)).toMatchObject({
    msg: '***',
    circle: { secret: '***' },
    connection: { url: 'postgres://me:***@db' },
  })
  expect(written.find(({ session }) => session)).toMatchObject({
    session: '***',
    err: { type: 'Error', message: expect.stringContaining('no access with ***') },
  })
})

it('what cannot be looked through for secrets is not written', async () => {
  const entries: string[] = []
  const seen: object[] = []
  const levels = logTo(entries)
  const logger: Logger = { ...levels, info: (first: string | object) => void seen.push(first as object) }
  const lifecycle = new Lifecycle({ app: {}, logger, hideSecrets })
  let deep: Record<string, unknown> = { SECRET }
  for (let depth = 0; depth < 100; depth++) deep = { deep }
  lifecycle.registry.add(
    plugin({ name: 'a' }, (_app, context) => {
      context.logger.info({ deep }, 'deep')
      context.logger.info({ many: Array.from({ length: 20_000 }, () => ({ SECRET })) }, 'many')
      return {}
    }),
  )
  await lifecycle.start()
  await lifecycle.stop()
  expect(seen).toHaveLength(2)
  expect(JSON.stringify(seen)).not.toContain(SECRET)
  expect(JSON.stringify(seen[0])).toContain('not looked at for secrets')
})

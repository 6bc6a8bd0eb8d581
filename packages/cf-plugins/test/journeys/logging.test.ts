// What a host's log gets from plugins in files: by a real pino, with whose it is, and without secrets.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import type { Logger, PluginManagerOptions } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

const SECRET = 'correct horse battery staple'

const mailer = (mark: string) => `
import { definePlugin } from 'cf-plugins'
import { z } from 'zod'
export default definePlugin({
  name: 'mailer', version: '1.0.0',
  config: z.object({ password: z.string().meta({ secret: true }) }),
  setup({ config, logger, on }) {
    logger.info('made ${mark}')
    logger.warn({ port: 25, password: config.password }, 'signing in with ' + config.password)
    on('mail.send', (to, { id }) => { logger.child({ eventId: id }).info({ to }, 'sent'); })
    on('mail.fail', () => { throw new Error('the server does not like ' + config.password) })
  },
})`

/** A folder of plugins, a pino that writes to a file, and what is in it. */
async function logged(options: PluginManagerOptions = {}) {
  const folder = await PluginFolder.make({ 'plugins/mailer.ts': mailer('first') })
  const file = join(folder.path, 'log')
  const logger: Logger = pino({ level: 'debug' }, pino.destination({ dest: file, sync: true }))
  await writeFile(join(folder.path, 'plugins.yaml'), `mailer:\n  settings:\n    password: ${SECRET}\n`)
  const host = await folder.started({
    ...{ paths: [join(folder.path, 'plugins')], config: join(folder.path, 'plugins.yaml') },
    ...{ logger, hotReload: true },
    ...options,
  })
  const text = () => readFile(file, 'utf8')
  const entries = async () =>
    (await text()).split('\n').flatMap((line) => (line ? [JSON.parse(line) as Record<string, unknown>] : []))
  return { ...host, folder, text, entries }
}

it('knows whose each entry is, of which generation, and about which event', async () => {
  const { manager, report, reported, folder, entries } = await logged()
  expect(report.failed).toEqual([])
  await manager.events.emit('mail.send', 'Ada')
  manager.events.publish('mail.fail')
  await reported(() => folder.save('plugins/mailer.ts', mailer('second')))
  await manager.events.emit('mail.send', 'Alan')
  await manager.stop()
  const own = (await entries()).filter(({ plugin }) => plugin === 'mailer')
  const first = { plugin: 'mailer', generation: 1 }
  const second = { plugin: 'mailer', generation: 2 }
  const eventId = expect.stringMatching(/^.+-\d+$/)
  expect(own).toContainEqual(expect.objectContaining({ ...first, level: 30, msg: 'made first' }))
  expect(own).toContainEqual(expect.objectContaining({ ...first, level: 40, port: 25 }))
  expect(own).toContainEqual(expect.objectContaining({ ...first, eventId, to: 'Ada', msg: 'sent' }))
  expect(own).toContainEqual(expect.objectContaining({ ...second, level: 30, msg: 'made second' }))
  expect(own).toContainEqual(expect.objectContaining({ ...second, eventId, to: 'Alan', msg: 'sent' }))
  // What the framework says of a handler that failed says of which event, too.
  const failed = own.find(({ event }) => event === 'mail.fail')
  expect(failed).toMatchObject({ level: 50, eventId, err: { type: 'Error' } })
})

it('has no secret in it, nor has any error, whoever writes it (fault 77)', async () => {
  const { manager, text, entries, reported, folder } = await logged()
  manager.events.publish('mail.fail')
  const { failures } = await manager.events.emit('mail.fail')
  expect(failures).toHaveLength(1)
  const throwing = mailer('bad').replace(
    "logger.info('made bad')",
    "throw new Error('bad login with ' + config.password)",
  )
  const report = await reported(() => folder.save('plugins/mailer.ts', throwing))
  expect(report.outcome).toBe('rolled-back')
  expect(report.error?.message).toContain('bad login with')
  await manager.stop()
  expect(await entries()).toContainEqual(expect.objectContaining({ msg: expect.stringContaining('signing in with') }))
  expect(await text()).toContain('the server does not like')
  expect(await text()).not.toContain('battery')
  expect(`${report.error?.stack}${JSON.stringify(report.error)}`).not.toContain('battery')
})

it('has nothing in it either that the host says is secret, besides those of the configuration', async () => {
  const hideSecrets = (text: string) => text.replaceAll('Ada', '[a customer]')
  const { manager, text } = await logged({ hideSecrets })
  await manager.events.emit('mail.send', 'Ada')
  await manager.stop()
  expect(await text()).toContain('[a customer]')
  expect(await text()).not.toMatch(/Ada|battery/)
})

it('may fail, as may what a plugin gives it, and nobody is worse off', async () => {
  const broken = () => {
    throw new Error('the disk is full')
  }
  const logger: Logger = { debug: broken, info: broken, warn: broken, error: broken, child: broken }
  const { manager, report, reported, folder } = await logged({ logger })
  expect(report.failed).toEqual([])
  manager.events.publish('mail.fail')
  expect((await manager.events.emit('mail.send', 'Ada')).failures).toEqual([])
  expect((await reported(() => folder.save('plugins/mailer.ts', mailer('second')))).outcome).toBe('committed')
  expect((await manager.stop()).problems).toEqual([])
})

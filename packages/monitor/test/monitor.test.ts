import { channel, tracingChannel } from 'node:diagnostics_channel'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Monitor, type MonitorOptions, readAudit } from '../src/index.ts'
import { publisher, temporaryFolder } from './watched.ts'

async function monitored(options: MonitorOptions = {}) {
  const from = publisher()
  const monitor = new Monitor({ host: from.host, ...options })
  onTestFinished(() => monitor.stop())
  return { monitor, from }
}

/** The channels that somebody listens to. */
const listenedTo = () =>
  [
    ...['cf-plugins:state', 'cf-plugins:reload', 'cf-plugins:handler', 'cf-plugins:audit'].map(channel),
    tracingChannel('cf-plugins:setup').start,
  ]
    .filter(({ hasSubscribers }) => hasSubscribers)
    .map(({ name }) => name)

test('one object watches all of a host, and leaves nothing behind', async () => {
  const file = join(await temporaryFolder(), 'audit.jsonl')
  const source = {
    statuses: () => [{ plugin: 'auth', state: 'active' }],
    health: () => ({ status: 'healthy' }) as const,
  }
  const { monitor, from } = await monitored({ audit: file, source })
  await monitor.start()
  expect(listenedTo()).toHaveLength(5)
  await tracingChannel('cf-plugins:register').tracePromise(async () => {}, {
    host: from.host,
    plugin: 'auth',
    generation: 1,
  })
  from.state('auth', 'starting', 'active')
  from.handler({})
  expect(await monitor.health()).toMatchObject({ status: 'healthy', ready: true })
  expect(monitor.metrics()).toMatchObject({ starts: 1, states: { active: 1 }, handlers: [{ calls: 1 }] })
  expect(monitor.timeline().starts).toEqual([expect.objectContaining({ plugin: 'auth', outcome: 'active' })])
  await monitor.stop()
  expect(listenedTo()).toEqual([])
  expect((await readAudit(file)).entries).toEqual([expect.objectContaining({ plugin: 'auth', to: 'active' })])
})

test('where nothing is counted, nobody listens to handlers, so that dispatch costs what it costs unwatched', async () => {
  const { monitor } = await monitored({ metrics: false, audit: join(await temporaryFolder(), 'audit.jsonl') })
  await monitor.start()
  expect(listenedTo()).not.toContain('cf-plugins:handler')
  expect(listenedTo()).toContain('cf-plugins:state')
})

test('where the audit trail cannot be kept, nothing is watched and the start says why', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'audit'))
  const { monitor } = await monitored({ audit: join(folder, 'audit') })
  await expect(monitor.start()).rejects.toMatchObject({ code: 'CFP_AUDIT_FILE_UNSAFE' })
  expect(listenedTo()).toEqual([])
})

test('health is asked of whoever is named, and of nobody it is an error', async () => {
  const { monitor } = await monitored()
  await expect(monitor.health()).rejects.toMatchObject({ code: 'CFP_MONITOR_OPTIONS' })
  const source = { statuses: () => [], health: () => undefined }
  const first = await monitor.health(source)
  expect(first.status).toBe('healthy')
  // Asked again at once, it is the same answer.
  expect(await monitor.health(source)).toBe(first)
})

test('it is disposed of by `await using`, and secrets are taken out of its trail', async () => {
  const from = publisher()
  const file = join(await temporaryFolder(), 'audit.jsonl')
  const hideSecrets = (text: string) => text.replaceAll('hunter2', '***')
  {
    await using monitor = new Monitor({ host: from.host, audit: { file, keep: 1 }, hideSecrets })
    await monitor.start()
    from.audit({ action: 'access', outcome: 'denied', reason: 'hunter2' })
  }
  expect(listenedTo()).toEqual([])
  expect((await readAudit(file)).entries[0]?.reason).toBe('***')
})

// What somebody writes who watches a host of his own making.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HealthSource, Monitor, readAudit } from '@cf-plugins/monitor'

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'monitored-'))
  const audit = join(folder, 'audit.jsonl')
  const source: HealthSource = {
    statuses: () => [{ plugin: 'auth', state: 'active' }],
    health: () => ({ status: 'degraded', message: 'warming up' }),
  }
  const monitor = new Monitor({ host: 'mine', source, audit })
  await monitor.start()
  monitor.audit?.record({ action: 'door.open', outcome: 'done', subject: 'front' })
  const { status, ready, plugins } = await monitor.health()
  assert.deepEqual([status, ready, plugins.auth?.message], ['degraded', true, 'warming up'])
  assert.equal(monitor.metrics().starts, 0)
  await monitor.stop()
  const { entries } = await readAudit(audit)
  assert.deepEqual(
    entries.map(({ host, action, subject }) => [host, action, subject]),
    [['mine', 'door.open', 'front']],
  )
  await rm(folder, { recursive: true })
  console.log('monitor works')
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})

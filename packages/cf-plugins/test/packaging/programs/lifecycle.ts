// What somebody writes who has plugins as values, and wants them started.
import assert from 'node:assert/strict'
import { loadAndRegisterOrdered } from '@cf-plugins/lifecycle'
import { definePlugin, serviceRef } from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'

interface Shared {
  readonly log: string[]
}
interface Clock {
  now(): number
}
const Clock = serviceRef<Clock>('clock')

const clock = definePlugin({
  name: 'clock',
  version: '1.0.0',
  setup: async (): Promise<Clock> => ({ now: () => 42 }),
})
const reporter = definePlugin({
  name: 'reporter',
  version: '1.0.0',
  dependencies: ['clock'],
  setup({ inject, shared }) {
    const { log } = shared as Shared
    log.push(`the time is ${inject(Clock).now()}`)
  },
})
const broken = definePlugin({
  name: 'broken',
  version: '1.0.0',
  setup(): void {
    throw new Error('no such host')
  },
})

async function main(): Promise<void> {
  const shared: Shared = { log: [] }
  const records = [reporter, broken, clock].map((plugin) => toPluginRecord(plugin, { generation: 1, files: [] }))
  const { active, failed, lifecycle } = await loadAndRegisterOrdered(records, {}, shared)
  assert.deepEqual(active, ['clock', 'reporter'])
  assert.deepEqual(shared.log, ['the time is 42'])
  assert.match(failed[0]?.error.message ?? '', /no such host/)
  await lifecycle.stop()
  console.log('lifecycle works')
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})

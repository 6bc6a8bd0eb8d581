// What somebody writes who replaces objects in a way of their own, and wants to keep their state.
import assert from 'node:assert/strict'
import { type PluginInstance, StatePreservationError } from '@cf-plugins/plugin-api'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { StatePreserver, type StateSnapshot } from '@cf-plugins/state-preserver'

class Counter implements PluginInstance {
  count = 0
  getReloadState() {
    return { count: this.count }
  }
  setReloadState(state: { count: number }) {
    this.count = state.count
  }
}

async function main(): Promise<void> {
  const preserver = new StatePreserver()
  const meta = resolveMeta({ name: 'counter', version: '1.0.0' })
  const before = new Counter()
  before.count = 7
  const snapshot: StateSnapshot = await preserver.save({ name: 'counter', enabled: true, meta, instance: before })
  const after = new Counter()
  await preserver.restore({ name: 'counter', meta, instance: after }, snapshot)
  assert.equal(after.count, 7)

  const leaky: PluginInstance = { getReloadState: () => ({ close: () => {} }) }
  await assert.rejects(
    preserver.save({ name: 'counter', enabled: true, meta, instance: leaky }),
    (error: unknown) => error instanceof StatePreservationError && error.code === 'CFP_STATE_NOT_CLONEABLE',
  )
  console.log('state-preserver works')
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})

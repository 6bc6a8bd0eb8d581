// What somebody writes who needs only events and hooks.
import assert from 'node:assert/strict'
import { PluginEvents, PluginHooks } from '@cf-plugins/hooks'

async function main(): Promise<void> {
  const events = new PluginEvents()
  const heard: string[] = []
  const undo = events.on<{ id: string }>('user.login', async ({ id }) => {
    await Promise.resolve()
    heard.push(id)
  })
  const report = await events.emit('user.login', { id: 'ada' })
  assert.equal(report.handled, 1)
  undo()
  await events.emit('user.login', { id: 'bob' })
  assert.deepEqual(heard, ['ada'])

  const hooks = new PluginHooks()
  hooks.on('total', (a: number, b: number) => a + b)
  assert.deepEqual(hooks.callSync('total', 1, 2), [3])
  console.log('hooks works')
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})

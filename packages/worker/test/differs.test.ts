// What differs for a plugin in a thread, as the README tells it.
import type { PluginContext } from '@cf-plugins/plugin-api'
import { accessOf, auditChannel } from '@cf-plugins/plugin-api/host'
import { expect, it, onTestFinished } from 'vitest'
import { inlineRecord, pluginRecord, started } from './plugin-support.ts'

async function differing() {
  const items = ['pen']
  const seen = (context: PluginContext) => [context.name, typeof context.on, accessOf(context).host]
  const shop = () => ({ items, key: Symbol('key'), count: () => items.push('book'), seen })
  const app = { title: 'an app', greet: (name: string) => `hello ${name}` }
  const records = [inlineRecord({ name: 'shop' }, shop), await pluginRecord('differing')]
  const host = await started(records, { app })
  expect(host.report.failed).toEqual([])
  const service = host.lifecycle.service('differing') as { probe(name: string): Promise<unknown> }
  return { ...host, probe: (name: string) => service.probe(name) }
}

it('a condition is refused, which the host would have to wait for', async () => {
  const { probe } = await differing()
  const message =
    /^Plugin "differing" runs in a thread and gave its handler of "x" a condition.*Check it at the beginning/
  for (const name of ['condition', 'condition of a hook']) {
    expect(await probe(name)).toEqual({ code: 'CFP_WORKER_UNSUPPORTED', message: expect.stringMatching(message) })
  }
  expect(await probe('condition of a step')).toMatchObject({ code: 'CFP_WORKER_UNSUPPORTED' })
})

it('hold is refused, for nothing of a thread outlives it', async () => {
  const { probe } = await differing()
  const message = expect.stringContaining(
    'asked its host to hold "port:1", which must outlive the thread. Hold it in a plugin',
  )
  expect(await probe('hold')).toEqual({ code: 'CFP_WORKER_UNSUPPORTED', message })
})

it("a service with scope: 'plugin' is refused, for who asks does not wait", async () => {
  const { probe } = await differing()
  const message = expect.stringContaining('Offer one for all')
  expect(await probe('scope plugin')).toEqual({ code: 'CFP_WORKER_UNSUPPORTED', message })
})

it('callSync cannot wait for its handlers, and what it is given to be wrapped it cannot wait for either', async () => {
  const { lifecycle, probe } = await differing()
  expect(() => lifecycle.hooks.callSync('asked')).toThrow('returned a promise from its handler of "asked"')
  expect(await lifecycle.hooks.call('asked')).toEqual(['sync in its thread'])
  expect(await probe('wrap by callSync')).toMatchObject({ code: 'CFP_HOOK_ASYNC' })
})

it('services, and the app, are stubs: methods are awaited, other values are copies', async () => {
  const { probe } = await differing()
  expect(await probe('app')).toEqual([true, 'an app', 'hello you'])
  const message = expect.stringContaining('"key" of a service in another thread is something that cannot be copied')
  const key = { code: 'CFP_WORKER_NOT_CLONEABLE', message }
  expect(await probe('a service')).toEqual([['pen'], 2, ['pen'], true, key])
})

it('who is given its context, has the real one', async () => {
  const { lifecycle, probe } = await differing()
  expect(await probe('its context')).toEqual(['differing', 'function', lifecycle.id])
})

it('what it listens to reaches its handler later than emit returns', async () => {
  const { probe } = await differing()
  expect(await probe('listen')).toEqual(['emitted', 'handler'])
})

it('what cannot be copied is named by its path (fault 71)', async () => {
  const { probe } = await differing()
  const message = expect.stringContaining('argument 2.deep[0].lock is a WeakMap')
  const error = { code: 'CFP_WORKER_NOT_CLONEABLE', message }
  expect(await probe('what cannot be copied')).toEqual([error, error])
})

it('the audit trail of its host has what packages do for it', async () => {
  const { lifecycle, probe } = await differing()
  const told: unknown[] = []
  const hear = (message: unknown) => void told.push(message)
  auditChannel.subscribe(hear)
  onTestFinished(() => void auditChannel.unsubscribe(hear))
  await probe('audit')
  const message = { action: 'resource.create', outcome: 'done', plugin: 'differing', subject: 'reports/1' }
  expect(told).toEqual([{ ...message, host: lifecycle.id }])
})

it('offload is passed over: it is in a thread already', async () => {
  const { probe } = await differing()
  expect(await probe('offload')).toEqual([1])
})

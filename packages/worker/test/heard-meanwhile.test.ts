// A thread that blocks is heard meanwhile: what it says does not wait for its loop.
import { expect, it } from 'vitest'
import { pluginRecord, rejection, started } from './plugin-support.ts'

interface Busy {
  work(heard: Int32Array, told: (step: number) => unknown): Promise<boolean[]>
  hang(): Promise<never>
}

async function busy() {
  const host = await started([await pluginRecord('busy')])
  return { ...host, service: host.lifecycle.service('busy') as Busy }
}

it('the events and the calls of a plugin that works on without a pause', async () => {
  const { lifecycle, service } = await busy()
  const heard = new Int32Array(new SharedArrayBuffer(4))
  const hear = (step: unknown) => void Atomics.store(heard, 0, step as number)
  lifecycle.events.on('progress', hear)
  expect(await service.work(heard, hear)).toEqual([true, true, true, true, true])
})

it('the last line that a plugin writes before it hangs', async () => {
  const { service, entries } = await busy()
  expect(await rejection(service.hang())).toMatchObject({ code: 'CFP_WORKER_TIMEOUT' })
  expect(entries.map(({ message }) => message)).toContain('about to hang')
})

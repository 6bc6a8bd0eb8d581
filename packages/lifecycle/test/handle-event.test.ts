// The events that an instance's metadata names reach its `handleEvent`, while it is active.
import type { EventContext } from '@cf-plugins/plugin-api'
import { expect, it } from 'vitest'
import { plugin, started } from './support.ts'

function listener(log: string[], events: readonly string[], label = '') {
  return plugin({ name: 'listener', events }, () => ({
    handleEvent: (event: string, context: EventContext) => void log.push(`${label}${event} ${context.payload}`),
  }))
}

it('tells an instance of the events that its metadata names, by name or by pattern, and of no other', async () => {
  const log: string[] = []
  const { events } = await started([listener(log, ['order.paid', 'user.*'])])
  for (const event of ['order.paid', 'order.sent', 'user.login', 'user', 'user.a.b']) await events.emit(event, 1)
  expect(log).toEqual(['order.paid 1', 'user.login 1', 'user.a.b 1'])
})

it('tells it once of an event that several of its names stand for', async () => {
  const log: string[] = []
  const { events } = await started([listener(log, ['user.login', 'user.*', '*'])])
  await events.emit('user.login', 1)
  // Who listens to everything hears the host as well.
  expect(log.filter((line) => line.startsWith('user.'))).toEqual(['user.login 1'])
})

it('tells it of nothing while it is disabled, and the new instance after a reload', async () => {
  const log: string[] = []
  const lifecycle = await started([listener(log, ['tick'], 'old ')])
  await lifecycle.disable('listener')
  await lifecycle.events.emit('tick', 1)
  await lifecycle.enable('listener')
  await lifecycle.events.emit('tick', 2)
  await lifecycle.reload({ set: [listener(log, ['tick'], 'new ')] })
  await lifecycle.events.emit('tick', 3)
  expect(log).toEqual(['old tick 2', 'new tick 3'])
})

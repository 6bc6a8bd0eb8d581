// Names that stand for many.
import { expect, it } from 'vitest'
import { PluginEvents } from '../src/index.ts'
import { QueueGate } from './queue-gate.ts'

it('calls the handlers of a pattern among those of the name, in the order of all of them', async () => {
  const events = new PluginEvents()
  const called: string[] = []
  const add = (name: string, priority: number) =>
    events.on(name, (_, { event }) => called.push(`${name} ${event}`), { priority })
  add('user.login', 50)
  add('user.*', 60)
  add('*', 40)
  add('users.login', 100)
  await events.emit('user.login')
  expect(called).toEqual(['user.* user.login', 'user.login user.login', '* user.login'])
  expect(events.listeners('user.login').map(({ priority }) => priority)).toEqual([60, 50, 40])
})

it('does not take a pattern for a prefix of other words', async () => {
  const events = new PluginEvents()
  events.on('user.*', () => undefined)
  expect((await events.emit('user')).handled).toBe(0)
  expect((await events.emit('username')).handled).toBe(0)
  expect((await events.emit('user.a.b')).handled).toBe(1)
})

it('forgets a pattern that is undone, and sees one that comes after the first emit', async () => {
  const events = new PluginEvents()
  const called: string[] = []
  events.on('user.login', () => called.push('plain'))
  await events.emit('user.login')
  const undo = events.on('user.*', () => called.push('pattern'))
  await events.emit('user.login')
  events.on('user.login', () => called.push('second'))
  await events.emit('user.login')
  undo()
  await events.emit('user.login')
  expect(called).toEqual(['plain', 'plain', 'pattern', 'plain', 'pattern', 'second', 'plain', 'second'])
})

it('calls no handler of a pattern that was undone by one before it in the same dispatch', async () => {
  const events = new PluginEvents()
  const called: string[] = []
  events.on('user.login', () => undo(), { priority: 'high' })
  const undo = events.on('user.*', () => called.push('late'))
  await events.emit('user.login')
  expect(called).toEqual([])
})

it('hands what was parked to the patterns of the generation that comes', async () => {
  const events = new PluginEvents()
  const gate = new QueueGate()
  const called: string[] = []
  const old = events.stage({ name: 'a', rank: 1, gate })
  old.on('user.*', (_, { event }) => called.push(`old ${event}`))
  old.commit()
  gate.close()
  const emitted = events.emit('user.login')
  old.discard()
  const fresh = events.stage({ name: 'a', rank: 1, gate })
  fresh.on('user.*', (_, { event }) => called.push(`new ${event}`))
  fresh.commit()
  gate.open()
  await emitted
  expect(called).toEqual(['new user.login'])
})

it('stays right for more names than it keeps in mind', async () => {
  const events = new PluginEvents()
  let count = 0
  events.on('n.*', () => count++)
  for (let round = 0; round < 2; round++) for (let name = 0; name < 1500; name++) await events.emit(`n.${name}`)
  expect(count).toBe(3000)
})

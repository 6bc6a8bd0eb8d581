// What is asked for at once, and what old and new code both want: one after the other, each end once.
import { EventEmitter, once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { connect, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { type Counter, states } from '../plugin-folder.ts'
import { plugin } from '../sources.ts'
import { counting, faultFolder } from './fault-folder.ts'

it('tears each generation down once, however often its end is asked for (fault 40)', async () => {
  const shared = { setups: [] as number[], teardowns: [] as number[] }
  const source = (step: number) =>
    counting(step, `host.setups.push(${step}); ended = () => void host.teardowns.push(${step})`, {
      teardown: 'async () => { ended(); await new Promise((resolve) => setTimeout(resolve, 20)) }',
    }).replace('let count = 0', 'let count = 0\nlet ended = () => {}')
  const folder = await faultFolder({ 'counter.ts': source(1) }, { shared })
  const { lifecycle } = folder.reloader
  await folder.save('counter.ts', source(2))
  await Promise.all([
    folder.reloader.reloadPlugin('counter'),
    lifecycle.disable('counter'),
    lifecycle.enable('counter'),
    lifecycle.unload('counter'),
    lifecycle.unload('counter').catch((error) => expect(error.code).toBe('CFP_PLUGIN_UNKNOWN')),
  ])
  await folder.reloader.idle()
  await folder.untouched()
  await folder.reported(() => folder.save('counter.ts', source(3)))
  expect(states(folder).counter).toBe('active')
  await Promise.all([
    folder.reloader.reloadPlugin('counter'),
    folder.reloader.stop(),
    folder.reloader.stop(),
    lifecycle.stop(),
  ])
  expect(shared.teardowns).toEqual(shared.setups)
})

it('closes the interval, the server and the listener of code that is replaced (fault 46)', async () => {
  const shared = { emitter: new EventEmitter(), beats: [] as number[], servers: [] as Server[] }
  const source = (step: number) =>
    counting(
      step,
      `context.every(5, () => void host.beats.push(${step}))
       context.listen(host.emitter, 'data', () => {})
       const { createServer } = await import('node:net')
       const server = createServer()
       await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
       host.servers.push(server)
       context.own({ [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)) })`,
    )
  const folder = await faultFolder({ 'counter.ts': source(1) }, { shared })
  await folder.reported(() => folder.save('counter.ts', source(2)))
  folder.counts(2)
  expect(shared.servers.map(({ listening }) => listening)).toEqual([false, true])
  expect(shared.emitter.listenerCount('data')).toBe(1)
  shared.beats = []
  await expect.poll(() => shared.beats.length).toBeGreaterThan(3)
  expect(new Set(shared.beats)).toEqual(new Set([2]))
  const { port } = (shared.servers.at(-1) as Server).address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
  // Failed code leaves nothing either.
  await folder.fault(
    () => folder.save('counter.ts', `${source(3)}`.replace('return {', "throw new Error('no'); return {")),
    {
      code: 'CFP_SETUP_FAILED',
      phase: 'setup',
      outcome: 'rolled-back',
    },
  )
  expect(shared.servers.map(({ listening }) => listening)).toEqual([false, false, false, true])
  expect(shared.emitter.listenerCount('data')).toBe(1)
  await folder.untouched()
})

it('goes on one after the other where old and new code want the same port, and says so (fault 45)', async () => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  await once(free, 'close')
  const server = (step: number, then = '') =>
    counting(
      step,
      `const { createServer } = await import('node:net')
       const server = createServer((socket) => void socket.end('${step}'))
       await new Promise((resolve, reject) => server.once('error', reject).listen(${port}, '127.0.0.1', () => resolve(0)))
       context.own({ [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)) })
       ${then}`,
      { reload: "{ strategy: 'overlap' }" },
    )
  const answer = async () => {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8')
    const [text] = await once(socket, 'data')
    socket.destroy()
    return text
  }
  const folder = await faultFolder({ 'counter.ts': server(1) })
  expect(await answer()).toBe('1')
  folder.counts()
  const report = await folder.reported(() => folder.save('counter.ts', server(2)))
  expect(report).toMatchObject({ outcome: 'committed', strategy: 'exclusive', kept: ['counter'] })
  expect(report.problems).toHaveLength(1)
  folder.tells(report.problems[0], { code: 'CFP_OVERLAP_IMPOSSIBLE', phase: 'stage', message: /EADDRINUSE.*hold/s })
  expect(await answer()).toBe('2')
  folder.counts(2)
  await folder.fault(() => folder.save('counter.ts', server(3, "throw new Error('and bad as well')")), {
    code: 'CFP_SETUP_FAILED',
    phase: 'setup',
    outcome: 'rolled-back',
    message: /and bad as well/,
  })
  expect(await answer()).toBe('2')
  await folder.heal(() => folder.save('counter.ts', `${server(2)}// good`))
  expect(await answer()).toBe('2')
})

it('does one after the other what is asked for at once, saves among it (fault 47)', async () => {
  const shared = { log: [] as string[] }
  const source = (step: number) =>
    counting(step, "host.log.push('up'); down = () => void host.log.push('down')", {
      teardown: 'async () => { await null; down() }',
    }).replace('let count = 0', 'let count = 0\nlet down = () => {}')
  const folder = await faultFolder({ 'counter.ts': source(1) }, { shared })
  const { reloader } = folder
  const { lifecycle } = reloader
  folder.counts()
  const ends: Promise<unknown>[] = []
  for (let round = 0; round < 5; round++) {
    ends.push(
      reloader.reloadPlugin('counter'),
      lifecycle.disable('counter'),
      folder.save('counter.ts', source(round + 2)),
    )
    ends.push(lifecycle.enable('counter'), reloader.reloadPlugins(['counter']), lifecycle.enable('counter'))
  }
  ends.push(lifecycle.unload('counter'))
  await Promise.all(ends)
  await reloader.idle()
  const isDown = (word: string, at: number) => word === (at % 2 === 0 ? 'up' : 'down')
  expect(shared.log.every(isDown)).toBe(true)
  // What was saved in between may be taken up before or after.
  await folder.save('counter.ts', source(7))
  const by = async () => {
    await reloader.idle()
    const from = folder.service<Counter>('counter').increment()
    return folder.service<Counter>('counter').increment() - from
  }
  await expect.poll(by).toBe(7)
  expect(shared.log.every(isDown)).toBe(true)
  expect(shared.log.at(-1)).toBe('up')
  await folder.untouched()
})

it('leaves unloaded what is unloaded while its new code is loaded (fault 47)', async () => {
  const folder = await faultFolder({ 'late.ts': plugin('late', { setup: '() => ({})' }) })
  const { reloader } = folder
  const reload = reloader.reloadPlugin('late')
  await reloader.lifecycle.unload('late')
  expect(await reload).toMatchObject({ outcome: 'kept', error: { code: 'CFP_PLUGIN_UNKNOWN', plugin: 'late' } })
  expect(states(folder)).toEqual({ bystander: 'active', counter: 'active' })
  await folder.heal(() => folder.save('late.ts', plugin('late', { setup: '() => ({ healed: true })' })))
  expect(folder.service('late')).toEqual({ healed: true })
})

// Calls for which a thread waits.
import { PluginError } from '@cf-plugins/plugin-api'
import { expect, it } from 'vitest'
import { callRemote } from '../src/remote.ts'
import { linkToThread, thrownBy } from './link-support.ts'

type AnyFunction = (...args: unknown[]) => unknown

it('a thread goes on with the answer in hand', async () => {
  const link = linkToThread({ serveSync: (op, args) => [op, ...args] })
  expect(await link.call('ask', ['state.get', 1, { two: [2] }])).toEqual(['state.get', 1, { two: [2] }])
})

it('what the host throws is thrown where the thread waits', async () => {
  const link = linkToThread({
    serveSync: () => {
      throw new PluginError('CFP_TEST', 'there is no such service', { plugin: 'parser' })
    },
  })
  const error = await thrownBy(link.call('ask', ['inject']))
  expect(error).toBeInstanceOf(PluginError)
  expect(error).toMatchObject({ code: 'CFP_TEST', plugin: 'parser', message: 'there is no such service' })
})

it('what was told before is heard before', async () => {
  const seen: string[] = []
  const link = linkToThread({ serve: (op) => void seen.push(op), serveSync: (op) => void seen.push(op) })
  await link.call('tellThenAsk', ['asked'])
  expect(seen).toEqual(['told', 'asked'])
})

it('a function that the host gives, such as an undo, is called and waited for in its turn', async () => {
  const undone: unknown[] = []
  const link = linkToThread({ serveSync: () => (how: unknown) => undone.push(how) })
  expect(await link.call('askUndo', ['on'])).toEqual([1, 2])
  expect(undone).toEqual(['once', 'again'])
})

it('a function that the thread gives is called whenever the host likes', async () => {
  let handler: AnyFunction | undefined
  const link = linkToThread({
    serveSync: (_op, [fn]) => {
      handler = fn as AnyFunction
    },
  })
  await link.call('askWithFunction', ['on'])
  expect(await callRemote(handler as never, ['twice'], { deadlineMs: 10_000 })).toBe('heard twice')
})

it('what cannot be cloned is named, on the way there and back (fault 71)', async () => {
  const link = linkToThread({ serveSync: () => ({ rows: new WeakMap() }) })
  expect(await thrownBy(link.call('askWithSymbol', ['emit']))).toMatchObject({
    code: 'CFP_WORKER_NOT_CLONEABLE',
    message: expect.stringContaining('emit: argument 1.deep.timer is a symbol'),
  })
  expect(await thrownBy(link.call('ask', ['state.get']))).toMatchObject({
    code: 'CFP_WORKER_NOT_CLONEABLE',
    message: expect.stringContaining('result.rows is a WeakMap'),
  })
})

it('a host that blocks is waited for no longer than the bound, and its answer is not taken for the next one', async () => {
  const link = linkToThread({
    boundMs: 100,
    serveSync: (_op, [ms]) => {
      const untilMs = performance.now() + (ms as number)
      while (performance.now() < untilMs) {}
      return ms
    },
  })
  await link.call('echo', [1])
  expect(await thrownBy(link.call('ask', ['slow', 300]))).toMatchObject({
    code: 'CFP_WORKER_TIMEOUT',
    message: expect.stringContaining('its host did not answer slow within 100 ms'),
  })
  expect(await link.call('ask', ['quick', 0])).toBe(0)
})

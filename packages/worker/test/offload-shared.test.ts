// What plugins, and generations of one, have of the threads that they share.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { PluginThreads, ThreadMessage } from '../src/index.ts'
import { errorOf, folder, offloaded, recordOf, taskOf, threadsOf } from './offload-support.ts'

type Block = (payload: { ms: number; answer?: unknown }) => Promise<unknown>

const blockOf = (threads: PluginThreads, plugin: string): Block =>
  offloaded(threads, 'block', {}, recordOf({ name: plugin })) as Block

const threadsNow = (threads: PluginThreads): number => threads.status().reduce((sum, each) => sum + each.threads, 0)

test('after a reload each call that was queued is answered by its own generation, whose threads end then (fault 72)', async () => {
  const threads = threadsOf({ threads: 2 })
  const path = await folder()
  const generation = async (number: number) => {
    const file = join(path, `generation-${number}.mjs`)
    const block = 'const until = performance.now() + 30; while (performance.now() < until);'
    await writeFile(file, `export const answer = (value) => { ${block} return [${number}, value] }`)
    const { answer } = createRequire(import.meta.url)(file) as { answer: () => unknown }
    const { call, release } = threads.offload(recordOf({}, number, file), taskOf(answer, { kind: 'hook' }))
    return { call, release }
  }
  const old = await generation(1)
  const before = [1, 2, 3, 4, 5, 6].map((value) => old.call(value))
  const next = await generation(2)
  old.release()
  const after = [1, 2, 3].map((value) => next.call(value))
  expect(await Promise.all(before)).toEqual([1, 2, 3, 4, 5, 6].map((value) => [1, value]))
  expect(await Promise.all(after)).toEqual([1, 2, 3].map((value) => [2, value]))
  // Those of the old generation have nothing to wait for.
  next.release()
  while (threadsNow(threads) > 0) await delay(5)
})

test('a plugin with more calls waiting than may is told so at once, and the log once', async () => {
  const warnings: string[] = []
  const logger = {
    debug() {},
    info() {},
    error() {},
    warn: (_: unknown, text?: string) => void warnings.push(text ?? ''),
  }
  const told: ThreadMessage[] = []
  const listen = (message: unknown) => void told.push(message as ThreadMessage)
  subscribe('cf-plugins:worker', listen)
  onTestFinished(() => void unsubscribe('cf-plugins:worker', listen))
  const threads = threadsOf({ threads: 1, queue: 2, logger })
  const block = blockOf(threads, 'busy')
  await block({ ms: 20 })
  const calls = [1, 2, 3].map((answer) => block({ ms: 20, answer }))
  expect(threads.status()).toEqual([{ plugin: 'busy', threads: 1, queued: 2, running: 1, isFull: true }])
  const error = await errorOf(block({ ms: 20 }))
  await errorOf(block({ ms: 20 }))
  expect(error).toMatchObject({ code: 'CFP_WORKER_QUEUE_FULL', plugin: 'busy' })
  expect(error.message).toContain('a call of its handler of "block" was refused, for 2 calls of the plugin wait')
  expect(warnings).toEqual([error.message])
  expect(told.filter(({ kind }) => kind === 'queue-full')).toHaveLength(2)
  expect(await Promise.all(calls)).toEqual([1, 2, 3])
  expect(await block({ ms: 1, answer: 'room again' })).toBe('room again')
  const calm = told.filter(({ kind, plugin }) => kind === 'call' && plugin === 'busy')
  expect(calm).toHaveLength(5)
  expect(calm[3]?.waitedMs).toBeGreaterThan(20)
  expect(calm[3]).toMatchObject({ role: 'offload', name: 'block', host: 'tests', generation: 1 })
})

test('plugins share a number of threads, and none waits until another has nothing to do', async () => {
  const threads = threadsOf({ threads: 2 })
  const [one, other] = [blockOf(threads, 'one'), blockOf(threads, 'other')]
  await one({ ms: 1 })
  let most = 0
  const counting = setInterval(() => {
    most = Math.max(most, threadsNow(threads))
  }, 5)
  let done = 0
  const many = Array.from({ length: 300 }, () => one({ ms: 10 }).then(() => done++))
  await delay(100)
  expect(await other({ ms: 1, answer: 'had its turn' })).toBe('had its turn')
  expect(done).toBeLessThan(300)
  await Promise.all(many)
  clearInterval(counting)
  expect(most).toBe(2)
})

test('plugins that are called in turns do not take their threads from each other', { timeout: 60_000 }, async () => {
  const told: ThreadMessage[] = []
  const listen = (message: unknown) => void told.push(message as ThreadMessage)
  subscribe('cf-plugins:worker', listen)
  onTestFinished(() => void unsubscribe('cf-plugins:worker', listen))
  const threads = threadsOf({ threads: 2 })
  const [one, other] = [blockOf(threads, 'one'), blockOf(threads, 'other')]
  // More than either has a thread for, so that both would have one more.
  const round = () => Promise.all([one, other].flatMap((block) => [1, 2, 3].map(() => block({ ms: 8 }))))
  for (let rounds = 0; rounds < 20; rounds++) await round()
  const started = () => told.filter(({ kind, plugin }) => kind === 'started' && /^(one|other)$/.test(plugin)).length
  expect(started()).toBeLessThan(16)
  // One of them is called no more, and the other has its thread in a while, though its own is at a long call all the time.
  const long = [1, 2].map(() => one({ ms: 6_000 }))
  while (!threads.status().some(({ plugin, running }) => plugin === 'one' && running === 2)) await delay(5)
  await threads.close(0)
  await Promise.all(long.map((call) => errorOf(call)))
})

test('more plugins than threads that are called one after the other do not start a thread for each call', {
  timeout: 60_000,
}, async () => {
  const told: ThreadMessage[] = []
  const listen = (message: unknown) => void told.push(message as ThreadMessage)
  subscribe('cf-plugins:worker', listen)
  onTestFinished(() => void unsubscribe('cf-plugins:worker', listen))
  const threads = threadsOf({ threads: 1 })
  const blocks = ['one', 'two', 'three'].map((plugin) => blockOf(threads, plugin))
  for (let round = 0; round < 20; round++) for (const block of blocks) await block({ ms: 1 })
  expect(told.filter(({ kind, plugin }) => kind === 'started' && /^(one|two|three)$/.test(plugin)).length).toBeLessThan(
    12,
  )
  expect(threadsNow(threads)).toBeLessThanOrEqual(3)
})

test('a thread that has nothing to do makes room for another plugin at once', async () => {
  const threads = threadsOf({ threads: 1 })
  await blockOf(threads, 'one')({ ms: 1 })
  expect(await blockOf(threads, 'other')({ ms: 1, answer: 'started' })).toBe('started')
  expect(threads.status()).toMatchObject([{ plugin: 'other', threads: 1 }])
})

test('a plugin that blocks every thread keeps no other from having one', async () => {
  const threads = threadsOf({ threads: 1 })
  const one = blockOf(threads, 'one')
  await one({ ms: 1 })
  let isBlocking = true
  const blocking = one({ ms: 8_000 }).finally(() => {
    isBlocking = false
  })
  expect(await blockOf(threads, 'other')({ ms: 1, answer: 'had one' })).toBe('had one')
  expect(isBlocking).toBe(true)
  await threads.close(0)
  await errorOf(blocking)
})

test('small calls that were sent with one that turns out long are not kept by it', async () => {
  const threads = threadsOf({ threads: 2 })
  const work = offloaded(threads, 'work') as Block
  // Until they are known to be small, and sent together.
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 50 }, () => work({ ms: 0 })))
  const order: string[] = []
  const small = () => work({ ms: 0 }).then(() => order.push('small'))
  const before = Array.from({ length: 20 }, small)
  const long = work({ ms: 4_000 }).then(() => order.push('long'))
  const behind = Array.from({ length: 20 }, small)
  await Promise.all([...before, ...behind])
  expect(order).not.toContain('long')
  await long
  expect(order).toHaveLength(41)
})

test('what is called while a host closes is refused; what was called before is answered, or rejects at the bound', async () => {
  const threads = threadsOf({ threads: 1 })
  const block = blockOf(threads, 'tasks')
  await block({ ms: 1 })
  const before = [1, 2, 3].map((answer) => block({ ms: 20, answer }))
  const closing = threads.close(5_000)
  expect(await errorOf(block({ ms: 1 }))).toMatchObject({ code: 'CFP_WORKER_ENDED' })
  expect(await Promise.all(before)).toEqual([1, 2, 3])
  await closing
  expect(threads.status()).toEqual([])

  const others = threadsOf({ threads: 1 })
  const slow = blockOf(others, 'tasks')
  await slow({ ms: 1 })
  const late = [slow({ ms: 5_000 }), slow({ ms: 5_000 })]
  const begunMs = performance.now()
  await Promise.all([others.close(100), ...late.map(errorOf)])
  expect(performance.now() - begunMs).toBeLessThan(2_000)
  expect(() =>
    others.offload(
      recordOf(),
      taskOf(() => 1),
    ),
  ).toThrow(expect.objectContaining({ code: 'CFP_WORKER_ENDED' }))
})

test('functions that nobody calls any more keep no thread', async () => {
  const threads = threadsOf()
  const file = join(import.meta.dirname, 'fixtures/tasks.mjs')
  const { double } = createRequire(import.meta.url)(file) as { double: (value: number) => number }
  const { call, release } = threads.offload(recordOf(), taskOf(double, { kind: 'hook' }))
  const last = call(2)
  release()
  release()
  expect(await last).toBe(4)
  while (threads.status().length > 0) await delay(5)
})

test('how often threads of a plugin ended unasked is counted, and no end that was asked for', async () => {
  const threads = threadsOf({ idleMs: 20 })
  const exit = offloaded(threads, 'exit')
  for (const code of [1, 2]) await errorOf(exit({ code }))
  await exit({})
  while (threads.status().length > 0) await delay(5)
  expect(threads.endsOf('tasks')).toBe(2)
  expect(threads.endsOf('others')).toBe(0)
})

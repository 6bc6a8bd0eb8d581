// A function of a plugin in a thread, as who calls it sees it.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'
import { transfer } from '@cf-plugins/plugin-api'
import { expect, test } from 'vitest'
import { errorOf, eventContext, exported, offloaded, recordOf, taskOf, threadsOf } from './offload-support.ts'

test('a function runs in another thread, and gives what it gives', async () => {
  const threads = threadsOf()
  expect(await offloaded(threads, 'double')(21)).toBe(42)
  expect(await offloaded(threads, 'whichThread')()).not.toBe(threadId)
})

test('the loop of the host goes on while a function blocks its thread', async () => {
  const threads = threadsOf()
  const block = offloaded(threads, 'block')
  await block({ ms: 1 })
  let turns = 0
  const answer = block({ ms: 150, answer: 'parsed' })
  const counting = setInterval(() => turns++, 10)
  expect(await answer).toBe('parsed')
  clearInterval(counting)
  expect(turns).toBeGreaterThan(3)
})

test('what a function throws comes back with its name, message, code and stack', async () => {
  const thrown = await offloaded(threadsOf(), 'fail')('out of range').catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(RangeError)
  expect(thrown).toMatchObject({ message: 'out of range', code: 'E_TASK', stack: expect.stringContaining('tasks.mjs') })
})

test('a handler of an event finds in its context what the event is', async () => {
  const described = await offloaded(threadsOf(), 'describe')({ to: 'ada' })
  expect(described).toEqual({ payload: { to: 'ada' }, id: 'e-1', event: 'tasks.run', source: 'host', time: 1_000 })
})

test('a handler of batches is given the payloads, and the context of each with it', async () => {
  const { call } = threadsOf().offload(recordOf(), taskOf(exported.describeBatch as never, { kind: 'batch' }))
  const contexts = [eventContext('a'), eventContext('b')]
  expect(await call(['a', 'b'], contexts)).toEqual([
    ['tasks.run', 'a', 'a'],
    ['tasks.run', 'b', 'b'],
  ])
})

test('what a step does to the maps of its context is done to those of the run', async () => {
  const threads = threadsOf()
  const record = recordOf()
  const { call: step } = threads.offload(record, taskOf(exported.step as never, { kind: 'step' }))
  const { call: undo } = threads.offload(record, taskOf(exported.takeBack as never, { kind: 'step' }))
  const seen: string[] = []
  const untouched = { count: 1 }
  const shared = new Map<string, unknown>([
    ['seen', seen],
    ['gone', 1],
    ['untouched', untouched],
  ])
  const context = {
    pipeline: 'p',
    step: 'one',
    id: 'r-1',
    shared,
    own: new Map(),
    signal: new AbortController().signal,
  }
  expect(await step(1, context)).toBe(2)
  expect(Object.fromEntries(shared)).toEqual({ seen: ['one'], pipeline: 'p', untouched: { count: 1 } })
  expect(shared.get('untouched')).toBe(untouched)
  expect(await undo(2, context)).toEqual({ value: 2, before: 1 })
})

test('a hook that wraps calls what it wraps in the host', async () => {
  const { call } = threadsOf().offload(recordOf(), taskOf(exported.around as never, { kind: 'hook' }))
  expect(await call((value: number) => value + 0.5, 1)).toBe(25)
})

test('what cannot be cloned is named by its place among the arguments (fault 71)', async () => {
  const double = offloaded(threadsOf(), 'double')
  const error = await errorOf(double({ options: { deep: [new WeakMap()] } }))
  expect(error).toMatchObject({ code: 'CFP_WORKER_NOT_CLONEABLE', plugin: 'tasks' })
  expect(error.message).toContain('argument 1.options.deep')
  expect(await double(2)).toBe(4)
})

test('what cannot be cloned harms nobody who calls in the same tick', async () => {
  const threads = threadsOf()
  const record = recordOf()
  const describe = offloaded(threads, 'describe', {}, record)
  await describe('warm')
  const calls = [describe('one'), describe({ key: Symbol('none') }), describe('other')] as const
  const error = await errorOf(calls[1])
  expect(error).toMatchObject({ code: 'CFP_WORKER_NOT_CLONEABLE' })
  expect(error.message).toContain('argument 1.key is a symbol')
  expect(await calls[0]).toMatchObject({ payload: 'one' })
  expect(await calls[2]).toMatchObject({ payload: 'other' })
  await expect(offloaded(threads, 'throwSymbol', {}, record)()).rejects.toThrow('Symbol(none of these can be cloned)')
})

test('results are whatever can be cloned, and functions that call back', async () => {
  const threads = threadsOf()
  const record = recordOf()
  const call = (name: string, payload?: unknown) => offloaded(threads, name, {}, record)(payload)
  expect(await call('map')).toEqual(new Map([['a', new Set([1])]]))
  expect(await call('list')).toHaveLength(100)
  expect(await call('later')).toEqual({ later: true })
  const { add } = (await call('callBack', { count: 1 })) as { add(more: number): Promise<number> }
  expect(await add(2)).toBe(3)
})

test('a call without what its kind is given harms no later one', async () => {
  const { call } = threadsOf().offload(recordOf(), taskOf(exported.describe as never))
  await call('warm', eventContext('warm'))
  await expect(call('no context')).rejects.toThrow(TypeError)
  expect(await call('again', eventContext('again'))).toMatchObject({ payload: 'again' })
})

test('what transfer() lists is moved', async () => {
  const bytes = new Uint8Array(16)
  const describe = offloaded(threadsOf(), 'describe')
  const described = (await describe(transfer({ bytes }, [bytes.buffer]))) as { payload: { bytes: Uint8Array } }
  expect(described.payload.bytes).toHaveLength(16)
  expect(bytes).toHaveLength(0)
})

test('a function that the entry file does not export is refused, with what to write', async () => {
  const threads = threadsOf()
  const closure = (value: number) => value
  expect(() => threads.offload(recordOf(), taskOf(closure, { name: 'mail.sent' }))).toThrow(
    expect.objectContaining({
      code: 'CFP_OFFLOAD_NOT_EXPORTED',
      plugin: 'tasks',
      message: expect.stringMatching(
        /handler of "mail\.sent", closure, is no function that .*tasks\.mjs exports.*Export it, or write execution: 'worker' in PLUGIN_META\.$/,
      ),
    }),
  )
})

test('an entry file that cannot be had at once says so, and not that a function is missing in it', () => {
  const file = join(import.meta.dirname, 'fixtures/awaiting.mjs')
  expect(() =>
    threadsOf().offload(
      recordOf({}, 1, file),
      taskOf((value: number) => value),
    ),
  ).toThrow(
    expect.objectContaining({
      code: 'CFP_OFFLOAD_NOT_EXPORTED',
      file,
      cause: expect.any(Error),
      message: expect.stringMatching(/^What .*awaiting\.mjs exports cannot be told: .*Await in setup\(\)/s),
    }),
  )
})

test('a plugin that was added by value is told to be a file', () => {
  const record = recordOf()
  const byValue = { ...record, source: { ...record.source, file: undefined } }
  const threads = threadsOf()
  expect(() => threads.offload(byValue, taskOf(exported.double as never))).toThrow(
    expect.objectContaining({ code: 'CFP_WORKER_NO_FILE' }),
  )
  expect(threads.exportNameOf(byValue, exported.double)).toBe(undefined)
  expect(threads.exportNameOf(record, exported.double)).toBe('double')
})

test('an option that is none, or has another range, is named', () => {
  expect(() => threadsOf({ thread: 2 } as object)).toThrow(/there is no option "thread"; "threads" is meant/)
  expect(() => threadsOf({ queue: 0 })).toThrow(/queue must be a whole number from 1/)
  expect(() => threadsOf({ idleMs: 2 ** 31 })).toThrow(/idleMs must be a whole number/)
  expect(() => threadsOf({ code: {} as never })).toThrow(/codeOf and exportNameOf/)
  expect(() => threadsOf(null as never)).toThrow(expect.objectContaining({ code: 'CFP_WORKER_OPTIONS' }))
})

test('a thread that has had nothing to do for long ends, and another starts when there is something to do', async () => {
  const threads = threadsOf({ idleMs: 20 })
  const whichThread = offloaded(threads, 'whichThread')
  const first = await whichThread()
  expect(threads.status()).toMatchObject([{ plugin: 'tasks', threads: 1 }])
  while (threads.status().length > 0) await delay(5)
  expect(await whichThread()).not.toBe(first)
})

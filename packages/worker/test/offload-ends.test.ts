// What becomes of the calls of threads that end, or go on for too long.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { errorOf, folder, offloaded, recordOf, threadsOf } from './offload-support.ts'

test.each([
  ['a loop without an end', 'loopForEver', undefined],
  ['a runaway regular expression', 'runawayExpression', `${'a'.repeat(40)}!`],
  ['Atomics.wait', 'waitForEver', undefined],
])(
  '%s is ended at its deadline: the call rejects, and another thread takes the next (fault 67)',
  async (_, name, payload) => {
    const threads = threadsOf({ threads: 1 })
    const record = recordOf()
    const double = offloaded(threads, 'double', {}, record)
    const whichThread = offloaded(threads, 'whichThread', {}, record)
    const first = await whichThread()
    const begunMs = performance.now()
    const error = await errorOf(offloaded(threads, name, { timeoutMs: 200 }, record)(payload))
    expect(performance.now() - begunMs).toBeLessThan(1_000)
    expect(error).toMatchObject({ code: 'CFP_WORKER_TIMEOUT', plugin: 'tasks' })
    expect(error.message).toContain(`a call of its handler of "${name}" took longer than 180 ms`)
    expect(await double(4)).toBe(8)
    expect(await whichThread()).not.toBe(first)
  },
)

test('a process that outlives the deadline of the function that waits for it keeps nobody (fault 68)', async () => {
  const threads = threadsOf({ threads: 1 })
  const record = recordOf()
  const running = offloaded(threads, 'runProcess', { timeoutMs: 200 }, record)
  await offloaded(threads, 'double', {}, record)(1)
  const begunMs = performance.now()
  expect(await errorOf(running({ seconds: 5 }))).toMatchObject({ code: 'CFP_WORKER_TIMEOUT' })
  expect(await offloaded(threads, 'double', {}, record)(4)).toBe(8)
  expect(performance.now() - begunMs).toBeLessThan(4_500)
})

test('a thread whose heap grows past its limit ends alone, and the call says so (fault 69)', async () => {
  const threads = threadsOf({ heapMb: 24 })
  const record = recordOf()
  const error = await errorOf(offloaded(threads, 'useUpTheHeap', {}, record)())
  expect(error).toMatchObject({ code: 'CFP_WORKER_OUT_OF_MEMORY', plugin: 'tasks' })
  expect(await offloaded(threads, 'double', {}, record)(4)).toBe(8)
})

test('a thread that exits takes only the call with it that it was at: those sent with it are answered (fault 70)', async () => {
  const threads = threadsOf({ threads: 1 })
  const exit = offloaded(threads, 'exit') as (payload: { code?: number; answer?: number }) => Promise<unknown>
  // Until they are known to be small, and sent together.
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 20 }, () => exit({})))
  const before = Array.from({ length: 5 }, (_, answer) => exit({ answer }))
  const exiting = exit({ code: 3 })
  const behind = Array.from({ length: 20 }, (_, answer) => exit({ answer }))
  expect(threads.status()).toMatchObject([{ queued: 0, running: 26 }])
  const error = await errorOf(exiting)
  expect(error).toMatchObject({ code: 'CFP_WORKER_ENDED', plugin: 'tasks', cause: { code: 'CFP_WORKER_ENDED' } })
  expect(error.message).toContain('a thread ended while it had a call of its handler of "exit"')
  expect(await Promise.all(before)).toEqual([0, 1, 2, 3, 4])
  expect(await Promise.all(behind)).toEqual(Array.from({ length: 20 }, (_, answer) => answer))
})

test('a call that is idempotent is tried once more on another thread, and no more than once (fault 70)', async () => {
  const threads = threadsOf()
  const record = recordOf()
  const path = await folder()
  const again = offloaded(threads, 'exitOnce', { idempotent: true }, record)
  expect(await again({ file: join(path, 'one'), answer: 'the second time' })).toBe('the second time')
  const once = offloaded(threads, 'exitOnce', {}, record)
  expect(await errorOf(once({ file: join(path, 'other') }))).toMatchObject({ code: 'CFP_WORKER_ENDED' })
  const always = offloaded(threads, 'exit', { idempotent: true }, record)
  expect(await errorOf(always({ code: 1 }))).toMatchObject({ code: 'CFP_WORKER_ENDED' })
})

test('a call that waits for a thread past its deadline rejects, and no thread is ended for it', async () => {
  const threads = threadsOf({ threads: 1 })
  const record = recordOf()
  const block = offloaded(threads, 'block', {}, record)
  const { 0: first } = await Promise.all([block({ ms: 1 })])
  const blocking = block({ ms: 400 })
  const late = offloaded(threads, 'double', { timeoutMs: 100 }, record)(1)
  const error = await errorOf(late)
  expect(error).toMatchObject({ code: 'CFP_WORKER_TIMEOUT' })
  expect(error.message).toContain('a call of its handler of "double" waited longer than 90 ms for a thread')
  expect(await blocking).toBe(first)
})

test('a call that is through in time is answered, though the loop of the host was late for it', async () => {
  const threads = threadsOf()
  const record = recordOf()
  const work = offloaded(threads, 'work', { timeoutMs: 400 }, record)
  await offloaded(threads, 'double', {}, record)(1)
  const answer = work({ ms: 20, answer: 'in time' })
  // Timers are next, and only after them what has arrived.
  await nextTurn()
  const untilMs = performance.now() + 800
  while (performance.now() < untilMs);
  expect(await answer).toBe('in time')
})

test('a function that heeds its signal may settle after its deadline, and its thread stays', async () => {
  const threads = threadsOf({ threads: 1 })
  const record = recordOf()
  const whichThread = offloaded(threads, 'whichThread', {}, record)
  const untilAborted = offloaded(threads, 'untilAborted', { timeoutMs: 150 }, record)
  const file = join(await folder(), 'state')
  // It has a tenth of a second for that, which may be too short on a machine that has much else to do.
  const stays = async () => {
    const first = await whichThread()
    expect(await errorOf(untilAborted({ file }))).toMatchObject({ code: 'CFP_WORKER_TIMEOUT' })
    return (await whichThread()) === first
  }
  expect((await stays()) || (await stays()) || (await stays())).toBe(true)
  expect(readFileSync(file, 'utf8')).toMatch(/^aborted: .*took longer than/)
})

test('a call that is aborted while it waits is not made, and one that runs is told', async () => {
  const threads = threadsOf({ threads: 1 })
  const record = recordOf()
  const file = join(await folder(), 'state')
  const untilAborted = offloaded(threads, 'untilAborted', {}, record)
  const running = new AbortController()
  const first = untilAborted({ file }, running.signal)
  while (!existsSync(file)) await delay(5)
  const waiting = new AbortController()
  const other = join(await folder(), 'other')
  const second = untilAborted({ file: other }, waiting.signal)
  waiting.abort(new Error('nobody asks any more'))
  await expect(second).rejects.toThrow('nobody asks any more')
  running.abort(new Error('enough'))
  expect(await first).toBe('tidied up')
  expect(readFileSync(file, 'utf8')).toBe('aborted: enough')
  expect(existsSync(other)).toBe(false)
})

test('code that a thread cannot load rejects each call, and says why', async () => {
  const module = `data:text/javascript,throw new Error('no licence')`
  const threads = threadsOf({ code: { codeOf: () => ({ module, image: undefined }), exportNameOf: () => 'double' } })
  const double = offloaded(threads, 'double')
  for (const call of [double(1), double(2)]) await expect(call).rejects.toThrow('no licence')
  while (threads.status().length > 0) await delay(5)
})

test('a call that is kept by another costs that other nothing when its own deadline is over', async () => {
  const threads = threadsOf({ threads: 1 })
  const record = recordOf()
  const [brief, patient] = [
    offloaded(threads, 'work', { timeoutMs: 300 }, record),
    offloaded(threads, 'block', {}, record),
  ]
  const warm = offloaded(threads, 'work', {}, record)
  await warm({ ms: 0 })
  // Until they are known to be small, and sent together.
  for (let round = 0; round < 40; round++) {
    await Promise.all(Array.from({ length: 20 }, () => [brief({ ms: 0 }), patient({ ms: 0 })]).flat())
  }
  const kept = brief({ ms: 0, answer: 'through at once' })
  const keeping = patient({ ms: 900, answer: 'takes its time' })
  expect(await Promise.all([keeping, kept.catch((error: { code: string }) => error.code)])).toEqual([
    'takes its time',
    expect.stringMatching(/^(through at once|CFP_WORKER_TIMEOUT)$/),
  ])
})

// What becomes of a thread whose plugin blocks it, breaks it or leaves it, and of who called it.
import { Worker } from 'node:worker_threads'
import { PluginError } from '@cf-plugins/plugin-api'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ThreadMessage, workerChannel } from '../src/thread-message.ts'
import { thrownBy } from './link-support.ts'
import { TestThread } from './thread-support.ts'

/** How much longer than its deadline a caller may have to wait, on a busy machine. */
const LATEST_MS = 1_000

/** What observers are told from here on. */
function observed(): ThreadMessage[] {
  const messages: ThreadMessage[] = []
  const note = (message: unknown) => void messages.push(message as ThreadMessage)
  workerChannel.subscribe(note)
  onTestFinished(() => void workerChannel.unsubscribe(note))
  return messages
}

describe('a thread that is blocked', () => {
  it.each([
    ['by an endless loop', 'spin'],
    ['by a regular expression that runs away', 'matchForever'],
    ['by a wait that nobody ends', 'waitForever'],
  ])('%s is ended, its calls reject, and another can start at once (fault 67)', async (_how, name) => {
    const thread = await new TestThread().begin()
    const messages = observed()
    const beganMs = performance.now()
    const blocking = thrownBy(thread.run(name, [], { deadlineMs: 150 }))
    const waiting = thrownBy(thread.run('echo', ['behind it']))
    expect(await blocking).toMatchObject({ code: 'CFP_WORKER_TIMEOUT', plugin: 'parser' })
    expect(performance.now() - beganMs).toBeLessThan(150 + LATEST_MS)
    const error = await waiting
    expect(error).toMatchObject({
      code: 'CFP_WORKER_ENDED',
      plugin: 'parser',
      generation: 1,
      message: expect.stringContaining(`${name}() went on past its deadline of 150 ms and blocked it`),
    })
    expect(await thread.ended).toBe(error)
    expect(thread.alive).toBe(false)
    expect(messages).toMatchObject([{ kind: 'terminated', plugin: 'parser', threadId: thread.threadId, error }])
    const replacement = await new TestThread().begin()
    expect(await replacement.run('echo', ['again'])).toBe('again')
  })

  it('by a process that outlives the deadline answers in time all the same, and so does its end (fault 68)', async () => {
    const thread = await new TestThread().begin()
    const beganMs = performance.now()
    const executing = thrownBy(thread.run('execute', [8], { deadlineMs: 150 }))
    const waiting = thrownBy(thread.run('echo', ['behind it']))
    expect(await executing).toMatchObject({ code: 'CFP_WORKER_TIMEOUT' })
    expect(await waiting).toMatchObject({ code: 'CFP_WORKER_ENDED' })
    await thread.ended
    // The other one runs while the process of the first still does.
    const replacement = await new TestThread().begin()
    expect(await replacement.run('echo', ['again'])).toBe('again')
    expect(performance.now() - beganMs).toBeLessThan(7_000)
  })

  it('for a while only, or by work that is awaited, lives on', async () => {
    const thread = await new TestThread().begin()
    const never = thrownBy(thread.run('never', [], { deadlineMs: 50 }))
    expect(await never).toMatchObject({ code: 'CFP_WORKER_TIMEOUT' })
    expect(await thread.run('echo', ['still there'])).toBe('still there')
  })
})

describe('a thread that breaks', () => {
  it('for want of memory ends alone, and says so (fault 69)', async () => {
    const thread = await new TestThread({ heapMb: 16 }).begin()
    const messages = observed()
    const error = await thrownBy(thread.run('hog'))
    expect(error).toMatchObject({
      code: 'CFP_WORKER_OUT_OF_MEMORY',
      plugin: 'parser',
      message: expect.stringContaining('its heap grew past 16 MB. Raise worker.heapMb'),
    })
    expect(await thread.ended).toBe(error)
    expect(messages).toMatchObject([{ kind: 'crashed', error }])
  })

  // Before, nobody can ask a thread that blocks how much it has.
  const canAsk = 'getHeapStatistics' in Worker.prototype
  it.skipIf(!canAsk)('by one map that doubles, for which there is no memory, ends alone, too (fault 69)', async () => {
    const thread = await new TestThread({ heapMb: 32 }).begin()
    expect(await thrownBy(thread.run('fillMap'))).toMatchObject({ code: 'CFP_WORKER_OUT_OF_MEMORY' })
  })

  it('because it keeps a little more with each call ends alone, too, once that is more than it may (fault 69)', async () => {
    const thread = await new TestThread({ heapMb: 32 }).begin()
    const leaking = async () => {
      for (;;) await thread.run('leak', [10_000])
    }
    expect(await thrownBy(leaking())).toMatchObject({
      code: 'CFP_WORKER_OUT_OF_MEMORY',
      message: expect.stringContaining('its heap grew past 32 MB'),
    })
  })

  it('by process.exit() rejects what it had not answered (fault 70)', async () => {
    const thread = await new TestThread().begin()
    const calls = [thread.run('exit', [3]), thread.run('echo', ['behind it'])]
    for (const error of await Promise.all(calls.map(thrownBy))) {
      expect(error).toMatchObject({ code: 'CFP_WORKER_ENDED', message: expect.stringContaining('exited with code 3') })
    }
    expect(await thrownBy(thread.run('echo'))).toMatchObject({ code: 'CFP_WORKER_ENDED' })
  })

  it('has answered what it had answered before (fault 70)', async () => {
    const thread = await new TestThread().begin()
    const calls = [thread.run('answerAndExit', ['last words']), thread.run('never')]
    // By the time that the host is free, the thread is gone, and its answer is there.
    setImmediate(() => {
      const untilMs = performance.now() + 500
      while (performance.now() < untilMs) {}
    })
    const [answer, never] = await Promise.allSettled(calls)
    expect(answer).toEqual({ status: 'fulfilled', value: 'last words' })
    expect(never).toMatchObject({ status: 'rejected', reason: { code: 'CFP_WORKER_ENDED' } })
  })

  it.each([
    ['by an error that nobody caught', 'throwLater', RangeError],
    ['by a rejection that nobody heard', 'rejectUnheard', TypeError],
  ])('%s rejects what it had not answered, with the cause (fault 70)', async (_how, name, type) => {
    const thread = await new TestThread().begin()
    const error = (await thrownBy(thread.run(name))) as PluginError
    expect(error).toMatchObject({ code: 'CFP_WORKER_ENDED', message: expect.stringContaining('nobody') })
    expect(error.cause).toBeInstanceOf(type)
  })
})

describe('a thread that is started', () => {
  it('says when it is ready, and how long that took', async () => {
    const messages = observed()
    const thread = await new TestThread({ generation: 4 }).begin()
    expect(messages).toMatchObject([
      { kind: 'started', host: 'tests', plugin: 'parser', generation: 4, role: 'plugin', threadId: thread.threadId },
    ])
    expect(messages[0]?.durationMs).toBeGreaterThan(0)
  })

  it('with code that does not load rejects with why', async () => {
    const code = { module: 'file:///nowhere/parser.mjs', image: undefined }
    const thread = new TestThread({ code })
    const error = (await thrownBy(thread.ready)) as PluginError
    expect(error).toMatchObject({ code: 'CFP_WORKER_START_FAILED', plugin: 'parser' })
    expect(error.message).toContain('/nowhere/parser.mjs')
    expect(error.cause).toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' })
    expect(thread.alive).toBe(false)
  })

  it('and takes too long is ended (fault 67)', async () => {
    const code = { module: 'data:text/javascript,for(;;);', image: undefined }
    const thread = new TestThread({ code, startMs: 700 })
    const call = thrownBy(thread.call('register', [], { deadlineMs: 100 }))
    expect(await call).toMatchObject({ code: 'CFP_WORKER_TIMEOUT' })
    expect(thread.alive).toBe(true)
    expect(await thrownBy(thread.ready)).toMatchObject({
      code: 'CFP_WORKER_START_FAILED',
      message: expect.stringContaining('did not start within 700 ms'),
    })
  })

  it('and exits while it starts says that too (fault 70)', async () => {
    const code = { module: 'data:text/javascript,process.exit(5)', image: undefined }
    const thread = new TestThread({ code })
    expect(await thrownBy(thread.ready)).toMatchObject({
      code: 'CFP_WORKER_START_FAILED',
      cause: { code: 'CFP_WORKER_ENDED', message: expect.stringContaining('exited with code 5') },
    })
  })

  it('with code that cannot be cloned is refused', () => {
    const code = { module: 'data:text/javascript,', image: { load() {} } }
    expect(() => new TestThread({ code })).toThrow(
      expect.objectContaining({ code: 'CFP_WORKER_START_FAILED', plugin: 'parser' }),
    )
  })

  it('evaluates what is loaded of an image', async () => {
    const load = `export const load = async (image) => ({
      PLUGIN_META: { name: 'parser', version: '1.0.0' },
      register: () => ({ give: () => image }),
    })`
    const module = `data:text/javascript,${encodeURIComponent(load)}`
    const thread = await new TestThread({ code: { module, image: { text: 'from memory' } } }).begin()
    expect(await thread.run('give')).toEqual({ text: 'from memory' })
  })
})

describe('a thread that is not needed any more', () => {
  it('ends when it is asked to', async () => {
    const thread = await new TestThread().begin()
    const messages = observed()
    await thread.end(10_000)
    expect(await thread.ended).toBeUndefined()
    expect(messages).toMatchObject([{ kind: 'ended' }])
    expect(await thrownBy(thread.run('echo'))).toMatchObject({ code: 'CFP_WORKER_ENDED' })
  })

  it('and does not heed that is ended, within the bound', async () => {
    const thread = await new TestThread().begin()
    const spinning = thrownBy(thread.run('spin'))
    const beganMs = performance.now()
    await thread.end(100)
    expect(performance.now() - beganMs).toBeLessThan(100 + LATEST_MS)
    expect(await spinning).toMatchObject({ code: 'CFP_WORKER_ENDED' })
    expect(await thread.ended).toBeUndefined()
  })

  it('can be terminated at once, with what its calls are told', async () => {
    const thread = await new TestThread().begin()
    const why = new PluginError('CFP_TEST', 'no more of it')
    const spinning = thrownBy(thread.run('spin'))
    thread.terminate(why)
    expect([await spinning, await thread.ended]).toEqual([why, why])
    thread.terminate(new PluginError('CFP_TEST', 'again'))
    await thread.end(0)
  })
})

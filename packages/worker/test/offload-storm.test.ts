// Many calls of every kind at once, while threads end under them: each is answered once, and rightly.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type AnyCall, folder, offloaded, recordOf, threadsOf } from './offload-support.ts'

/** A generator of numbers that is the same each time: Park and Miller's. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

test.each([1, 2])(
  'of many calls each is answered once, whatever becomes of its thread: seed %i (faults 67, 70)',
  async (seed) => {
    const next = numbersFrom(seed * 7_919)
    const threads = threadsOf({ threads: 2 })
    const record = recordOf()
    const file = join(await folder(), 'begun')
    writeFileSync(file, '')
    const call = (name: string, options = {}): AnyCall => offloaded(threads, name, options, record)
    const [small, noted, again] = [call('exit'), call('note'), call('note', { idempotent: true })]
    const [large, failing, hanging] = [call('list'), call('fail'), call('loopForEver', { timeoutMs: 150 })]
    // Until they are known to be small, and sent together.
    for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 30 }, () => small({})))
    await Promise.all(Array.from({ length: 100 }, () => noted({ file, id: 'warm' })))
    await Promise.all(Array.from({ length: 100 }, () => again({ file, id: 'warm' })))

    const ended = { code: 'CFP_WORKER_ENDED' }
    const kinds: ((id: number) => Promise<void>)[] = [
      async (answer) =>
        expect(await settled(small({ answer }))).toSatisfy((given) => given === answer || isEnded(given)),
      async (id) =>
        expect(await settled(noted({ file, id: `n${id}` }))).toSatisfy((given) => given === `n${id}` || isEnded(given)),
      async (id) =>
        expect(await settled(again({ file, id: `i${id}` }))).toSatisfy((given) => given === `i${id}` || isEnded(given)),
      async () =>
        expect(await settled(large())).toSatisfy((given) => (given as unknown[]).length === 100 || isEnded(given)),
      async (id) =>
        expect(await settled(failing(`f${id}`))).toSatisfy(
          (given) => (given as Error).message === `f${id}` || isEnded(given),
        ),
      async () => expect(await settled(noted({ file, id: 'exits', exit: true }))).toMatchObject(ended),
    ]
    const calls = Array.from({ length: 400 }, (_, id) => {
      const at = next(60)
      const kind = kinds[at === 0 ? 5 : next(5)] as (id: number) => Promise<void>
      return kind(id)
    })
    calls.push(settled(hanging()).then((given) => expect(given).toMatchObject({ code: 'CFP_WORKER_TIMEOUT' })))
    await Promise.all(calls)

    const times = new Map<string, number>()
    for (const id of readFileSync(file, 'utf8').split('\n')) times.set(id, (times.get(id) ?? 0) + 1)
    for (const [id, count] of times) {
      if (id.startsWith('n')) expect(count, id).toBe(1)
      if (id.startsWith('i')) expect(count, id).toBeLessThanOrEqual(2)
    }
    expect(threads.status()).toMatchObject([{ queued: 0, running: 0 }])
  },
)

const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error)

const isEnded = (given: unknown): boolean => (given as { code?: unknown } | undefined)?.code === 'CFP_WORKER_ENDED'

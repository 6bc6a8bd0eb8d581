// What is left of generations whose handlers ran in threads.
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { PluginThreads } from '../src/index.ts'
import { eventContext, exported, recordOf, taskOf, threadsOf } from './offload-support.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** A generation that was called and released. What is called is its own, so that nobody else keeps it. */
async function generation(threads: PluginThreads, number: number): Promise<WeakRef<object>[]> {
  const record = recordOf({}, number)
  const context = eventContext(1)
  const { call, release } = threads.offload(record, taskOf(exported.double as never))
  await Promise.all([call(1, context), call(2, context), call(3, context)])
  release()
  return [new WeakRef(record), new WeakRef(context)]
}

test('nothing keeps a generation whose calls are answered, nor what they were called with', async () => {
  const threads = threadsOf()
  const refs = [...(await generation(threads, 1)), ...(await generation(threads, 2))]
  const isKept = () => {
    collect()
    return refs.some((ref) => ref.deref() !== undefined)
  }
  for (let tries = 0; tries < 200 && isKept(); tries++) await delay(25)
  expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined, undefined, undefined])
  expect(threads.status()).toEqual([])
})

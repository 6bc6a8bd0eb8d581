// A function of a plugin in a thread, as who calls it sees it.

import { threadId } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { offloaded, threadsOf } from './offload-support.ts'

test('a function runs in another thread, and gives what it gives', async () => {
  const threads = threadsOf()
  expect(await offloaded(threads, 'double')(21)).toBe(42)
  expect(await offloaded(threads, 'whichThread')()).not.toBe(threadId)
})

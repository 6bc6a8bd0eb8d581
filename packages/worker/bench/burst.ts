// Hot path: an event that many handle in threads, all of them called in one tick. Posting costs more than such a task does, and so what goes
// together is posted together: a task costs less the more there are.
import { growth } from '@cf-plugins/bench-harness'
import { PluginThreads } from '@cf-plugins/worker'
import { offloading } from './offloading.ts'

const threads = new PluginThreads({ threads: 2 })
const addOne = offloading(threads, 'small.mjs')('addOne')

const burst = (tasks: number) => {
  const payloads = Array.from({ length: tasks }, (_, count) => ({ count }))
  return () => Promise.all(payloads.map(addOne))
}

await growth(
  'a burst of n small tasks in two threads',
  { 64: burst(64), 640: burst(640) },
  { unit: 'us', warmup: 500, budgetMs: 2_000, why: 'ten times the tasks are ten times the messages at most' },
)
await threads.close(1_000)

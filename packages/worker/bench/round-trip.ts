// A small round trip: one call, and its answer, before the next. Everybody posts a message there and one back, and waits for two loops to
// come round: that is the floor, and what is told is what each puts on top of it.
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { compare } from '@cf-plugins/bench-harness'
import { Lifecycle } from '@cf-plugins/lifecycle'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { PluginThreads } from '@cf-plugins/worker'
import { Piscina } from 'piscina'
import { Tinypool } from 'tinypool'
import workerpool from 'workerpool'
import { fileOf, offloaded } from './offloading.ts'

type Counting = (payload: { count: number }) => Promise<{ count: number }>

const threads = new PluginThreads()
const lifecycle = new Lifecycle<unknown, unknown>({ app: {}, threads })
const file = fileOf('plugin.mjs')
lifecycle.registry.add(toPluginRecord(await import(pathToFileURL(file).href), { file, generation: 1, files: [file] }))
await lifecycle.start()
const service = lifecycle.service('counter') as { addOne: Counting }
const handler = offloaded(threads, 'small.mjs', 'addOne')

const worker = new Worker(fileOf('small-raw.mjs'))
const bounds = { filename: fileOf('small.mjs'), minThreads: 1, maxThreads: 1 }
const piscina = new Piscina(bounds)
const tinypool = new Tinypool(bounds)
const others = workerpool.pool(fileOf('small-workerpool.mjs'), { minWorkers: 1, maxWorkers: 1, workerType: 'thread' })

/** With no ids, errors or bounds: whoever asks twice at once does not know which answer is whose. */
let answered: (value: unknown) => void
worker.on('message', (value) => answered(value))
const raw = (payload: unknown) =>
  new Promise((resolve) => {
    answered = resolve
    worker.postMessage(payload)
  })

const payload = { count: 1 }

await compare(
  'a small round trip',
  {
    'raw postMessage': () => raw(payload),
    'a method of a plugin in a thread': () => service.addOne(payload),
    'a handler with offload': () => handler(payload),
    piscina: () => piscina.run(payload),
    tinypool: () => tinypool.run(payload),
    workerpool: () => others.exec('addOne', [payload]),
  },
  {
    unit: 'us',
    // Compiled on both sides of each wire before anything is measured.
    warmup: 1_000,
    budgetMs: 6_000,
    rounds: 60,
    goals: [
      {
        of: 'a method of a plugin in a thread',
        against: 'raw postMessage',
        // 1.3 is the goal of performance.md, and 0.6 to 1.5 is usual. Which processor a thread wakes up on is settled for the life of a process,
        // and worth 20 or 90 us to raw, 50 or 150 to this: where the two are unlucky in turn, it is 2 and more.
        atMost: 2.5,
        why: 'a deadline and errors included',
      },
      { of: 'a handler with offload', against: 'raw postMessage', atMost: 2.5 },
      { of: 'a method of a plugin in a thread', against: 'tinypool', atMost: 1 },
    ],
  },
)

await Promise.all([piscina.destroy(), tinypool.destroy(), others.terminate()])
worker.postMessage(undefined)
await once(worker, 'exit')
await lifecycle.stop()
await threads.close(1_000)

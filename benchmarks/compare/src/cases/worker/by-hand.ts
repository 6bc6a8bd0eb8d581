// The floors: threads and messages by hand, with no ids, errors, bounds or deadlines.
import { Worker } from 'node:worker_threads'
import { fileOf, type Pool, type Tasks } from './pools.ts'

/** One message there and one back. Whoever asks twice at once does not know which answer is whose. */
export function oneMessage<Name extends keyof Tasks>(task: Name): Pool<Name> {
  const worker = new Worker(fileOf('raw-one.mjs'), { workerData: task })
  let answered: (value: unknown) => void
  worker.on('message', (value) => answered(value))
  const run = (payload: unknown) =>
    new Promise((resolve) => {
      answered = resolve
      worker.postMessage(payload)
    })
  return { run, end: () => worker.terminate() }
}

/** So many payloads at once, each thread's share in one message; resolves with all answers. */
export function oneMessageEach(task: keyof Tasks, threads: number) {
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(fileOf('raw.mjs'), { workerData: task })
    let answered: (values: unknown[]) => void
    worker.on('message', (values) => answered(values))
    const run = (payloads: readonly unknown[]) =>
      new Promise<unknown[]>((resolve) => {
        answered = resolve
        worker.postMessage(payloads)
      })
    return { run, end: () => worker.terminate() }
  })
  return {
    run: async (payloads: readonly unknown[]): Promise<unknown[]> => {
      const share = Math.ceil(payloads.length / threads)
      const parts = workers.map(({ run }, index) => run(payloads.slice(index * share, (index + 1) * share)))
      return (await Promise.all(parts)).flat()
    },
    end: () => Promise.all(workers.map(({ end }) => end())),
  }
}

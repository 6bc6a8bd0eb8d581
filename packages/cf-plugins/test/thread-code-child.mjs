// Run by thread-code.test.ts as a worker thread: evaluates an image from source, and posts what the entry's `tell` gives.
import { parentPort, workerData } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

register()
const { load } = await import('../src/thread-code.ts')
const api = await import('@cf-plugins/plugin-api')
const entry = await load(workerData)
parentPort.postMessage(await entry.tell(api))

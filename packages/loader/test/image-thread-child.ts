// Run by image.test.ts as a worker thread: evaluates an image, and posts what the entry's `tell` gives.
import { inspect } from 'node:util'
import { parentPort, workerData } from 'node:worker_threads'
import * as api from '@cf-plugins/plugin-api'
import { loadImage, type PluginImage } from '../src/index.ts'

const lines: string[] = []
globalThis.log = (...values) => void lines.push(values.map((value) => inspect(value)).join(' '))
const { image, argument } = workerData as { image: PluginImage; argument: unknown }
try {
  const hostModules = { supplied: async () => ({ default: 'by the thread' }) }
  const entry = (await loadImage(image, { hostModules })) as { tell?: (...args: unknown[]) => unknown }
  const told = await entry.tell?.(argument, api)
  parentPort?.postMessage({ told, lines })
} catch (error) {
  const { message, code, file, line, generation, plugin, stack } = error as api.PluginError
  parentPort?.postMessage({ failed: { message, code, file, line, generation, plugin, stack } })
}

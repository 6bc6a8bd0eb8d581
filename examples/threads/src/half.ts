// One half of the demo: an HTTP server with a plugin that parses, and visitors who ask the server meanwhile.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, PluginManager } from 'cf-plugins'
import { Outline } from '../plugins/_outline.ts'
import { type LoopDelay, measureLoopDelay } from './loop-delay.ts'
import type { Visits } from './visitors.ts'
import { startVisitors } from './visitors-process.ts'

/** What was seen of a half. */
export interface Half {
  /** How long each parsing took, in milliseconds; of one that failed why. */
  readonly parsings: readonly (number | Error)[]
  readonly loop: LoopDelay
  readonly visits: Visits
  /** What the framework warned of. */
  readonly warnings: readonly string[]
}

/** Between two parsings, in milliseconds: so long whoever waits has the event loop. */
const REST_MS = 100

/** Serves HTTP while the parser of a plugin folder parses `file`, `times` times. */
export async function runHalf(plugins: string, file: string, times: number): Promise<Half> {
  const warnings: string[] = []
  const manager = new PluginManager({ paths: [plugins], load: { env: {} }, logger: warningsInto(warnings) })
  const server = createServer((_request, response) => response.end('Hello\n'))
  try {
    const { failed } = await manager.start()
    if (failed[0]) throw failed[0].error
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const visitors = await startVisitors(`http://127.0.0.1:${port}/`)
    try {
      const endOfMeasuring = measureLoopDelay()
      const parsings = await parseAgain(manager, file, times)
      const loop = endOfMeasuring()
      return { parsings, loop, visits: await visitors.found(), warnings }
    } finally {
      visitors.stop()
    }
  } finally {
    server.close()
    server.closeAllConnections()
    await manager.stop()
  }
}

async function parseAgain(manager: PluginManager, file: string, times: number): Promise<Half['parsings']> {
  const parsings: (number | Error)[] = []
  while (parsings.length < times) {
    if (parsings.length > 0) await sleep(REST_MS)
    parsings.push(await parse(manager, file))
  }
  return parsings
}

async function parse(manager: PluginManager, file: string): Promise<number | Error> {
  const from = performance.now()
  try {
    const outline = await manager.hooks.call(Outline, file)
    return outline ? performance.now() - from : new Error('no plugin outlines files')
  } catch (error) {
    return error as Error
  }
}

/** A logger that keeps the warnings, and has no use for the rest. */
function warningsInto(warnings: string[]): Logger {
  const nothing = () => {}
  const warn = (...told: readonly unknown[]) => {
    const message = told.find((each) => typeof each === 'string')
    if (message !== undefined) warnings.push(message)
  }
  return { debug: nothing, info: nothing, warn, error: warn }
}

// A plugin in a thread that another one in a thread has to do with.
import { threadId } from 'node:worker_threads'
import { hookRef, type PluginContext, PluginError } from '@cf-plugins/plugin-api'

export const PLUGIN_META = { name: 'giving', version: '1.0.0', execution: 'worker', provides: ['box'] }

export const Around = hookRef.wrap<(value: number) => number>('around')

/** What it offers besides itself. */
export class Box {
  readonly #items: unknown[] = []
  readonly label = 'a box'

  put(item: unknown): number {
    return this.#items.push(item)
  }

  isSame(box: unknown): boolean {
    return box === this
  }
}

export class Giving {
  readonly thread = threadId
  readonly box = new Box()

  async each(numbers: readonly number[], task: (number: number) => unknown): Promise<unknown[]> {
    const results: unknown[] = []
    for (const number of numbers) results.push(await task(number))
    return results
  }

  fail(): never {
    throw new PluginError('CFP_OWN', 'not today', { plugin: 'giving', cause: new RangeError('too far') })
  }

  bytes(text: string): Buffer {
    return Buffer.from(text)
  }

  until(signal: AbortSignal): Promise<string> {
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(String(signal.reason))))
  }

  async greetBy(greeter: { greet(name: string): unknown }): Promise<unknown> {
    return greeter.greet('you')
  }
}

export function register(_app: unknown, context: PluginContext): Giving {
  const giving = new Giving()
  context.provide('box', giving.box)
  context.hooks.on(Around, async (next, value) => (await next(value * 2)) + 0.5)
  context.on('asked', async (payload) => void (await context.emit('answered', [payload, threadId])))
  return giving
}

// A plugin in a thread that uses another one in a thread.
import { threadId } from 'node:worker_threads'
import { type InThread, type PluginContext, PluginError, serviceRef } from '@cf-plugins/plugin-api'
import { Around, type Box, type Giving } from './giving.ts'

export const PLUGIN_META = { name: 'asking', version: '1.0.0', execution: 'worker', dependencies: ['giving'] }

const GivingRef = serviceRef<InThread<Giving> & { readonly box: InThread<Box> }>('giving')

export function register(_app: unknown, context: PluginContext) {
  const { inject, hooks, on, emit } = context
  const giving = inject(GivingRef)
  const box = inject('box') as InThread<Box>
  const answers: unknown[] = []
  on('answered', (answer) => void answers.push(answer))
  hooks.on(Around, async (next, value) => (await next(value + 1)) * 10)
  return {
    run: async () => {
      const failure = await giving.fail().catch((error: unknown) => error)
      const abort = new AbortController()
      const waiting = giving.until(abort.signal)
      abort.abort('enough')
      const bytes = await giving.bytes('hello')
      await emit('asked', 7)
      return {
        threads: [threadId, giving.thread],
        each: await giving.each([1, 2, 3], (number) => number * threadId),
        failure: failure instanceof PluginError && [failure.code, failure.plugin, String(failure.cause)],
        reason: await waiting,
        bytes: bytes.toString(),
        greeting: await giving.greetBy({ greet: (name) => `hello ${name} from ${threadId}` }),
        box: [
          box.label,
          await box.put(1),
          await giving.box.put(2),
          await box.isSame(box),
          await box.isSame(giving.box),
        ],
        around: await hooks.call(Around, (value) => value, 1),
        answers,
      }
    },
  }
}

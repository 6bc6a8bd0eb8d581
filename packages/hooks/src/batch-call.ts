// One call of a handler with several events, under one deadline.
import { isThenable } from '@cf-plugins/plugin-api'
import type { Deadlines } from '@cf-plugins/plugin-api/host'
import type { BatchItem } from './batched-event.ts'
import type { HandlerCall } from './handler-call.ts'
import { type Pending, Wave } from './wave.ts'

/** @param over told how it ended: nothing where it went well */
export function callWith(
  deadlines: Deadlines,
  call: HandlerCall,
  limitMs: number,
  items: readonly BatchItem[],
  over: (failure: { readonly reason: unknown } | undefined) => void,
): void {
  const { entry } = call
  const contexts = items.map(({ context }) => context)
  entry.gate?.enter()
  try {
    const result = call.run([contexts.map(({ payload }) => payload), contexts])
    if (isThenable(result)) {
      const end = (reason: unknown) => {
        for (const context of contexts) context.end(reason)
      }
      const told = {
        done: () => over(undefined),
        fail: (_pending: Pending, reason: unknown) => over({ reason }),
        waveEnded: () => undefined,
      }
      const wave = new Wave<Pending>(told, deadlines)
      wave.watch({ entry, context: { end }, limitMs, call, open: true }, result)
      wave.seal()
      return
    }
    over(undefined)
  } catch (reason) {
    over({ reason })
  }
  entry.gate?.leave()
}

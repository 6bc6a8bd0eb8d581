// One call of one handler of events, where it takes more than to call it in a loop.
import { type EventHandler, isThenable } from '@cf-plugins/plugin-api'
import type { Batches } from './batches.ts'
import type { DispatchCore } from './dispatch-core.ts'
import type { HandlerContext } from './event-context.ts'
import { HandlerCall, SKIPPED } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { Plan } from './handler-plan.ts'
import type { Pending, Wave } from './wave.ts'

type Entry = HandlerEntry<EventHandler>

/** What is dispatched, and how. */
export interface Dispatch {
  readonly core: DispatchCore<EventHandler>
  readonly batches: Batches
  readonly plan: Plan<EventHandler>
  readonly context: HandlerContext
  /** Whether each handler takes a `HandlerCall`. */
  readonly fully: boolean
  readonly timeoutMs: number | undefined
}

/** Who is told what comes of the call. */
export interface CallOwner {
  failed(entry: HandlerEntry<unknown>, error: unknown): void
  /** Its condition passed it over. */
  skipped(): void
}

/** @param wave asked for where something is to be waited for */
export function callHandler(of: Dispatch, entry: Entry, owner: CallOwner, wave: () => Wave<Pending>): void {
  const { core, plan } = of
  const context = entry.timeoutMs === undefined ? of.context : of.context.forOne()
  const { gate, handler } = entry
  let call: HandlerCall | undefined
  if (of.fully || entry.elaborate) {
    call = new HandlerCall(entry, { name: context.event, eventId: context.id, plan }, core.watch)
  } else {
    if (entry.once) entry.stage.remove(entry)
    if (!plan.counts) entry.record.calls++
  }
  gate?.enter()
  try {
    const result = call === undefined ? handler(context.payload, context) : call.run([context.payload, context])
    if (isThenable(result)) {
      const limitMs = limitOf(of, entry)
      wave().watch({ entry, context, limitMs, call, open: true }, result)
      return
    }
    if (result === SKIPPED) owner.skipped()
  } catch (error) {
    owner.failed(entry, error)
  }
  gate?.leave()
}

/** How long a handler may take for this dispatch, in milliseconds. */
export function limitOf({ core, timeoutMs }: Dispatch, entry: Entry): number {
  const ownMs = entry.timeoutMs ?? timeoutMs ?? core.usualMs
  return Math.min(ownMs, timeoutMs ?? ownMs)
}

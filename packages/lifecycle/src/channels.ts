// Diagnostics channels: what an observer can listen to without being known. Nothing is published while nobody listens.
import { channel, tracingChannel } from 'node:diagnostics_channel'
import { isThenable } from '@cf-plugins/plugin-api'

/** What a tracing channel publishes about one call of one plugin's hook. */
export interface HookTrace {
  /** Which host it is in: `Lifecycle.id`. */
  readonly host: string
  readonly plugin: string
  readonly generation: number
  error?: unknown
}

/** What `cf-plugins:state` publishes. */
export interface StateChange {
  /** Which host it is in: `Lifecycle.id`. */
  readonly host: string
  readonly plugin: string
  readonly from: string
  readonly to: string
  readonly error?: unknown
}

/** `tracing:cf-plugins:register:*`, around each call of `register`. */
export const registerChannel = tracingChannel<HookTrace, HookTrace>('cf-plugins:register')
/** `tracing:cf-plugins:setup:*`, around each call of `setup`. */
export const setupChannel = tracingChannel<HookTrace, HookTrace>('cf-plugins:setup')
/** `tracing:cf-plugins:teardown:*`, around each call of `teardown`. */
export const teardownChannel = tracingChannel<HookTrace, HookTrace>('cf-plugins:teardown')
/** `cf-plugins:state`, at each transition of a plugin. */
export const stateChannel = channel('cf-plugins:state')

type Tracing = typeof registerChannel

/** Whose hook is traced. */
interface Traced {
  readonly name: string
  readonly host: { readonly id: string }
  readonly record: { readonly source: { readonly generation: number } }
}

/** Calls `task` between the channel's `start` and `asyncEnd`. */
export function traced<T>(tracing: Tracing, { name, host, record }: Traced, task: () => T): T {
  const trace: HookTrace = { host: host.id, plugin: name, generation: record.source.generation }
  tracing.start.publish(trace)
  const end = () => tracing.asyncEnd.publish(trace)
  const fail = (error: unknown) => {
    trace.error = error
    tracing.error.publish(trace)
    end()
  }
  let result: T
  try {
    result = task()
  } catch (error) {
    fail(error)
    throw error
  }
  tracing.end.publish(trace)
  if (!isThenable(result)) {
    end()
    return result
  }
  // One promise for both who wait: a query, say, runs as often as its `then` is called.
  const promise = Promise.resolve(result)
  promise.then(end, fail)
  return promise as T
}

/** Whether anybody wants to know. */
export function isListenedTo({ start, end, asyncEnd, error }: Tracing): boolean {
  return start.hasSubscribers || end.hasSubscribers || asyncEnd.hasSubscribers || error.hasSubscribers
}

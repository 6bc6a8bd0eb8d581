// The ways in which a thread ends, each as the error of the calls that were in flight.
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import type { LateCall } from './pending-call.ts'
import type { WorkerThreadOptions } from './worker-thread.ts'

type Of = Pick<WorkerThreadOptions, 'plugin' | 'generation' | 'heapMb' | 'startMs'>

/** It threw what nobody caught, or used up its heap. */
export function crashed(of: Of, cause: unknown): PluginError {
  if ((cause as { code?: unknown } | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY') return outOfMemory(of, cause)
  return error(of, 'CFP_WORKER_ENDED', `its thread ended by an error that nobody caught: ${messageOf(cause)}`, cause)
}

/** It keeps more in memory than it may. */
export function outOfMemory(of: Of, cause?: unknown): PluginError {
  return error(
    of,
    'CFP_WORKER_OUT_OF_MEMORY',
    `its thread ended, for its heap grew past ${of.heapMb} MB. Raise worker.heapMb, or keep less in memory`,
    cause,
  )
}

/** It was left, by `process.exit()` or because its port was closed. */
export function exited(of: Of, code: number): PluginError {
  return error(of, 'CFP_WORKER_ENDED', `its thread exited with code ${code}`)
}

/** It was asked to end. */
export function left(of: Of): PluginError {
  return error(of, 'CFP_WORKER_ENDED', 'its thread was ended, for the host has no use for it any more')
}

/** It did not answer a call in time, nor anything else since. */
export function blocked(of: Of, { what, deadlineMs }: LateCall): PluginError {
  return error(
    of,
    'CFP_WORKER_ENDED',
    `its thread was ended, for ${what} went on past its deadline of ${deadlineMs} ms and blocked it. Do less in one call, or raise the deadline`,
  )
}

/** It could not load the code. */
export function notLoaded(of: Of, cause: unknown): PluginError {
  return error(of, 'CFP_WORKER_START_FAILED', `its code could not be loaded in its thread: ${messageOf(cause)}`, cause)
}

/** It took too long until it could be called. */
export function notStarted(of: Of): PluginError {
  return error(
    of,
    'CFP_WORKER_START_FAILED',
    `its thread did not start within ${of.startMs} ms. Do less while its module is evaluated, or raise startMs`,
  )
}

/** It ended, by itself or not, before it could be called. */
export function endedAtStart(of: Of, cause: PluginError): PluginError {
  return error(of, 'CFP_WORKER_START_FAILED', `its thread ended while it started: ${cause.message}`, cause)
}

function error({ plugin, generation }: Of, code: string, what: string, cause?: unknown): PluginError {
  return new PluginError(code, `Plugin "${plugin}": ${what.replace(/\.$/, '')}.`, {
    plugin,
    phase: 'call',
    generation,
    ...(cause !== undefined && { cause }),
  })
}

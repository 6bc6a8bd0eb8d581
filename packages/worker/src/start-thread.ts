// How a thread is started, and what the host has of it then.
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import { roomMbOf } from './heap-guard.ts'
import { permissionFlags } from './restrict.ts'
import type { SyncChannel } from './sync-caller.ts'
import type { ThreadData } from './thread-data.ts'
import { type ThreadProgress, threadProgress } from './thread-progress.ts'
import type { WorkerThreadOptions } from './worker-thread.ts'

/** A thread that was started, and the host's ends of its channels. */
export interface StartedThread {
  readonly worker: Worker
  readonly port: MessagePort
  readonly sync: SyncChannel
  /** Which call it is at. */
  readonly progress: ThreadProgress
}

// From its source, as in its tests, this package needs a compiler in its threads, which a restricted one cannot have.
const IS_SOURCE = import.meta.url.endsWith('.ts')
const UNRESTRICTED = IS_SOURCE ? './thread-from-source.mjs' : './thread.js'
const RESTRICTED = IS_SOURCE ? '../dist/thread.js' : './thread.js'
const OF_SOURCE = IS_SOURCE ? ['-C', '@cf-plugins/source'] : undefined

/** @throws `CFP_WORKER_START_FAILED`; `CFP_WORKER_OPTIONS` where it is to be restricted and this Node cannot */
export function startThread(options: WorkerThreadOptions): StartedThread {
  const { name, role, code, plugin, generation, host, callMs, heapMb, restrict } = options
  const calls = new MessageChannel()
  const waits = new MessageChannel()
  const progress = threadProgress()
  const answers = new Int32Array(new SharedArrayBuffer(4))
  const sync: SyncChannel = { port: waits.port2, answers }
  const facts = { role, code, plugin, generation, host, callMs, heapMb }
  const workerData: ThreadData = { ...facts, port: calls.port2, sync, progress }
  const entry = new URL(restrict === undefined ? UNRESTRICTED : RESTRICTED, import.meta.url)
  const execArgv = restrict === undefined ? OF_SOURCE : permissionFlags(restrict, ownFiles(entry, options))
  try {
    const worker = new Worker(entry, {
      name,
      workerData,
      transferList: [calls.port2, waits.port2],
      resourceLimits: { maxOldGenerationSizeMb: roomMbOf(heapMb) },
      ...(execArgv && { execArgv }),
    })
    return { worker, port: calls.port1, sync: { port: waits.port1, answers }, progress }
  } catch (cause) {
    for (const { port1 } of [calls, waits]) port1.close()
    throw new PluginError(
      'CFP_WORKER_START_FAILED',
      `Plugin "${plugin}": its thread did not start: ${messageOf(cause)}`,
      {
        plugin,
        phase: 'register',
        generation,
        cause,
      },
    )
  }
}

/** What a thread must be able to read to run at all: its own code, that of whoever evaluates the plugin's, and the plugin's. */
function ownFiles(entry: URL, { code, file }: WorkerThreadOptions): string[] {
  const loader = code.module.startsWith('file:') ? [fileURLToPath(code.module)] : []
  return [fileURLToPath(entry), ...loader, ...(file === undefined ? [] : [file])]
}

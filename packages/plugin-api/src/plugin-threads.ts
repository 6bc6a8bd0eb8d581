// What a host has that runs plugins in threads, as the lifecycle calls it.
import type { PluginContext } from './context.ts'
import type { PluginError } from './errors.ts'
import type { PluginInstance } from './instance.ts'
import type { PluginTimeouts } from './meta.ts'
import type { PluginRecord } from './record.ts'
import type { Undo } from './undo.ts'

/** Runs plugins, and single functions of theirs, in threads. */
export interface PluginThreads {
  /**
   * Makes an instance of a plugin in a thread of its own, and gives one that stands for it: it has the same hooks and, from the end of its `setup` on, the
   * same service, each called there. The thread ends with the context's scope.
   *
   * @throws what the plugin's `register` threw there; `CFP_WORKER_NO_FILE` where the plugin was added by value
   */
  register(record: PluginRecord, context: PluginContext, plugin: ThreadedPlugin): Promise<PluginInstance>
  /**
   * A function that runs in a thread what the plugin's entry file exports.
   *
   * @throws `CFP_OFFLOAD_NOT_EXPORTED` with what to do instead
   */
  offload(record: PluginRecord, task: OffloadedTask): OffloadedFunction
  /** The name by which the plugin's entry file exports a function, and so `offload` could take it; nothing where it does not. */
  exportNameOf?(record: PluginRecord, exported: unknown): string | undefined
  /** How often threads of a plugin have ended unasked within the last minute. */
  endsOf?(plugin: string): number
  /** Whether as many calls of a plugin wait for a thread as may: a further one is refused. */
  isFull?(plugin: string): boolean
}

/** Whose instance is made in a thread, as far as its threads need to know. */
export interface ThreadedPlugin {
  /** Which host it is of, for observers. */
  readonly host: string
  /** How long one of its hooks may take, in milliseconds. */
  boundOf(hook: keyof PluginTimeouts): number
  /** Switches the plugin off: its threads keep ending. */
  quarantine(error: PluginError): void
}

/** A handler or a step that is to run in a thread. */
export interface OffloadedTask {
  readonly run: (...args: never[]) => unknown
  /** What it handles, and so what it is given: a payload, several, a hook's arguments, a value, with their contexts. */
  readonly kind: 'event' | 'batch' | 'hook' | 'step'
  /** The event's, the hook's or the pipeline's. */
  readonly name: string
  readonly host: string
  /** In milliseconds. @default the plugin's or the host's `callMs` */
  readonly timeoutMs?: number | undefined
  /** Whether it may be called once more where its thread ended in mid-call. */
  readonly idempotent: boolean
}

export interface OffloadedFunction {
  readonly call: (...args: readonly unknown[]) => Promise<unknown>
  /** Nobody calls it any more; what is queued is answered all the same. */
  readonly release: Undo
}

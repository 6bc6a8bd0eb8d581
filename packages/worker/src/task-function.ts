// A function of a plugin that runs in threads, and what is known of how long it takes.
import type { OffloadedTask } from '@cf-plugins/plugin-api/host'
import { innerMs } from './inner-deadline.ts'
import type { CallOptions } from './remote.ts'

/** How much of the mean gives way to the latest. */
const WEIGHT = 1 / 16
/** What is left of the longest after another. */
const DECAY = 0.98
/** What a call is expected to take of the longest, at least: few are long, and all that are sent behind one wait for it. */
const TAIL = 1 / 128

export class TaskFunction {
  /** Which of its crew's functions it is. */
  readonly id: number
  readonly exportName: string
  readonly task: OffloadedTask
  /** What it is, for messages: `its handler of "mail.sent"`. */
  readonly what: string
  /** How long a call may take until its caller is answered, in milliseconds. */
  readonly deadlineMs: number
  /** How a thread is called for it: its deadline is not the thread's alone, and kept elsewhere. */
  readonly call: CallOptions
  /** Whether what it gives is more than a small plain value. */
  givesMuch = false
  #meanMs: number | undefined
  #longestMs = 0

  constructor(id: number, exportName: string, task: OffloadedTask, callMs: number) {
    this.id = id
    this.exportName = exportName
    this.task = task
    this.what = whatOf(task)
    this.call = { deadlineMs: Number.POSITIVE_INFINITY, what: this.what }
    this.deadlineMs = innerMs(task.timeoutMs ?? callMs)
  }

  /** How long the next call will keep a thread, in milliseconds: `Infinity` before anything is known. */
  get expectedMs(): number {
    return this.#meanMs === undefined ? Number.POSITIVE_INFINITY : Math.max(this.#meanMs, this.#longestMs * TAIL)
  }

  /** Told how long a call kept a thread. */
  took(ms: number): void {
    this.#longestMs = Math.max(this.#longestMs * DECAY, ms)
    this.#meanMs = this.#meanMs === undefined ? ms : this.#meanMs + (ms - this.#meanMs) * WEIGHT
  }
}

function whatOf({ kind, name }: OffloadedTask): string {
  if (kind === 'step') return `its step of the pipeline "${name}"`
  return kind === 'hook' ? `its handler of the hook "${name}"` : `its handler of "${name}"`
}

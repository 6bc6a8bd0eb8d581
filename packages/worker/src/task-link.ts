// How a crew's tasks get to one of its threads, and their answers back: small ones together on a wire of their own, others one by one.
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { type PluginError, transfer } from '@cf-plugins/plugin-api'
import { packArguments } from './handler-arguments.ts'
import type { TaskFunction } from './task-function.ts'
import { copyForWire, DEFINES, KEEPS, TaskWire } from './task-wire.ts'
import type { TaskSide } from './thread-tasks.ts'
import type { WorkerThread } from './worker-thread.ts'

/** Who sends tasks, by numbers. */
export interface TaskSender {
  /** @param hasFailed whether `value` was thrown */
  answered(number: number, value: unknown, hasFailed: boolean): void
  /** The thread is gone; nothing comes any more. @param error why, unless it was asked to go */
  ended(error: PluginError | undefined): void
  /** Of a task that was not answered yet. */
  functionOf(number: number): TaskFunction | undefined
}

export class TaskLink {
  readonly thread: WorkerThread
  readonly #sender: TaskSender
  readonly #wire: TaskWire
  readonly #port: MessagePort
  /** The functions that the thread knows, by their ids. */
  readonly #known = new Map<number, TaskFunction>()

  constructor(sender: TaskSender, thread: WorkerThread) {
    this.#sender = sender
    this.thread = thread
    const { port1, port2 } = new MessageChannel()
    this.#port = port2
    this.#wire = new TaskWire(
      port1,
      (list) => this.#receive(list),
      (list) => this.#sendSlowly(list),
    )
    void this.thread.ended.then((error) => sender.ended(error))
  }

  /** Waits until the thread has loaded the code. @throws what it could not start for */
  async begin(slots: SharedArrayBuffer, startMs: number): Promise<void> {
    await this.thread.ready
    const side: TaskSide = transfer({ slots, port: this.#port }, [this.#port])
    await this.thread.call('begin', [side], { deadlineMs: startMs, what: 'its start' })
  }

  send(number: number, fn: TaskFunction, args: readonly unknown[]): void {
    const packed = packArguments(fn.task.kind, args)
    const small = fn.givesMuch ? undefined : copyForWire(packed)
    if (small === undefined) {
      this.#sendAlone(number, fn, packed)
      return
    }
    const list = this.#wire.list()
    if (!this.#known.has(fn.id)) {
      this.#known.set(fn.id, fn)
      list.push(DEFINES, fn.id, fn.task.kind, fn.exportName)
    }
    list.push(number, fn.id, small.length)
    for (const value of small) list.push(value)
  }

  abort(number: number, reason: unknown): void {
    this.thread.notify('abort', [number, reason])
  }

  /** Answers that have arrived are told of; nothing comes any more. */
  close(): void {
    this.#wire.close()
  }

  /** With what has no copy in it, and what is moved. */
  #sendAlone(number: number, fn: TaskFunction, packed: readonly unknown[]): void {
    // What is not the function's own comes last, so that messages count arguments as the function does.
    this.#ask(number, fn, 'run', [...packed, fn.exportName, fn.task.kind, number])
  }

  #ask(number: number, fn: TaskFunction | undefined, op: string, args: readonly unknown[]): void {
    this.thread.call(op, args, fn?.call).then(
      (answer) => {
        if (fn && op === 'result') fn.givesMuch = true
        this.#sender.answered(number, answer, false)
      },
      (error) => {
        if (this.thread.alive) this.#sender.answered(number, error, true)
        else this.#sender.ended(error as PluginError)
      },
    )
  }

  /** Something in a list of small tasks cannot be cloned: each goes alone. */
  #sendSlowly(list: readonly unknown[]): void {
    for (let at = 0; at < list.length; ) {
      if (list[at] === DEFINES) {
        at += 4
        continue
      }
      const [number, id, count] = list.slice(at, at + 3) as [number, number, number]
      const from = at + 3
      at = from + count
      this.#sendAlone(number, this.#known.get(id) as TaskFunction, list.slice(from, at))
    }
    this.#known.clear()
  }

  /** Answers of small tasks: of each its number, and its result. */
  #receive(list: readonly unknown[]): void {
    for (let at = 0; at < list.length; at += 2) {
      const number = list[at] as number
      if (number === KEEPS) this.#fetch(list[at + 1] as number)
      else this.#sender.answered(number, list[at + 1], false)
    }
  }

  /** What is not small comes by the thread's own link, and so will what the function gives from now on. */
  #fetch(number: number): void {
    this.#ask(number, this.#sender.functionOf(number), 'result', [number])
  }
}

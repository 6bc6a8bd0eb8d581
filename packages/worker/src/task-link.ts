// How a crew's tasks get to one of its threads, and their answers back: small ones together on a wire of their own, others one by one.
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { type PluginError, transfer } from '@cf-plugins/plugin-api'
import { packArguments } from './handler-arguments.ts'
import type { Serve } from './link.ts'
import type { TaskFunction } from './task-function.ts'
import { copyForWire, DEFINES, TaskWire } from './task-wire.ts'
import type { TaskSide } from './thread-tasks.ts'
import type { WorkerThread } from './worker-thread.ts'

/** Who sends tasks, by numbers. */
export interface TaskSender {
  /** @param hasFailed whether `value` was thrown */
  answered(number: number, value: unknown, hasFailed: boolean): void
  /** The thread is gone; nothing comes any more. @param error why, unless it was asked to go */
  ended(error: PluginError | undefined): void
  /** What the thread asks and tells besides. */
  serve(op: string, args: unknown[]): unknown
}

export class TaskLink {
  readonly thread: WorkerThread
  readonly #sender: TaskSender
  readonly #wire: TaskWire
  readonly #port: MessagePort
  /** The functions that the thread knows, by their ids. */
  readonly #known = new Map<number, TaskFunction>()

  /** @param start starts the thread, which is answered by what it is given @throws what that throws */
  constructor(sender: TaskSender, start: (serve: Serve) => WorkerThread) {
    this.#sender = sender
    this.thread = start((op, args) => this.#serve(op, args))
    const { port1, port2 } = new MessageChannel()
    this.#port = port2
    this.#wire = new TaskWire(
      port1,
      (list) => this.#receive(list),
      (list) => this.#sendSlowly(list),
    )
    void this.thread.ended.then((error) => sender.ended(error))
  }

  /** Has the thread load the code. @throws what it could not start for */
  async begin(slots: SharedArrayBuffer, startMs: number): Promise<void> {
    await this.thread.ready
    const side: TaskSide = transfer({ slots, port: this.#port }, [this.#port])
    await this.thread.call('begin', [side], { deadlineMs: startMs, what: 'the loading of its code' })
  }

  send(number: number, fn: TaskFunction, args: readonly unknown[]): void {
    const packed = packArguments(fn.task.kind, args)
    const small = copyForWire(packed)
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
    this.thread.call('run', [...packed, fn.exportName, fn.task.kind, number], fn.call).then(
      (answer) => this.#sender.answered(number, answer, false),
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
    for (let at = 0; at < list.length; at += 2) this.#sender.answered(list[at] as number, list[at + 1], false)
  }

  /** Answers that are more than small and plain. */
  #serve(op: string, args: unknown[]): unknown {
    if (op !== 'answer' && op !== 'fail') return this.#sender.serve(op, args)
    this.#sender.answered(args[0] as number, args[1], op === 'fail')
    return undefined
  }
}

// What runs in a thread that handlers with `offload` share: one task after the other, in the order in which they come.
import { isThenable, PluginError } from '@cf-plugins/plugin-api'
import { type HandlerKind, unpackArguments } from './handler-arguments.ts'
import { TaskSlots } from './task-slots.ts'

type AnyFunction = (...args: unknown[]) => unknown
type Waiting = () => void

/** A function of the entry file, and what it is given. */
interface TaskFunction {
  readonly kind: HandlerKind
  readonly run: AnyFunction
}

/** Answers what a crew asks of a thread: `begin` once, `function` and `abort`, and `run` for each task. */
export function serveTasks(load: () => Promise<object>): (op: string, args: unknown[]) => unknown {
  const tasks = new ThreadTasks(load)
  return (op, args) => {
    if (op === 'run') return tasks.run(args)
    if (op === 'begin') return tasks.begin(args[0] as SharedArrayBuffer)
    if (op === 'function') return tasks.define(args[0] as number, args[1] as HandlerKind, args[2] as string)
    if (op === 'abort') return tasks.abort(args[0] as number, args[1])
    throw new Error(`A thread for tasks does not know "${op}".`)
  }
}

class ThreadTasks {
  readonly #load: () => Promise<object>
  readonly #functions = new Map<number, TaskFunction>()
  readonly #waiting: Waiting[] = []
  #slots = new TaskSlots()
  #exports: object = {}
  /** What is awaited by now: the next one waits for it. */
  #current: Current | undefined

  constructor(load: () => Promise<object>) {
    this.#load = load
  }

  async begin(buffer: SharedArrayBuffer): Promise<void> {
    this.#slots = new TaskSlots(buffer)
    this.#exports = await this.#load()
  }

  define(id: number, kind: HandlerKind, exportName: string): void {
    const run = (this.#exports as Record<string, unknown>)[exportName]
    this.#functions.set(id, { kind, run: typeof run === 'function' ? (run as AnyFunction) : missing(exportName) })
  }

  abort(number: number, reason: unknown): void {
    if (this.#current?.number === number) this.#current.abort(reason)
  }

  /** @param args what the function is given, packed, then which function it is, then the number of the task */
  run(args: unknown[]): unknown {
    const number = args.pop() as number
    const id = args.pop() as number
    if (this.#current === undefined) return this.#run(number, id, args)
    return new Promise((resolve) => this.#waiting.push(() => resolve(this.#run(number, id, args))))
  }

  #run(number: number, id: number, packed: unknown[]): unknown {
    if (!this.#slots.begin(number)) return undefined
    const begunMs = performance.now()
    const current = new Current(number)
    this.#current = current
    let isPending = false
    try {
      const { kind, run } = this.#functions.get(id) as TaskFunction
      const { args, packResult } = unpackArguments(kind, packed, current)
      const result = run(...args)
      isPending = isThenable(result)
      if (!isPending) return packResult(result)
      return Promise.resolve(result)
        .then(packResult)
        .finally(() => this.#over(number, begunMs))
    } finally {
      if (!isPending) this.#over(number, begunMs)
    }
  }

  #over(number: number, begunMs: number): void {
    this.#slots.done(number, performance.now() - begunMs)
    this.#current = undefined
    // One that is sync, or was taken back, is over when this returns.
    while (this.#current === undefined && this.#waiting.length > 0) this.#waiting.shift()?.()
  }
}

/** What a module exports may differ from thread to thread. */
function missing(exportName: string): AnyFunction {
  return () => {
    throw new PluginError(
      'CFP_OFFLOAD_NOT_EXPORTED',
      `In its thread, the entry file exports no function "${exportName}": export it everywhere, or write execution: 'worker' in PLUGIN_META.`,
    )
  }
}

/** The task that a thread is at. Its signal is made when it is read. */
class Current {
  readonly number: number
  #controller: AbortController | undefined
  #aborted: { readonly reason: unknown } | undefined

  constructor(number: number) {
    this.number = number
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#aborted) this.#controller.abort(this.#aborted.reason)
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    this.#aborted ??= { reason }
    this.#controller?.abort(reason)
  }
}

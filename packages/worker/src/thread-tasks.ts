// What runs in a thread that handlers with `offload` share: one task after the other, in the order in which they come.
import type { MessagePort } from 'node:worker_threads'
import { isThenable, PluginError } from '@cf-plugins/plugin-api'
import { type HandlerKind, unpackArguments } from './handler-arguments.ts'
import { LateSignal } from './late-signal.ts'
import { TaskSlots } from './task-slots.ts'
import { copyForWire, DEFINES, KEEPS, TaskWire } from './task-wire.ts'

/** How long an answer waits for others before the next task begins, in milliseconds: that may take long. */
const LONGEST_MS = 0.25

type AnyFunction = (...args: unknown[]) => unknown

/** A function of the entry file, and what it is given. */
interface TaskFunction {
  readonly kind: HandlerKind
  readonly run: AnyFunction
}

/** What a thread is given of its crew. */
export interface TaskSide {
  readonly slots: SharedArrayBuffer
  readonly port: MessagePort
}

/** Answers what a crew asks of a thread: `begin` once, `run` for a task that goes alone, `result` for what is not small, `abort`. */
export function serveTasks(exports: object): (op: string, args: unknown[]) => unknown {
  const tasks = new ThreadTasks(exports)
  return (op, args) => {
    if (op === 'run') return tasks.run(args)
    if (op === 'result') return tasks.resultOf(args[0] as number)
    if (op === 'abort') return tasks.abort(args[0] as number, args[1])
    if (op === 'begin') return tasks.begin(args[0] as TaskSide)
    throw new Error(`A thread for tasks does not know "${op}".`)
  }
}

class ThreadTasks {
  readonly #exports: Readonly<Record<string, unknown>>
  readonly #functions = new Map<number, TaskFunction>()
  readonly #waiting: (() => void)[] = []
  /** What small tasks gave that is not small itself, or threw, until the host asks for it: its link knows how all of that crosses. */
  readonly #results = new Map<number, () => unknown>()
  #slots = new TaskSlots()
  #wire: TaskWire | undefined
  /** What it is at: the next one waits for it. */
  #current: Current | undefined
  /** Since when an answer waits for others. */
  #sinceMs = 0

  constructor(exports: object) {
    this.#exports = exports as Readonly<Record<string, unknown>>
  }

  begin({ slots, port }: TaskSide): void {
    this.#slots = new TaskSlots(slots)
    const wire = new TaskWire(
      port,
      (list) => this.#receive(list),
      (list) => this.#keepAll(list),
    )
    this.#wire = wire
    // Those before a task that exits are through.
    process.once('exit', () => wire.flush())
  }

  abort(number: number, reason: unknown): void {
    if (this.#current?.number === number) this.#current.abort(reason)
  }

  /** @param args what the function is given, packed, then its name and its kind, then the number of the task */
  run(args: unknown[]): unknown {
    const number = args.pop() as number
    const kind = args.pop() as HandlerKind
    const fn = this.#function(kind, args.pop() as string)
    const run = () => {
      const result = this.#run(number, fn, args)
      return result === TAKEN ? undefined : result
    }
    if (this.#current === undefined) return run()
    return new Promise((resolve, reject) =>
      this.#waiting.push(() => {
        try {
          resolve(run())
        } catch (error) {
          reject(error)
        }
      }),
    )
  }

  /** What a small task gave that was not small. @throws what it threw */
  resultOf(number: number): unknown {
    const result = this.#results.get(number)
    this.#results.delete(number)
    return result?.()
  }

  /** Small tasks: of each its number, its function, how many arguments it has, and these. */
  #receive(list: unknown[]): void {
    for (let at = 0; at < list.length; ) {
      const number = list[at] as number
      if (number === DEFINES) {
        this.#functions.set(list[at + 1] as number, this.#function(list[at + 2] as HandlerKind, list[at + 3] as string))
        at += 4
        continue
      }
      const fn = this.#functions.get(list[at + 1] as number) as TaskFunction
      const next = at + 3 + (list[at + 2] as number)
      const args = list.slice(at + 3, next)
      const isAlone = at === 0 && next === list.length
      at = next
      if (this.#current === undefined && isAlone) this.#wire?.during(() => this.#runSmall(number, fn, args))
      else if (this.#current === undefined) this.#runSmall(number, fn, args)
      else this.#waiting.push(() => this.#runSmall(number, fn, args))
    }
  }

  #runSmall(number: number, fn: TaskFunction, packed: unknown[]): void {
    try {
      const result = this.#run(number, fn, packed)
      if (isThenable(result)) {
        Promise.resolve(result).then(
          (value) => this.#give(number, value),
          (error) => this.#keep(number, () => raise(error)),
        )
      } else if (result !== TAKEN) this.#give(number, result)
    } catch (error) {
      this.#keep(number, () => raise(error))
    }
  }

  #run(number: number, { kind, run }: TaskFunction, packed: unknown[]): unknown {
    if (!this.#slots.begin(number)) return TAKEN
    const begunMs = performance.now()
    if (this.#wire?.isEmpty === false && begunMs - this.#sinceMs >= LONGEST_MS) this.#wire.flush()
    const current = new Current(number)
    this.#current = current
    let isPending = false
    let isVoid = false
    const over = () => this.#over(number, begunMs, isVoid)
    try {
      const { args, packResult } = unpackArguments(kind, packed, current)
      const result = run(...args)
      isPending = isThenable(result)
      if (isPending) return Promise.resolve(result).then(packResult).finally(over)
      const answer = packResult(result)
      isVoid = answer === undefined
      return answer
    } finally {
      if (!isPending) over()
    }
  }

  #over(number: number, begunMs: number, isVoid: boolean): void {
    this.#slots.done(number, performance.now() - begunMs, isVoid)
    this.#current = undefined
    // One that is sync, or was taken back, is over when this returns.
    while (this.#current === undefined && this.#waiting.length > 0) this.#waiting.shift()?.()
  }

  #give(number: number, value: unknown): void {
    const copy = copyForWire([value])
    if (copy === undefined) this.#keep(number, () => value)
    else this.#push(number, copy[0])
  }

  #keep(number: number, result: () => unknown): void {
    this.#results.set(number, result)
    this.#push(KEEPS, number)
  }

  #push(number: number, value: unknown): void {
    const wire = this.#wire as TaskWire
    if (wire.isEmpty) this.#sinceMs = performance.now()
    wire.list().push(number, value)
  }

  /** Something among these cannot be cloned after all. */
  #keepAll(list: readonly unknown[]): void {
    for (let at = 0; at < list.length; at += 2) {
      const [number, value] = [list[at] as number, list[at + 1]]
      if (number === KEEPS) this.#push(KEEPS, value)
      else this.#keep(number, () => value)
    }
    this.#wire?.flush()
  }

  #function(kind: HandlerKind, exportName: string): TaskFunction {
    const run = this.#exports[exportName]
    return { kind, run: typeof run === 'function' ? (run as AnyFunction) : missing(exportName) }
  }
}

/** Instead of the result of a task that the host took back before it began. */
const TAKEN: unique symbol = Symbol('taken back')

function raise(error: unknown): never {
  throw error
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

/** The task that a thread is at. */
class Current extends LateSignal {
  readonly number: number

  constructor(number: number) {
    super()
    this.number = number
  }
}

// The threads that share the calls of one generation of a plugin, and the calls that wait for them.
import type { PluginError } from '@cf-plugins/plugin-api'
import type { OffloadedFunction, OffloadedTask } from '@cf-plugins/plugin-api/host'
import type { CrewOptions, CrewStatus } from './crew-options.ts'
import { CrewReport } from './crew-report.ts'
import { CrewThread, type ThreadOwner } from './crew-thread.ts'
import { CrewThreads } from './crew-threads.ts'
import type { PoolMember } from './pool.ts'
import { QueueWatch } from './queue-watch.ts'
import { late, Task, type TaskOwner } from './task.ts'
import { TaskFunction } from './task-function.ts'
import { TaskQueue } from './task-queue.ts'

/** What waits must keep a thread for longer than this, in milliseconds, to be worth the start of one more. */
const WORTH_MS = 10

export class Crew implements PoolMember, TaskOwner, ThreadOwner {
  readonly plugin: string
  readonly #of: CrewOptions
  readonly #threads: CrewThreads
  readonly #report: CrewReport
  readonly #queue = new TaskQueue()
  readonly #waiting: QueueWatch
  readonly #drained = new Set<() => void>()
  #functions = 0
  #lastId = 0
  #starting = 0
  #open = 0
  #closed: PluginError | undefined

  constructor(options: CrewOptions) {
    const { record, host, logger, idleMs } = options
    this.#of = options
    this.#threads = new CrewThreads(idleMs)
    this.#report = new CrewReport(record, host, logger)
    this.#waiting = new QueueWatch(this.#queue, options.watches, () => this.#grow(true))
    this.plugin = record.meta.name
  }

  /** A function that runs in the crew's threads. */
  add(exportName: string, task: OffloadedTask): OffloadedFunction {
    const fn = new TaskFunction(++this.#lastId, exportName, task, this.#of.callMs)
    let isReleased = false
    this.#functions++
    return {
      call: (...args) => this.#call(fn, args),
      release: () => {
        if (isReleased) return
        isReleased = true
        this.#functions--
        this.#retire()
      },
    }
  }

  get size(): number {
    return this.#threads.size - this.#threads.leaving
  }

  get leaving(): number {
    return this.#threads.leaving
  }

  get wantsThread(): boolean {
    return this.#queue.size > this.#starting
  }

  /** What starts takes one of those that wait. */
  get isFull(): boolean {
    return this.#queue.size >= this.#of.queue + this.#starting
  }

  get status(): CrewStatus {
    const queued = this.#queue.size
    return { threads: this.#threads.size, queued, running: this.#open - queued, isFull: this.isFull }
  }

  idleThread(): CrewThread | undefined {
    return this.#threads.idle()
  }

  start(): void {
    this.#starting++
    let thread: CrewThread
    try {
      thread = new CrewThread(this, this.#of.startThread())
    } catch (error) {
      this.#starting--
      this.#of.pool.gave(this)
      this.#refuseQueued(error)
      return
    }
    this.#threads.add(thread)
    thread.begin(this.#of.startMs).then(
      () => {
        this.#starting--
        this.#schedule()
        this.#retire()
      },
      (error: PluginError) => {
        this.#starting--
        thread.terminate(error)
        // Where there is a thread that works, what waits will have its turn.
        if (!this.#threads.works(thread)) this.#refuseQueued(error)
      },
    )
    if (this.wantsThread) this.#of.pool.ask(this)
  }

  /** Resolves when every call is answered. */
  async drained(): Promise<void> {
    if (this.#open > 0) await new Promise<void>((resolve) => this.#drained.add(resolve))
  }

  /** Refuses every call from now on. */
  close(error: PluginError): void {
    this.#closed = error
  }

  /** Refuses what is not answered, and ends all threads. */
  end(error: PluginError): void {
    this.close(error)
    this.#of.pool.leave(this)
    this.#refuseQueued(error)
    for (const thread of this.#threads.all()) {
      if (thread.size > 0) thread.terminate(error)
      else thread.leave()
    }
  }

  answered(thread: CrewThread): void {
    if (this.#of.pool.mustYield(this, thread)) {
      thread.leave()
      return
    }
    if (this.#queue.size > 0) this.#schedule()
    if (thread.size === 0) this.#idle(thread)
  }

  returned(tasks: readonly Task[]): void {
    this.#queue.putBack(tasks)
    this.#schedule()
    this.#grow(true)
  }

  ended(thread: CrewThread, tasks: readonly Task[]): void {
    this.#threads.delete(thread)
    this.#queue.putBack(tasks)
    this.#of.pool.gave(this)
    this.#schedule()
    this.#retire()
  }

  watch(thread: CrewThread): void {
    this.#of.watches.watch(thread, thread.limitMs)
  }

  unwatch(thread: CrewThread): void {
    this.#of.watches.unwatch(thread)
  }

  overdue(task: Task): boolean {
    const { at } = task
    if (at?.isThrough(task) && task.spare()) return false
    const hasBegun = !this.#takeBack(task)
    const error = late(this.plugin, task, hasBegun)
    task.refuse(error)
    // One that is through is kept by another, whose own deadline holds.
    if (hasBegun && !at?.isThrough(task)) at?.overdue(task, error)
    return true
  }

  aborted(task: Task, reason: unknown): void {
    if (this.#takeBack(task)) task.refuse(reason)
    else task.at?.abort(task, reason)
  }

  settled(task: Task, error: unknown): void {
    this.#of.deadlines.unwatch(task)
    this.#open--
    this.#report.answered(task, error)
    if (this.#open > 0) return
    for (const resolve of this.#drained) resolve()
    this.#drained.clear()
    this.#retire()
  }

  #call(fn: TaskFunction, args: readonly unknown[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closed)
    const thread = this.#queue.size === 0 ? this.#threads.taking(fn.expectedMs) : undefined
    if (thread === undefined && this.isFull) return Promise.reject(this.#report.full(fn, this.#of.queue))
    const task = new Task(this, fn, args)
    this.#open++
    this.#of.deadlines.watch(task, task.limitMs)
    if (thread) {
      this.#send(thread, task)
    } else {
      this.#queue.add(task)
      this.#grow(false)
    }
    return task.promise
  }

  #send(thread: CrewThread, task: Task): void {
    try {
      thread.send(task)
    } catch (error) {
      thread.takeBack(task)
      task.refuse(error)
    }
  }

  /** Gives threads what they can take of what waits, and has more threads where they cannot. */
  #schedule(): void {
    for (let task = this.#queue.first(); task !== undefined; task = this.#queue.first()) {
      const thread = this.#threads.taking(task.fn.expectedMs)
      if (thread === undefined) break
      this.#queue.delete(task)
      this.#send(thread, task)
    }
    this.#grow(false)
  }

  /** @param isLong whether what waits has waited for longer than it should have */
  #grow(isLong: boolean): void {
    if (!this.wantsThread) return
    this.#waiting.begin()
    const worthMs = (this.#queue.first()?.fn.expectedMs ?? 0) * this.#queue.size
    if (isLong || worthMs > WORTH_MS || this.size === 0) this.#of.pool.ask(this)
  }

  /** Whether it was its thread's, and had not begun, or waited. */
  #takeBack(task: Task): boolean {
    return task.at === undefined ? this.#queue.delete(task) : task.at.takeBack(task)
  }

  #refuseQueued(error: unknown): void {
    for (const task of this.#queue.clear()) task.refuse(error)
  }

  #idle(thread: CrewThread): void {
    if (this.#functions === 0 || this.#of.idleMs === 0) thread.leave()
    else this.#of.pool.idle()
  }

  /** Nobody calls any more: the threads end with what they have. */
  #retire(): void {
    if (this.#functions > 0 || this.#open > 0) return
    this.#threads.leaveIdle()
    if (this.#threads.size > 0) return
    this.#of.pool.leave(this)
    this.#of.over()
  }
}

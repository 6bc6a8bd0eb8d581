// One thread of a crew: what it was sent, how far it is with that, and what becomes of it when the thread ends.
import { PluginError } from '@cf-plugins/plugin-api'
import type { Remaining, Watched } from '@cf-plugins/plugin-api/host'
import type { Task } from './task.ts'
import { TaskLink } from './task-link.ts'
import { LAST_NUMBER, SLOTS, TaskSlots } from './task-slots.ts'
import type { WorkerThread } from './worker-thread.ts'

/** How much work a thread is sent ahead, in milliseconds: so much longer may a task have to wait than if it had stayed in the queue. */
const AHEAD_MS = 2
/** How many tasks a thread is sent ahead. */
const AHEAD = SLOTS / 2
/** How long a thread that was sent several may answer none of them before the others are taken back, in milliseconds. */
const STUCK_MS = 5
/** How long a task may take to settle after its deadline, for one that heeds its signal, in milliseconds. */
const GRACE_MS = 100
const LOOK = { limitMs: STUCK_MS * 32, leftMs: STUCK_MS }

/** Whose thread it is. */
export interface ThreadOwner {
  readonly plugin: string
  /** It answered a task, and may be sent more. */
  answered(thread: CrewThread): void
  /** Tasks that it has not begun, in the order in which they were asked. */
  returned(tasks: readonly Task[]): void
  /** It is gone, and these are to be done elsewhere. */
  ended(thread: CrewThread, tasks: readonly Task[]): void
  /** It has several tasks: see `look`; or no longer. */
  watch(thread: CrewThread): void
  unwatch(thread: CrewThread): void
}

export class CrewThread implements Watched {
  next: Watched | undefined
  previous: Watched | undefined
  /** Since when it has nothing to do, in milliseconds of the process's clock; nothing while it has. */
  idleSinceMs: number | undefined
  readonly startedMs = performance.now()
  readonly #owner: ThreadOwner
  readonly #link: TaskLink
  readonly #slots = new TaskSlots()
  /** By number, in the order in which they were sent. */
  readonly #tasks = new Map<number, Task>()
  #number = 0
  #loadMs = 0
  #isReady = false
  #isStuck = false
  #isLeaving = false
  #isOver = false
  #answers = 0
  #seenAnswers = -1
  #seenMs = 0

  constructor(owner: ThreadOwner, thread: WorkerThread) {
    this.#owner = owner
    this.#link = new TaskLink(
      {
        answered: (number, value, hasFailed) => {
          this.#answers++
          this.#isStuck = false
          this.#answered(number, value, hasFailed)
        },
        ended: (error) => this.#end(error),
        functionOf: (number) => this.#tasks.get(number)?.fn,
      },
      thread,
    )
  }

  /** What it is watched under: see `look`. */
  get limitMs(): number {
    return LOOK.limitMs
  }

  /** How many tasks it has. */
  get size(): number {
    return this.#tasks.size
  }

  get isReady(): boolean {
    return this.#isReady
  }

  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** How much it has to do, in milliseconds, as far as one can tell. */
  get loadMs(): number {
    return this.#loadMs
  }

  /** Whether a task that will take so long may be sent. */
  takes(expectedMs: number): boolean {
    if (!this.#isReady || this.#isLeaving || this.#isOver) return false
    if (this.#tasks.size === 0) return true
    return !this.#isStuck && this.#tasks.size < AHEAD && this.#loadMs + expectedMs <= AHEAD_MS
  }

  /** Waits until it has loaded the code. @throws what the thread could not start for */
  async begin(startMs: number): Promise<void> {
    await this.#link.begin(this.#slots.buffer, startMs)
    this.#isReady = true
    this.idleSinceMs = performance.now()
  }

  send(task: Task): void {
    const { fn, args } = task
    this.#number = this.#number === LAST_NUMBER ? 0 : this.#number + 1
    const number = this.#number
    this.#slots.send(number)
    this.#tasks.set(number, task)
    this.idleSinceMs = undefined
    task.loadMs = fn.expectedMs
    this.#loadMs += task.loadMs
    if (this.#tasks.size === 2) {
      this.#seenAnswers = -1
      this.#owner.watch(this)
    }
    task.at = this
    task.number = number
    task.sentMs = performance.now()
    task.threadId = this.#link.thread.threadId
    this.#link.send(number, fn, args)
  }

  /** Whether its function has run. */
  isThrough({ number }: Task): boolean {
    const state = this.#slots.stateOf(number)
    return state === 'done' || state === 'void'
  }

  /** Takes a task back that has not begun. */
  takeBack(task: Task): boolean {
    if (this.#tasks.get(task.number) !== task || !this.#slots.takeBack(task.number)) return false
    this.#remove(task.number, task)
    return true
  }

  /** Takes back all that has not begun. */
  takeAllBack(): void {
    const tasks = [...this.#tasks.values()].filter((task) => this.takeBack(task))
    if (tasks.length > 0) this.#owner.returned(tasks)
  }

  /** Tells the task that nobody waits for it. */
  abort(task: Task, reason: unknown): void {
    if (this.#tasks.get(task.number) === task) this.#link.abort(task.number, reason)
  }

  /** The task is over its deadline, and was answered: the thread has a moment to settle it. */
  overdue(task: Task, reason: PluginError): void {
    const { number, fn } = task
    this.abort(task, reason)
    setTimeout(() => {
      if (this.#tasks.get(number) !== task) return
      this.#link.thread.terminate(
        new PluginError(
          'CFP_WORKER_ENDED',
          `Plugin "${this.#owner.plugin}": its thread was ended, for ${fn.what} went on past its deadline.`,
          { plugin: this.#owner.plugin, cause: reason },
        ),
      )
    }, GRACE_MS)
  }

  /** Has it end when it is through with what it has begun. */
  leave(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.takeAllBack()
    if (this.#tasks.size === 0) this.#goodbye()
  }

  /** Ends it, whatever it is at. */
  terminate(error: PluginError): void {
    this.#link.thread.terminate(error)
  }

  /** Whether it has answered none of several tasks for a while: then what it has not begun is done elsewhere. */
  look(nowMs: number): Remaining {
    if (this.#seenAnswers !== this.#answers) {
      this.#seenAnswers = this.#answers
      this.#seenMs = nowMs
    } else if (nowMs - this.#seenMs >= STUCK_MS) {
      this.#isStuck = true
      this.#answerVoid()
      this.takeAllBack()
    }
    return LOOK
  }

  /** A thread that blocks cannot post the answers of those before; who gives nothing needs none. */
  #answerVoid(): void {
    for (const number of [...this.#tasks.keys()]) {
      if (this.#slots.stateOf(number) === 'void') this.#answered(number, undefined, false)
    }
  }

  #answered(number: number, value: unknown, hasFailed: boolean): void {
    const task = this.#tasks.get(number)
    // What was taken back is another's to answer.
    if (task === undefined) return
    // What could not be cloned was never there.
    if (this.isThrough(task)) task.fn.took(this.#slots.msOf(number))
    this.#remove(number, task)
    if (hasFailed) task.refuse(value)
    else task.answer(value)
    if (this.#isOver) return
    if (this.#isLeaving && this.#tasks.size === 0) this.#goodbye()
    else this.#owner.answered(this)
  }

  #remove(number: number, task: Task): void {
    this.#tasks.delete(number)
    this.#loadMs = this.#tasks.size === 0 ? 0 : this.#loadMs - task.loadMs
    if (this.#tasks.size === 1) this.#owner.unwatch(this)
    if (this.#tasks.size === 0) this.idleSinceMs = performance.now()
    task.at = undefined
  }

  #goodbye(): void {
    void this.#link.thread.end(GRACE_MS)
    this.#end(undefined)
  }

  /** What it had not begun was not lost. */
  #end(error: PluginError | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#isLeaving = true
    this.#link.close()
    this.#answerVoid()
    this.#owner.unwatch(this)
    const lost: Task[] = []
    const unbegun: Task[] = []
    for (const [number, task] of this.#tasks) {
      task.at = undefined
      if (this.#slots.takeBack(number)) unbegun.push(task)
      else lost.push(task)
    }
    this.#tasks.clear()
    // Where a task is to blame, those behind it are not.
    const again = lost
      .filter((task) => task.mayRepeat())
      .concat(unbegun.filter((task) => lost.length > 0 || task.mayWait()))
    for (const task of [...lost, ...unbegun]) if (!again.includes(task)) task.refuse(this.#lost(task, error))
    this.#owner.ended(this, again)
  }

  #lost({ fn }: Task, error: PluginError | undefined): PluginError {
    const { plugin } = this.#owner
    const code = error?.code === 'CFP_WORKER_OUT_OF_MEMORY' ? error.code : 'CFP_WORKER_ENDED'
    const why = error?.message ?? 'it was asked to'
    return new PluginError(code, `Plugin "${plugin}": a thread ended while it had a call of ${fn.what}. ${why}`, {
      plugin,
      cause: error,
    })
  }
}

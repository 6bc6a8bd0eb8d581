// Where a thread is with the tasks that it was sent, in memory that both sides see: a thread that blocks can be asked nothing.

/** How many tasks a thread may have been sent and not answered. */
export const SLOTS = 256
/** The highest number of a task; the next has 0. */
export const LAST_NUMBER = 0x1fffffff

/** Where a task is: sent, begun, through with nothing to give, through with a result or an error, or taken back before it began. */
export type SlotState = 'sent' | 'begun' | 'void' | 'done' | 'taken'

const STATES: readonly SlotState[] = ['sent', 'begun', 'void', 'done', 'taken']
const SENT = 0
const BEGUN = 1
const VOID = 2
const DONE = 3
const TAKEN = 4

/**
 * A slot a task, by the task's number. A slot holds the number too, so that a task that was taken back is not mistaken for the one that has its slot
 * after it.
 */
export class TaskSlots {
  readonly buffer: SharedArrayBuffer
  readonly #times: Float64Array
  readonly #states: Int32Array

  constructor(buffer = new SharedArrayBuffer(SLOTS * 12)) {
    this.buffer = buffer
    this.#times = new Float64Array(buffer, 0, SLOTS)
    this.#states = new Int32Array(buffer, SLOTS * 8, SLOTS)
  }

  /** Host: before the task is sent. */
  send(number: number): void {
    Atomics.store(this.#states, number % SLOTS, (number << 3) | SENT)
  }

  /** Host: has the task back where it has not begun. */
  takeBack(number: number): boolean {
    return this.#exchange(number, TAKEN)
  }

  /** Thread: begins the task, where it was not taken back. */
  begin(number: number): boolean {
    return this.#exchange(number, BEGUN)
  }

  /** Thread: the task has run, for so many milliseconds. @param isVoid whether it gives nothing, and so needs no answer */
  done(number: number, ms: number, isVoid: boolean): void {
    this.#times[number % SLOTS] = ms
    Atomics.store(this.#states, number % SLOTS, (number << 3) | (isVoid ? VOID : DONE))
  }

  /** Host. */
  stateOf(number: number): SlotState {
    return STATES[Atomics.load(this.#states, number % SLOTS) & 7] as SlotState
  }

  /** Host: how long a task that is done has run, in milliseconds. */
  msOf(number: number): number {
    return this.#times[number % SLOTS] as number
  }

  #exchange(number: number, state: number): boolean {
    const sent = (number << 3) | SENT
    return Atomics.compareExchange(this.#states, number % SLOTS, sent, (number << 3) | state) === sent
  }
}

// Small tasks, and their answers, on a port of their own: all of a tick in one list of values, for an object a task costs more than the task.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { copySmall } from './small-copy.ts'
import type { PartMaker } from './wire-value.ts'

/** Stands where the number of a task stands that is sent: what follows says what a function is. */
export const DEFINES = -1

/** Stands where the number of a task stands that was answered: the thread keeps the answer of the one whose number follows until it is asked for. */
export const KEEPS = -1

/** Plain objects and arrays of what is neither. */
const PLAIN: PartMaker = { isOwn: () => false, isPart: () => false, part: () => undefined }

/** One end of the wire. What an entry of a list is made of is its users' to know. */
export class TaskWire {
  readonly #port: MessagePort
  readonly #receive: (list: unknown[]) => void
  readonly #refused: (list: readonly unknown[]) => void
  #list: unknown[] = []
  #isDue = false
  #isHeld = false
  readonly #due = (): void => {
    this.#isDue = false
    this.flush()
  }

  /**
   * @param receive is given each list
   * @param refused is given a list that could not be posted, for something in it cannot be cloned
   */
  constructor(port: MessagePort, receive: (list: unknown[]) => void, refused: (list: readonly unknown[]) => void) {
    this.#port = port
    this.#receive = receive
    this.#refused = refused
    port.on('message', receive)
    // Calls keep a process alive by their deadlines.
    port.unref()
  }

  /** Whether there is anything that was not posted yet. */
  get isEmpty(): boolean {
    return this.#list.length === 0
  }

  /** Does one thing that was received alone: what is said to it by then is posted without a turn of its own. */
  during(work: () => void): void {
    this.#isHeld = true
    try {
      work()
    } finally {
      this.#isHeld = false
      this.flush()
    }
  }

  /** The list that is posted at the end of the tick, to be added to. */
  list(): unknown[] {
    if (!this.#isDue && !this.#isHeld) {
      this.#isDue = true
      process.nextTick(this.#due)
    }
    return this.#list
  }

  flush(): void {
    const list = this.#list
    if (list.length === 0) return
    this.#list = []
    try {
      this.#port.postMessage(list)
    } catch {
      this.#refused(list)
    }
  }

  /** What has arrived and was not received yet is received; nothing comes after. */
  close(): void {
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#receive(next.message as unknown[])
    }
    this.#port.close()
  }
}

/** Copies values that may go by this wire: small plain ones, that are posted later and might be changed until then. */
export function copyForWire(values: readonly unknown[]): unknown[] | undefined {
  return copySmall(values, PLAIN)
}

// What is said to the other side: all of a tick in one posted message, for posting costs more than what is posted.
import type { MessagePort, TransferListItem } from 'node:worker_threads'
import { Kind, type WireMessage } from './wire-message.ts'
import type { Packed } from './wire-value.ts'

/** How long messages are kept back while the thread works on, in milliseconds. */
const LONGEST_MS = 1

/** The messages that one end has not posted yet. */
export class Outbox {
  readonly #port: MessagePort
  readonly #failed: (message: WireMessage, reason: unknown) => void
  readonly #mayBlock: boolean
  #queue: WireMessage[] = []
  #isDue = false
  #isTurnNew = false
  #isHeld = false
  #sinceMs = 0
  #hastenedMs = 0
  #isClosed = false
  readonly #flush = (): void => {
    this.#isDue = false
    this.flush()
  }

  /**
   * @param failed told of each message that cannot be cloned
   * @param mayBlock whether who says something may go on to block: then it is said at once, unless something was said just now
   */
  constructor(port: MessagePort, failed: (message: WireMessage, reason: unknown) => void, mayBlock = false) {
    this.#port = port
    this.#failed = failed
    this.#mayBlock = mayBlock
  }

  /** Says it at the end of the tick; at once where `packed` cannot wait, or it is the first thing said after something was heard. */
  push(message: WireMessage, packed?: Packed): void {
    if (this.#isClosed) return
    this.#queue.push(message)
    if (packed?.canWait === false) this.flush(packed.transfer)
    else if (this.#isHeld && message[0] === Kind.answer) return
    else if (this.#isTurnNew) this.flush()
    else if (this.#mayBlock) this.#hasten(performance.now())
    this.#isTurnNew = false
    if (!this.#isDue && this.#queue.length > 0) {
      this.#isDue = true
      // After all microtasks: what follows from what came in is answered by then, and goes together.
      process.nextTick(this.#flush)
    }
  }

  /** Posts what there is. @param transfer what the last message moves */
  flush(transfer?: readonly TransferListItem[]): void {
    const queue = this.#queue
    if (queue.length === 0) return
    this.#queue = []
    try {
      post(this.#port, queue.length === 1 ? queue[0] : queue, transfer)
    } catch (error) {
      // One of them cannot be cloned, and nothing was sent: each goes alone.
      if (queue.length === 1) this.#failed(queue[0] as WireMessage, error)
      else for (const message of queue) this.#postAlone(message, message === queue.at(-1) ? transfer : undefined)
    }
  }

  /**
   * Something is heard. Who calls one thing after the other, calls in the turn of the answer, and is spared the wait for the end of the tick;
   * of many calls in one turn the first goes ahead of the others.
   */
  heard(): void {
    this.#isTurnNew = !this.#mayBlock
  }

  /** One message, and no list, is being dealt with: an answer to it waits for `release`, and not for the end of the tick. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    this.flush()
  }

  /** To be called between pieces of work that are done one after the other, so that none waits for all. */
  worked(nowMs: number): void {
    if (this.#queue.length === 0) this.#sinceMs = nowMs
    else if (nowMs - this.#sinceMs >= LONGEST_MS) {
      this.#sinceMs = nowMs
      this.flush()
    }
  }

  /** Posts what there is, and takes nothing any more. */
  close(): void {
    this.flush()
    this.#isClosed = true
  }

  #hasten(nowMs: number): void {
    if (nowMs - this.#hastenedMs < LONGEST_MS) return
    this.#hastenedMs = nowMs
    this.flush()
  }

  #postAlone(message: WireMessage, transfer: readonly TransferListItem[] | undefined): void {
    try {
      post(this.#port, message, transfer)
    } catch (error) {
      this.#failed(message, error)
    }
  }
}

/** Node goes through a list that is empty, too, and that takes longer than to post a small message. */
export function post(port: MessagePort, message: unknown, transfer: readonly TransferListItem[] | undefined): void {
  if (transfer === undefined) port.postMessage(message)
  else port.postMessage(message, transfer)
}

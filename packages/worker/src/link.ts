// Both ends of the wire between a host and a thread: calls, their answers, and notifications.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { Answers } from './answers.ts'
import { Calls, whatOf } from './calls.ts'
import { unpackThrown } from './error-data.ts'
import { notCloneable, whyNotCloneable } from './not-cloneable.ts'
import { Outbox, post } from './outbox.ts'
import type { LateCall } from './pending-call.ts'
import { type AnyFunction, References } from './references.ts'
import type { CallOptions } from './remote.ts'
import type { ThreadProgress } from './thread-progress.ts'
import { type AskMessage, type AskReply, isOne, Kind, type WireMessage } from './wire-message.ts'
import { type Packed, pack } from './wire-value.ts'

/** What an end is asked for by the other. */
export type Serve = (op: string, args: unknown[], call: ServedCall) => unknown

/** One call, as who serves it sees it. */
export interface ServedCall {
  /** Aborted when the caller waits no more. Made when it is first read. */
  readonly signal: AbortSignal
}

/** A kind of object that crosses in a form of its own, such as a service of which the other side has a stub. */
export interface WireType {
  /** The same on both sides. */
  readonly tag: string
  /** Whether an object or a function crosses in this form. */
  is(value: object): boolean
  /** What goes to the other side in its place; functions and signals in it cross as everywhere. */
  pack(value: object): unknown
  unpack(data: unknown): unknown
}

/** What an end has besides its port. */
export interface LinkOptions {
  /** Whose thread it is, for messages. */
  readonly plugin?: string | undefined
  /** The deadline of a call that has none, in milliseconds. @default none */
  readonly callMs?: number | undefined
  readonly types?: readonly WireType[] | undefined
  /** The thread's: whoever says something there may go on to block, and is heard all the same. @default false */
  readonly mayBlock?: boolean | undefined
  /** The host's: answers a thread that waits. */
  readonly answerAsked?: ((message: AskMessage) => void) | undefined
  /** The thread's: calls a function of the host, and waits. */
  readonly invokeSync?: ((target: number, args: readonly unknown[]) => unknown) | undefined
  /** The thread's: where it notes which call it is at. */
  readonly progress?: ThreadProgress | undefined
  /** Told of a call that was not answered within its deadline; its caller was told already. */
  readonly late?: ((call: LateCall) => void) | undefined
  /** Told of what went wrong where nobody waits for it. */
  readonly lost?: ((error: unknown) => void) | undefined
}

/** One end. The other is made of the other port of the same channel. */
export class Link {
  readonly #port: MessagePort
  readonly #options: LinkOptions
  readonly #outbox: Outbox
  readonly #references: References
  readonly #calls: Calls
  readonly #answers: Answers
  #pings: (() => void)[] = []
  #isClosed = false

  constructor(port: MessagePort, serve: Serve, options: LinkOptions = {}) {
    this.#port = port
    this.#options = options
    const outbox = new Outbox(port, (message, reason) => this.#unsent(message, reason), options.mayBlock)
    this.#outbox = outbox
    this.#references = new References({
      plugin: options.plugin,
      types: options.types ?? [],
      invoke: (target, args, callOptions) => this.#calls.call(target, args, callOptions),
      invokeSync: options.invokeSync,
      released: (id) => outbox.push([Kind.release, id]),
      aborted: (id, reason) => outbox.push([Kind.signal, id, reason]),
    })
    this.#calls = new Calls(outbox, this.#references, options)
    this.#answers = new Answers(serve, outbox, this.#references, options)
    port.on('message', (message: WireMessage | readonly WireMessage[]) => this.#receive(message))
    port.on('messageerror', (error) => options.lost?.(error))
  }

  /** How many calls of this end are not answered yet. */
  get pending(): number {
    return this.#calls.size
  }

  /** How many functions and signals one side has of the other. */
  get references(): number {
    return this.#references.size
  }

  /**
   * Calls the other end. What is sent is as it was when it was called, whatever becomes of it after that.
   *
   * @throws what is thrown there; `CFP_WORKER_NOT_CLONEABLE`; `CFP_WORKER_TIMEOUT`; the error that the link was closed with
   */
  call(op: string, args: readonly unknown[], options: CallOptions = {}): Promise<unknown> {
    return this.#calls.call(op, args, options)
  }

  /** Tells the other end, and waits for nothing. */
  notify(op: string, args: readonly unknown[]): void {
    const packed = pack(args, this.#references.maker())
    this.#outbox.push([Kind.tell, op, packed.parts, ...packed.values], packed)
  }

  /** Posts what was said so far, at once. */
  flush(): void {
    this.#outbox.flush()
  }

  /** Whether a call of this end waits, within its deadline, that meets the condition. */
  isWaiting(condition: (id: number) => boolean): boolean {
    return this.#calls.isWaiting(condition)
  }

  /** Resolves when the other end's loop has answered. */
  ping(): Promise<void> {
    return new Promise((resolve) => {
      this.#pings.push(resolve)
      this.#outbox.push([Kind.ping])
    })
  }

  /** Takes what the other end said before it was gone: its answers, and its log. */
  drain(): void {
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      this.#receive(next.message)
    }
  }

  /** Ends the link: every call that is pending rejects with `error`, as does every later one. */
  close(error: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#outbox.close()
    this.#calls.close(error)
    this.#answers.close(error)
    this.#references.clear()
    this.#port.close()
  }

  /**
   * The thread's: asks without a promise, for the answer goes another way.
   *
   * @throws `CFP_WORKER_NOT_CLONEABLE`
   */
  ask(id: number, target: string | number, args: readonly unknown[]): void {
    const { values, parts, transfer } = pack(args, this.#references.maker())
    const message: AskMessage =
      typeof target === 'string'
        ? [Kind.ask, id, target, parts, ...values]
        : [Kind.askFunction, id, target, parts, ...values]
    // What was said before is heard before.
    this.#outbox.flush()
    try {
      post(this.#port, message, transfer)
    } catch (error) {
      throw notCloneable(whatOf(target), whyNotCloneable(values, 'argument', error), this.#options.plugin)
    }
  }

  /** The answer to what was asked. @throws what was thrown there */
  answerOf(reply: AskReply): unknown {
    if ('thrown' in reply) throw unpackThrown(reply.thrown)
    return this.#references.unpack(reply.values, reply.parts)[0]
  }

  /** The host's: what was asked for, and with which arguments. */
  asked(message: AskMessage): { readonly target: string | AnyFunction; readonly args: unknown[] } {
    const [kind, , target, parts, ...values] = message
    const args = this.#references.unpack(values, parts)
    return { target: kind === Kind.ask ? target : this.#references.functionOf(target), args }
  }

  /** The host's: what a thread that waits is answered with. */
  packAnswer(value: unknown): Packed {
    return pack([value], this.#references.maker(undefined, true))
  }

  #receive(message: WireMessage | readonly WireMessage[]): void {
    this.#outbox.heard()
    if (isOne(message)) {
      this.#outbox.hold()
      this.#take(message)
      this.#outbox.release()
      return
    }
    for (const each of message) {
      this.#take(each)
      this.#outbox.worked(performance.now())
    }
  }

  #take(message: WireMessage): void {
    if (this.#isClosed) return
    try {
      this.#handle(message)
    } catch (error) {
      this.#options.lost?.(error)
    }
  }

  #handle(message: WireMessage): void {
    switch (message[0]) {
      case Kind.call:
      case Kind.invoke:
        this.#answers.answer(message)
        break
      case Kind.answer:
      case Kind.fail:
      case Kind.unsent:
        this.#calls.settle(message)
        break
      case Kind.tell:
        this.#answers.hear(message)
        break
      case Kind.abort:
        this.#answers.abort(message)
        break
      case Kind.release:
        this.#references.release(message[1])
        break
      case Kind.signal:
        this.#references.abort(message[1], message[2])
        break
      case Kind.ping:
        this.#outbox.push([Kind.pong])
        break
      case Kind.pong:
        this.#pings.shift()?.()
        break
      default:
        this.#options.answerAsked?.(message)
    }
  }

  /** Of a message that cannot be cloned. */
  #unsent(message: WireMessage, reason: unknown): void {
    if (message[0] === Kind.call || message[0] === Kind.invoke) this.#calls.unsent(message, reason)
    else if (message[0] === Kind.answer || message[0] === Kind.tell) this.#answers.unsent(message, reason)
    else this.#options.lost?.(reason)
  }
}

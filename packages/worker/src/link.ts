// Both ends of the wire between a host and a thread: calls, their answers, and notifications.
import type { MessagePort } from 'node:worker_threads'
import { isThenable, PluginError } from '@cf-plugins/plugin-api'
import { Deadlines } from '@cf-plugins/plugin-api/host'
import { packThrown, unpackThrown } from './error-data.ts'
import { notCloneable, whyNotCloneable } from './not-cloneable.ts'
import { Outbox } from './outbox.ts'
import { type LateCall, PendingCall } from './pending-call.ts'
import { type AnyFunction, References } from './references.ts'
import type { CallOptions } from './remote.ts'
import { Served } from './served-call.ts'
import {
  type AnswerMessage,
  type AskMessage,
  type AskReply,
  type CallMessage,
  type InvokeMessage,
  Kind,
  type WireMessage,
} from './wire-message.ts'
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
  /** The host's: answers a thread that waits. */
  readonly answerAsked?: ((message: AskMessage) => void) | undefined
  /** The thread's: calls a function of the host, and waits. */
  readonly invokeSync?: ((target: number, args: readonly unknown[]) => unknown) | undefined
  /** Told of a call that was not answered within its deadline; its caller was told already. */
  readonly late?: ((call: LateCall) => void) | undefined
  /** Told of what could not be sent, or made nothing but an error, where nobody waits for it. */
  readonly lost?: ((error: unknown) => void) | undefined
}

const NOTHING_LATE = Number.POSITIVE_INFINITY

/** One end. The other is made of the other port of the same channel. */
export class Link {
  readonly #port: MessagePort
  readonly #serve: Serve
  readonly #options: LinkOptions
  readonly #outbox: Outbox
  readonly #references: References
  readonly #deadlines = new Deadlines()
  readonly #pending = new Map<number, PendingCall>()
  readonly #late = new Map<number, PendingCall>()
  readonly #served = new Map<number, Served>()
  #pings: (() => void)[] = []
  #ids = 0
  #closed: { readonly error: unknown } | undefined
  readonly #overdue = (call: PendingCall): void => this.#timedOut(call)

  constructor(port: MessagePort, serve: Serve, options: LinkOptions = {}) {
    this.#port = port
    this.#serve = serve
    this.#options = options
    this.#outbox = new Outbox(port, (message, reason) => this.#unsent(message, reason))
    this.#references = new References(
      {
        plugin: options.plugin,
        invoke: (target, args, callOptions) => this.#send(target, args, callOptions),
        invokeSync: options.invokeSync,
        released: (id) => this.#outbox.push([Kind.release, id]),
        aborted: (id, reason) => this.#outbox.push([Kind.signal, id, reason]),
      },
      options.types,
    )
    port.on('message', (messages: WireMessage[]) => this.#receive(messages))
  }

  /** How many calls of this end are not answered yet. */
  get pending(): number {
    return this.#pending.size
  }

  /** How many functions and signals one side has of the other. */
  get references(): number {
    return this.#references.size
  }

  /**
   * Calls the other end.
   *
   * @throws what is thrown there; `CFP_WORKER_NOT_CLONEABLE`; `CFP_WORKER_TIMEOUT`; the error that the link was closed with
   */
  call(op: string, args: readonly unknown[], options: CallOptions = {}): Promise<unknown> {
    return this.#send(op, args, options)
  }

  /** Tells the other end, and waits for nothing. */
  notify(op: string, args: readonly unknown[]): void {
    const packed = pack(args, this.#references.maker())
    this.#outbox.push([Kind.tell, op, packed.values as unknown[], packed.parts], packed)
  }

  /** Resolves when the other end's loop has answered. */
  ping(): Promise<void> {
    return new Promise((resolve) => {
      this.#pings.push(resolve)
      this.#outbox.push([Kind.ping])
    })
  }

  /** Ends the link: every call that is pending rejects with `error`, as does every later one. */
  close(error: unknown): void {
    if (this.#closed) return
    this.#closed = { error }
    this.#outbox.close()
    for (const call of [...this.#pending.values()]) {
      this.#settle(call)
      call.reject(error)
    }
    for (const call of this.#late.values()) call.isSettled = true
    this.#late.clear()
    for (const served of this.#served.values()) served.abort(error)
    this.#references.clear()
    this.#port.close()
  }

  /**
   * Asks without a promise: the answer goes another way.
   *
   * @throws `CFP_WORKER_NOT_CLONEABLE`
   */
  ask(id: number, target: string | number, args: readonly unknown[]): void {
    const packed = pack(args, this.#references.maker())
    const values = packed.values as unknown[]
    const message: AskMessage =
      typeof target === 'string'
        ? [Kind.ask, id, target, values, packed.parts]
        : [Kind.askFunction, id, target, values, packed.parts]
    // What was said before is heard before.
    this.#outbox.flush()
    try {
      this.#port.postMessage([message], packed.transfer)
    } catch (error) {
      throw notCloneable(whatOf(target), whyNotCloneable(values, 'argument', error), this.#options.plugin)
    }
  }

  /** The answer to what was asked. @throws what was thrown there */
  answerOf(reply: AskReply): unknown {
    if ('thrown' in reply) throw unpackThrown(reply.thrown)
    return this.#references.unpack(reply.values, reply.parts, undefined)[0]
  }

  /** The host's: what was asked, with arguments as they are here, and how to answer it. */
  asked(message: AskMessage): { target: string | AnyFunction; args: unknown[] } {
    const args = this.#references.unpack(message[3], message[4], undefined)
    return { target: message[0] === Kind.ask ? message[2] : this.#references.functionOf(message[2]), args }
  }

  /** What a thread that waits is answered with. */
  packAnswer(value: unknown): Packed {
    return pack([value], this.#references.maker(undefined, true))
  }

  #send(target: string | number, args: readonly unknown[], options: CallOptions): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closed.error)
    const { signal } = options
    if (signal?.aborted && !options.isPatient) return Promise.reject(signal.reason)
    const what = options.what ?? whatOf(target)
    const id = ++this.#ids
    const call = new PendingCall(id, what, options.deadlineMs ?? this.#options.callMs ?? NOTHING_LATE, this.#overdue)
    let packed: Packed
    try {
      packed = pack(args, this.#references.maker(call.scope))
    } catch (error) {
      this.#references.forget(call.scope)
      return Promise.reject(error)
    }
    this.#pending.set(id, call)
    if (call.deadlineMs !== NOTHING_LATE) this.#deadlines.watch(call, call.deadlineMs)
    const tellAborted = () => this.#outbox.push([Kind.abort, id, packThrown(signal?.reason)])
    if (signal) call.listen(signal, options.isPatient ? tellAborted : () => this.#abort(call, signal.reason))
    const values = packed.values as unknown[]
    this.#outbox.push(
      typeof target === 'string'
        ? [Kind.call, id, target, values, packed.parts]
        : [Kind.invoke, id, target, values, packed.parts],
      packed,
    )
    if (signal?.aborted) tellAborted()
    return call.promise
  }

  #receive(messages: readonly WireMessage[]): void {
    for (const message of messages) {
      if (this.#closed) return
      try {
        this.#handle(message)
      } catch (error) {
        this.#options.lost?.(error)
      }
      if (messages.length > 1) this.#outbox.worked(performance.now())
    }
  }

  #handle(message: WireMessage): void {
    switch (message[0]) {
      case Kind.call:
      case Kind.invoke:
        return this.#answer(message)
      case Kind.answer:
        return this.#answered(message)
      case Kind.fail:
        return this.#settled(message[1])?.reject(unpackThrown(message[2]))
      case Kind.unsent: {
        const call = this.#settled(message[1])
        return call?.reject(notCloneable(call.what, message[2], this.#options.plugin))
      }
      case Kind.tell:
        return this.#hear(message[1], this.#references.unpack(message[2], message[3], undefined))
      case Kind.abort:
        return this.#served.get(message[1])?.abort(unpackThrown(message[2]))
      case Kind.release:
        return this.#references.release(message[1])
      case Kind.signal:
        return this.#references.abort(message[1], message[2])
      case Kind.ping:
        return this.#outbox.push([Kind.pong])
      case Kind.pong:
        return this.#pings.shift()?.()
      case Kind.ask:
      case Kind.askFunction:
        return this.#options.answerAsked?.(message)
    }
    const unknownKind: never = message
    return unknownKind
  }

  #answered([, id, values, parts]: AnswerMessage): void {
    let value: unknown
    try {
      // Before the call is over: a function of its arguments may come home with its result.
      value = this.#references.unpack(values, parts, undefined)[0]
    } catch (error) {
      return this.#settled(id)?.reject(error)
    }
    this.#settled(id)?.resolve(value)
  }

  #hear(op: string, args: unknown[]): void {
    const result = this.#serve(op, args, new Served())
    if (isThenable(result)) Promise.resolve(result).catch((error: unknown) => this.#options.lost?.(error))
  }

  #answer(message: CallMessage | InvokeMessage): void {
    const id = message[1]
    const served = new Served()
    this.#served.set(id, served)
    let result: unknown
    try {
      const args = this.#references.unpack(message[3], message[4], served.scope)
      result =
        message[0] === Kind.call
          ? this.#serve(message[2], args, served)
          : this.#references.functionOf(message[2])(...args)
    } catch (error) {
      return this.#fail(id, served, error)
    }
    if (!isThenable(result)) return this.#give(id, served, result)
    // Through a promise of our own, for a thenable may call both of its callbacks, or throw.
    Promise.resolve(result).then(
      (value) => this.#give(id, served, value),
      (error: unknown) => this.#fail(id, served, error),
    )
  }

  #give(id: number, served: Served, value: unknown): void {
    let packed: Packed
    try {
      packed = pack([value], this.#references.maker())
    } catch (error) {
      return this.#fail(id, served, error)
    }
    this.#served.delete(id)
    this.#references.drop(served.scope)
    this.#outbox.push([Kind.answer, id, packed.values as unknown[], packed.parts], packed)
  }

  #fail(id: number, served: Served, error: unknown): void {
    this.#served.delete(id)
    this.#references.drop(served.scope)
    this.#outbox.push([Kind.fail, id, packThrown(error)])
  }

  /** The call that an answer is of, unless its caller was answered already. */
  #settled(id: number): PendingCall | undefined {
    const call = this.#pending.get(id)
    if (call) this.#settle(call)
    const late = this.#late.get(id)
    if (late) {
      late.isSettled = true
      this.#late.delete(id)
    }
    return call
  }

  #settle(call: PendingCall): void {
    this.#pending.delete(call.id)
    call.unlisten()
    if (call.deadlineMs !== NOTHING_LATE) this.#deadlines.unwatch(call)
    this.#references.forget(call.scope)
  }

  #abort(call: PendingCall, reason: unknown): void {
    this.#settle(call)
    this.#outbox.push([Kind.abort, call.id, packThrown(reason)])
    call.reject(reason)
  }

  #timedOut(call: PendingCall): void {
    const { plugin } = this.#options
    const error = new PluginError(
      'CFP_WORKER_TIMEOUT',
      `Plugin "${plugin}": ${call.what} took longer than ${call.deadlineMs} ms in its thread. Raise its timeoutMs or worker.callMs, or do less in one call.`,
      { plugin, phase: 'call' },
    )
    this.#late.set(call.id, call)
    this.#abort(call, error)
    this.#options.late?.(call)
  }

  /** Of a message that cannot be cloned. */
  #unsent(message: WireMessage, reason: unknown): void {
    const { plugin, lost } = this.#options
    if (message[0] === Kind.call || message[0] === Kind.invoke) {
      const call = this.#settled(message[1])
      call?.reject(notCloneable(call.what, whyNotCloneable(message[3], 'argument', reason), plugin))
    } else if (message[0] === Kind.answer) {
      this.#outbox.push([Kind.unsent, message[1], whyNotCloneable(message[2], 'result', reason)])
    } else if (message[0] === Kind.tell) {
      lost?.(notCloneable(message[1], whyNotCloneable(message[2], 'argument', reason), plugin))
    } else lost?.(reason)
  }
}

function whatOf(target: string | number): string {
  return typeof target === 'string' ? target : 'a function that was sent'
}

// The calls that one end of a link makes, until they are answered.
import { PluginError } from '@cf-plugins/plugin-api'
import { Deadlines } from '@cf-plugins/plugin-api/host'
import { AbortFollowers } from './abort-followers.ts'
import { packThrown, unpackThrown } from './error-data.ts'
import type { LinkOptions } from './link.ts'
import { argumentsOf, notCloneable, whyNotCloneable } from './not-cloneable.ts'
import type { Outbox } from './outbox.ts'
import { PendingCall } from './pending-call.ts'
import type { References } from './references.ts'
import type { CallOptions } from './remote.ts'
import { type AnswerMessage, type CallMessage, Kind } from './wire-message.ts'
import { type Packed, pack } from './wire-value.ts'

const NEVER = Number.POSITIVE_INFINITY

/** What one end has called and waits for. */
export class Calls {
  readonly #outbox: Outbox
  readonly #references: References
  readonly #options: LinkOptions
  readonly #deadlines = new Deadlines()
  readonly #followers = new AbortFollowers()
  readonly #pending = new Map<number, PendingCall>()
  readonly #overdue = (call: PendingCall): void => this.#timedOut(call)
  #ids = 0
  #closed: { readonly error: unknown } | undefined

  constructor(outbox: Outbox, references: References, options: LinkOptions) {
    this.#outbox = outbox
    this.#references = references
    this.#options = options
  }

  get size(): number {
    return this.#pending.size
  }

  /** Whether one waits that meets the condition; those that are late do not any more. */
  isWaiting(condition: (id: number) => boolean): boolean {
    for (const id of this.#pending.keys()) if (condition(id)) return true
    return false
  }

  /** @param target an op, or a function that came from the other side */
  call(target: string | number, args: readonly unknown[], options: CallOptions): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closed.error)
    const { signal, isPatient = false } = options
    if (signal?.aborted && !isPatient) return Promise.reject(signal.reason)
    const id = ++this.#ids
    const deadlineMs = options.deadlineMs ?? this.#options.callMs ?? NEVER
    const call = new PendingCall(id, options.what ?? whatOf(target), deadlineMs, this.#overdue)
    call.bound = options.bound
    let packed: Packed
    try {
      packed = pack(args, this.#references.maker(call))
    } catch (error) {
      this.#references.forget(call)
      return Promise.reject(error)
    }
    this.#pending.set(id, call)
    if (deadlineMs !== NEVER) this.#deadlines.watch(call, deadlineMs)
    const { values, parts } = packed
    this.#outbox.push(
      typeof target === 'string'
        ? [Kind.call, id, target, parts, ...values]
        : [Kind.invoke, id, target, parts, ...values],
      packed,
    )
    if (signal) this.#follow(call, signal, isPatient)
    return call.promise
  }

  /** Takes what the other side answered. What nobody waits for any more is dropped. */
  settle(message: AnswerMessage): void {
    const call = this.#pending.get(message[1])
    if (message[0] === Kind.answer) {
      let value: unknown
      try {
        // Before the call is over: a function of its arguments may come home with its result.
        value = this.#references.unpack([message[3]], message[2])[0]
      } catch (error) {
        if (call) this.#over(call).reject(error)
        return
      }
      if (call) this.#over(call).resolve(value)
    } else if (call) {
      const { plugin } = this.#options
      const error = message[0] === Kind.fail ? unpackThrown(message[2]) : notCloneable(call.what, message[2], plugin)
      this.#over(call).reject(error)
    }
  }

  /** Of a call that cannot be sent. */
  unsent(message: CallMessage, reason: unknown): void {
    const call = this.#pending.get(message[1])
    if (!call) return
    const [, , target, , ...args] = message
    const why = whyNotCloneable(argumentsOf(target, args), 'argument', reason)
    this.#over(call).reject(notCloneable(call.what, why, this.#options.plugin))
  }

  /** Every call that waits rejects, and every later one. */
  close(error: unknown): void {
    this.#closed = { error }
    for (const call of [...this.#pending.values()]) this.#over(call).reject(error)
  }

  #follow(call: PendingCall, signal: AbortSignal, isPatient: boolean): void {
    const aborted = () => {
      this.#outbox.push([Kind.abort, call.id, packThrown(signal.reason)])
      if (!isPatient) this.#over(call).reject(signal.reason)
    }
    if (signal.aborted) aborted()
    else call.unfollow = this.#followers.add(signal, aborted)
  }

  #timedOut(call: PendingCall): void {
    const { plugin, late } = this.#options
    const { what, deadlineMs, bound } = call
    const error = new PluginError(
      'CFP_WORKER_TIMEOUT',
      `Plugin "${plugin}": ${what} took longer than ${deadlineMs} ms in its thread. Raise ${bound ?? 'its timeoutMs or worker.callMs'}, or do less in one call.`,
      // Of a hook, who waits for it knows which it was.
      { plugin, ...(bound === undefined && { phase: 'call' }) },
    )
    this.#outbox.push([Kind.abort, call.id, packThrown(error)])
    this.#over(call).reject(error)
    late?.(call)
  }

  #over(call: PendingCall): PendingCall {
    this.#pending.delete(call.id)
    call.unfollow?.()
    if (call.deadlineMs !== NEVER) this.#deadlines.unwatch(call)
    this.#references.forget(call)
    return call
  }
}

/** How a call is told of that has no name. */
export function whatOf(target: string | number): string {
  return typeof target === 'string' ? target : 'a function that was sent'
}

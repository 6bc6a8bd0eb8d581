// The calls of the other end of a link, as they are answered here.
import { isThenable } from '@cf-plugins/plugin-api'
import { packThrown, unpackThrown } from './error-data.ts'
import type { LinkOptions, Serve } from './link.ts'
import { notCloneable, whyNotCloneable } from './not-cloneable.ts'
import type { Outbox } from './outbox.ts'
import type { References } from './references.ts'
import { Served } from './served-call.ts'
import { begin, leave } from './thread-progress.ts'
import { type AbortMessage, type AnswerMessage, type CallMessage, Kind, type TellMessage } from './wire-message.ts'
import { type Packed, pack } from './wire-value.ts'

/** What one end was called for and has not answered. */
export class Answers {
  readonly #serve: Serve
  readonly #outbox: Outbox
  readonly #references: References
  readonly #options: LinkOptions
  readonly #served = new Map<number, Served>()

  constructor(serve: Serve, outbox: Outbox, references: References, options: LinkOptions) {
    this.#serve = serve
    this.#outbox = outbox
    this.#references = references
    this.#options = options
  }

  answer(message: CallMessage): void {
    const id = message[1]
    const { progress } = this.#options
    const served = new Served()
    this.#served.set(id, served)
    let result: unknown
    if (progress) begin(progress, id)
    try {
      // Not taken apart by a pattern, which would go through an iterator.
      const args = this.#references.unpack(message.slice(4), message[3], served)
      result =
        message[0] === Kind.call
          ? this.#serve(message[2], args, served)
          : this.#references.functionOf(message[2])(...args)
      if (!isThenable(result)) this.#give(id, served, result)
    } catch (error) {
      this.#fail(id, served, error)
      return
    } finally {
      if (progress) leave(progress)
    }
    if (!isThenable(result)) return
    // Through a promise of our own, for a thenable may call both of its callbacks, or throw.
    Promise.resolve(result).then(
      (value) => this.#giveOrFail(id, served, value),
      (error: unknown) => this.#fail(id, served, error),
    )
  }

  /** Takes what nobody waits for. */
  hear([, op, parts, ...values]: TellMessage): void {
    const result = this.#serve(op, this.#references.unpack(values, parts), new Served())
    if (isThenable(result)) Promise.resolve(result).catch((error: unknown) => this.#options.lost?.(error))
  }

  abort([, id, reason]: AbortMessage): void {
    this.#served.get(id)?.abort(unpackThrown(reason))
  }

  /** Of an answer, or of what was told, that cannot be sent. */
  unsent(message: AnswerMessage | TellMessage, reason: unknown): void {
    const { plugin, lost } = this.#options
    if (message[0] === Kind.answer) {
      this.#outbox.push([Kind.unsent, message[1], whyNotCloneable([message[3]], 'result', reason)])
    } else if (message[0] === Kind.tell) {
      const [, op, , ...args] = message
      lost?.(notCloneable(op, whyNotCloneable(args, 'argument', reason), plugin))
    } else lost?.(reason)
  }

  /** Nobody waits for anything any more. */
  close(error: unknown): void {
    for (const served of this.#served.values()) served.abort(error)
    this.#served.clear()
  }

  #giveOrFail(id: number, served: Served, value: unknown): void {
    try {
      this.#give(id, served, value)
    } catch (error) {
      this.#fail(id, served, error)
    }
  }

  /** @throws what a getter of the value throws */
  #give(id: number, served: Served, value: unknown): void {
    const packed: Packed = pack([value], this.#references.maker())
    this.#over(id, served)
    this.#outbox.push([Kind.answer, id, packed.parts, packed.values[0]], packed)
  }

  #fail(id: number, served: Served, error: unknown): void {
    this.#over(id, served)
    this.#outbox.push([Kind.fail, id, packThrown(error)])
  }

  #over(id: number, served: Served): void {
    this.#served.delete(id)
    this.#references.drop(served)
  }
}

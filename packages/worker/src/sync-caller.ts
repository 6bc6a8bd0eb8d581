// Calls for which a thread waits, while the host's loop answers them.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { PluginError } from '@cf-plugins/plugin-api'
import { packThrown } from './error-data.ts'
import type { Link } from './link.ts'
import { notCloneable, whyNotCloneable } from './not-cloneable.ts'
import { post } from './outbox.ts'
import type { AskMessage, AskReply } from './wire-message.ts'
import type { Packed } from './wire-value.ts'

/** What a thread waits with. Cloneable, with the port transferred. */
export interface SyncChannel {
  /** Where answers arrive. */
  readonly port: MessagePort
  /** Counts the answers. */
  readonly answers: Int32Array
}

/** What a thread has besides its channel. */
export interface SyncCallerOptions {
  readonly plugin: string
  /** How long it waits, in milliseconds. */
  readonly boundMs: number
}

/** A thread's way to ask the host and go on with the answer in hand. */
export class SyncCaller {
  readonly #link: Link
  readonly #channel: SyncChannel
  readonly #options: SyncCallerOptions
  #ids = 0

  constructor(link: Link, channel: SyncChannel, options: SyncCallerOptions) {
    this.#link = link
    this.#channel = channel
    this.#options = options
  }

  /**
   * Asks the host, and waits.
   *
   * @param target an op, or a function that came from the host
   * @throws what the host throws; `CFP_WORKER_TIMEOUT` where the host does not answer in time; `CFP_WORKER_NOT_CLONEABLE`
   */
  call(target: string | number, args: readonly unknown[]): unknown {
    const id = ++this.#ids
    // Read before it is asked: an answer that comes between is seen as a change.
    const seen = Atomics.load(this.#channel.answers, 0)
    this.#link.ask(id, target, args)
    return this.#link.answerOf(this.#wait(id, seen, String(target)))
  }

  #wait(id: number, seen: number, what: string): AskReply {
    const { port, answers } = this.#channel
    const { plugin, boundMs } = this.#options
    const untilMs = performance.now() + boundMs
    for (;;) {
      const reply = receiveMessageOnPort(port)?.message as AskReply | undefined
      if (reply?.id === id) return reply
      // One that was waited for too long before.
      if (reply) continue
      const leftMs = untilMs - performance.now()
      if (leftMs > 0) {
        Atomics.wait(answers, 0, seen, leftMs)
        seen = Atomics.load(answers, 0)
        continue
      }
      throw new PluginError(
        'CFP_WORKER_TIMEOUT',
        `Plugin "${plugin}": its host did not answer ${what} within ${boundMs} ms. Something blocks the host's event loop: see which of its plugins does.`,
        { plugin, phase: 'call' },
      )
    }
  }
}

/** The host's side: answers what a thread waits for. */
export class SyncAnswers {
  readonly #channel: SyncChannel
  readonly #serve: (op: string, args: unknown[]) => unknown
  readonly #plugin: string

  constructor(channel: SyncChannel, serve: (op: string, args: unknown[]) => unknown, plugin: string) {
    this.#channel = channel
    this.#serve = serve
    this.#plugin = plugin
  }

  answer(link: Link, message: AskMessage): void {
    const id = message[1]
    try {
      const { target, args } = link.asked(message)
      this.#give(link, id, typeof target === 'string' ? this.#serve(target, args) : target(...args))
    } catch (error) {
      this.#post({ id, thrown: packThrown(error) })
    }
  }

  #give(link: Link, id: number, value: unknown): void {
    const { values, parts, transfer } = link.packAnswer(value)
    try {
      this.#post({ id, values, parts }, transfer)
    } catch (error) {
      throw notCloneable('what it waits for', whyNotCloneable(values, 'result', error), this.#plugin)
    }
  }

  #post(reply: AskReply, transfer?: Packed['transfer']): void {
    const { port, answers } = this.#channel
    post(port, reply, transfer)
    Atomics.add(answers, 0, 1)
    Atomics.notify(answers, 0)
  }
}

// Both ends of the wire between a host and a thread: calls, their answers, and notifications.
import type { MessagePort } from 'node:worker_threads'
import type { CallOptions } from './remote.ts'

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
  readonly types?: readonly WireType[] | undefined
  /** The host's: answers calls that the thread waits for. */
  readonly serveSync?: ((op: string, args: unknown[]) => unknown) | undefined
  /** Told of a notification that could not be sent. */
  readonly lost?: ((error: Error) => void) | undefined
}

/** One end. The other is made of the other port of the same channel. */
export class Link {
  constructor(port: MessagePort, serve: Serve, options: LinkOptions = {}) {
    void port
    void serve
    void options
  }

  /** How many calls of this end are not answered yet. */
  get pending(): number {
    return 0
  }

  /**
   * Calls the other end.
   *
   * @throws what is thrown there; `CFP_WORKER_NOT_CLONEABLE`; `CFP_WORKER_TIMEOUT`; the error that the link was closed with
   */
  async call(op: string, args: readonly unknown[], options: CallOptions = {}): Promise<unknown> {
    throw new Error(`not yet: ${op} ${args.length} ${options.what}`)
  }

  /** Tells the other end, and waits for nothing. */
  notify(op: string, args: readonly unknown[]): void {
    void op
    void args
  }

  /** Ends the link: every call that is pending rejects with `error`, as does every later one. */
  close(error: unknown): void {
    void error
  }
}

// How what a plugin has in its thread is called, whichever thread that is by then.
import type { InstanceNotifications, InstanceOps } from './context-ops.ts'
import type { CallOptions } from './remote.ts'

/** A call into whichever thread serves. */
export interface LastingCall extends CallOptions {
  readonly what: string
  /** Whether it may be made once more where its thread ended in mid-call. */
  readonly isIdempotent?: boolean | undefined
}

/** What a thread is asked for. */
export type Asked = keyof InstanceOps
/** Makes the arguments when it is known which thread is called. */
export type ArgumentsOf<Op extends Asked> = () => Parameters<InstanceOps[Op]>
export type AnswerOf<Op extends Asked> = ReturnType<InstanceOps[Op]>

/** Calls what a plugin has in its thread. */
export interface ThreadCaller {
  /** How long a call may take that has no deadline of its own, in milliseconds. */
  readonly callMs: number
  /** Whether there is a thread, and no other has to be started first. */
  readonly isThere: boolean
  call<Op extends Asked>(op: Op, args: ArgumentsOf<Op>, call: LastingCall): Promise<AnswerOf<Op>>
  tell<Op extends keyof InstanceNotifications>(op: Op, ...args: Parameters<InstanceNotifications[Op]>): void
  /** Notes that a stub is of the thread that offered it last. */
  standsFor(stub: object, id: number): void
}

// What goes over the wire between a host and a thread: a list of these a posted message.
import type { Thrown } from './error-data.ts'
import type { WirePart } from './wire-value.ts'

/** The kinds of messages: first in each, as a number, for that is the cheapest to clone. */
export const Kind = {
  call: 0,
  invoke: 1,
  answer: 2,
  fail: 3,
  tell: 4,
  abort: 5,
  release: 6,
  signal: 7,
  ping: 8,
  pong: 9,
  ask: 10,
  askFunction: 11,
  unsent: 12,
} as const

type Parts = readonly WirePart[] | undefined

/** Asks for an answer under the same id. */
export type CallMessage = readonly [kind: typeof Kind.call, id: number, op: string, args: unknown[], parts: Parts]
/** The same, of a function that came from there. */
export type InvokeMessage = readonly [
  kind: typeof Kind.invoke,
  id: number,
  target: number,
  args: unknown[],
  parts: Parts,
]
/** One value, in a list as arguments are. */
export type AnswerMessage = readonly [kind: typeof Kind.answer, id: number, value: unknown[], parts: Parts]
export type FailMessage = readonly [kind: typeof Kind.fail, id: number, thrown: Thrown]
/** What was given cannot be cloned, and why. */
export type UnsentMessage = readonly [kind: typeof Kind.unsent, id: number, why: string]
export type TellMessage = readonly [kind: typeof Kind.tell, op: string, args: unknown[], parts: Parts]
/** Who made the call waits no more. */
export type AbortMessage = readonly [kind: typeof Kind.abort, id: number, reason: Thrown]
/** A function that came from there is called no more. */
export type ReleaseMessage = readonly [kind: typeof Kind.release, id: number]
/** A signal that was sent is aborted. */
export type SignalMessage = readonly [kind: typeof Kind.signal, id: number, reason: Thrown]
export type PingMessage = readonly [kind: typeof Kind.ping | typeof Kind.pong]
/** From a thread that waits: the answer goes another way, under the same number. */
export type AskMessage =
  | readonly [kind: typeof Kind.ask, id: number, op: string, args: unknown[], parts: Parts]
  | readonly [kind: typeof Kind.askFunction, id: number, target: number, args: unknown[], parts: Parts]

export type WireMessage =
  | CallMessage
  | InvokeMessage
  | AnswerMessage
  | FailMessage
  | UnsentMessage
  | TellMessage
  | AbortMessage
  | ReleaseMessage
  | SignalMessage
  | PingMessage
  | AskMessage

/** The answer to a thread that waits. */
export type AskReply =
  | { readonly id: number; readonly values: unknown[]; readonly parts: Parts }
  | { readonly id: number; readonly thrown: Thrown }

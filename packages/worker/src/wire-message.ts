// What goes over the wire between a host and a thread: one of these a posted message, or a list of them. Flat, for each list in a list costs
// about as much to clone as what is in it.
import type { Thrown } from './error-data.ts'
import type { WirePart } from './wire-value.ts'

/** The kinds of messages: first in each, as a number, for that is the cheapest to clone. */
export const Kind = {
  call: 0,
  invoke: 1,
  answer: 2,
  fail: 3,
  unsent: 4,
  tell: 5,
  abort: 6,
  release: 7,
  signal: 8,
  ping: 9,
  pong: 10,
  ask: 11,
  askFunction: 12,
} as const

type KindOf = typeof Kind
type Parts = readonly WirePart[] | undefined

/** Asks for an answer under the same number: by an op, or of a function that came from there. */
export type CallMessage =
  | readonly [kind: KindOf['call'], id: number, op: string, parts: Parts, ...args: unknown[]]
  | readonly [kind: KindOf['invoke'], id: number, target: number, parts: Parts, ...args: unknown[]]
/** From a thread that waits: the answer goes another way, under the same number. */
export type AskMessage =
  | readonly [kind: KindOf['ask'], id: number, op: string, parts: Parts, ...args: unknown[]]
  | readonly [kind: KindOf['askFunction'], id: number, target: number, parts: Parts, ...args: unknown[]]
/** A value; what was thrown; or why what was given cannot be cloned. */
export type AnswerMessage =
  | readonly [kind: KindOf['answer'], id: number, parts: Parts, value: unknown]
  | readonly [kind: KindOf['fail'], id: number, thrown: Thrown]
  | readonly [kind: KindOf['unsent'], id: number, why: string]
export type TellMessage = readonly [kind: KindOf['tell'], op: string, parts: Parts, ...args: unknown[]]
/** Who made the call is not interested any more. */
export type AbortMessage = readonly [kind: KindOf['abort'], id: number, reason: Thrown]
/** A function that came from there is called no more; a signal that was sent is aborted. */
export type ReferenceMessage =
  | readonly [kind: KindOf['release'], id: number]
  | readonly [kind: KindOf['signal'], id: number, reason: Thrown]
export type PingMessage = readonly [kind: KindOf['ping'] | KindOf['pong']]

export type WireMessage =
  | CallMessage
  | AskMessage
  | AnswerMessage
  | TellMessage
  | AbortMessage
  | ReferenceMessage
  | PingMessage

/** Whether what was posted is one message, and not a list of them. */
export function isOne(posted: WireMessage | readonly WireMessage[]): posted is WireMessage {
  return typeof posted[0] === 'number'
}

/** The answer to a thread that waits. */
export type AskReply =
  | { readonly id: number; readonly values: unknown[]; readonly parts: Parts }
  | { readonly id: number; readonly thrown: Thrown }

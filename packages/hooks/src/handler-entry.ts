// One registered handler: its options checked, and its place in the order.
import { type HandlerOptions, PluginError, type Priority } from '@cf-plugins/plugin-api'
import type { DeliveryGate, HandlerOwner } from './delivery-gate.ts'

/** Longest time that a timer of Node can wait, in milliseconds: 24.8 days. */
const LONGEST_MS = 2 ** 31 - 1

/** What the handlers of one generation share. */
export interface StageView {
  readonly live: boolean
  /** Which stage of its table this is, from 0. */
  readonly order: number
  readonly owner: HandlerOwner
  /** Takes one of its handlers back. */
  remove(entry: HandlerEntry<unknown>): void
}

/** A registered handler. */
export interface HandlerEntry<Handler> {
  readonly name: string
  readonly handler: Handler
  readonly owner: HandlerOwner
  readonly stage: StageView
  readonly priority: number
  /** Which handler of its stage this is, from 0. */
  readonly index: number
  readonly timeoutMs: number | undefined
  readonly once: boolean
  /** Whether it may be called now. */
  live: boolean
  /** The owner's. */
  readonly gate: DeliveryGate | undefined
  /** Without `once` and a time of its own: while live, dispatch asks nothing but the gate. */
  readonly usual: boolean
}

/** @throws `CFP_HANDLER_INVALID` naming what is wrong. */
export function createEntry<Handler>(
  stage: StageView,
  index: number,
  name: string,
  handler: Handler,
  options: HandlerOptions,
): HandlerEntry<Handler> {
  checkName(name)
  const { owner } = stage
  if (typeof handler !== 'function') throw invalid(owner, `the handler of "${name}" must be a function`, handler)
  const priority = priorityOf(options.priority ?? 'normal')
  if (priority === undefined) {
    throw invalid(owner, `the priority of "${name}" must be 'high', 'normal', 'low' or a number`, options.priority)
  }
  const { timeoutMs, once = false } = options
  checkTimeout(timeoutMs, `timeoutMs of "${name}"`, owner)
  const usual = !once && timeoutMs === undefined
  return { name, handler, owner, gate: owner.gate, stage, priority, index, timeoutMs, once, usual, live: false }
}

/** The order of calls: by priority, then by the owners' rank, then as registered. */
export function compareEntries(a: HandlerEntry<unknown>, b: HandlerEntry<unknown>): number {
  if (a.priority !== b.priority) return a.priority > b.priority ? -1 : 1
  return a.owner.rank - b.owner.rank || a.stage.order - b.stage.order || a.index - b.index
}

/** @throws `CFP_HANDLER_INVALID` */
export function checkName(name: unknown): void {
  if (typeof name !== 'string' || name === '') throw invalid(undefined, 'a name must be a string, not empty', name)
}

/** @throws `CFP_HANDLER_INVALID` */
export function checkTimeout(timeoutMs: unknown, what: string, owner?: HandlerOwner): void {
  if (timeoutMs === undefined) return
  if (typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= LONGEST_MS) return
  throw invalid(owner, `${what} must be milliseconds above 0 and at most ${LONGEST_MS}`, timeoutMs)
}

function priorityOf(priority: Priority): number | undefined {
  switch (priority) {
    case 'high':
      return 100
    case 'normal':
      return 50
    case 'low':
      return 0
    default:
      return typeof priority === 'number' && !Number.isNaN(priority) ? priority : undefined
  }
}

function invalid(owner: HandlerOwner | undefined, rule: string, value: unknown): PluginError {
  const who = owner === undefined ? '' : ` (plugin "${owner.name}")`
  const got = typeof value === 'string' ? JSON.stringify(value) : value === null ? 'null' : typeof value
  const given = typeof value === 'number' ? String(value) : got
  return new PluginError('CFP_HANDLER_INVALID', `${rule[0]?.toUpperCase()}${rule.slice(1)}; got ${given}${who}.`, {
    plugin: owner?.name,
  })
}

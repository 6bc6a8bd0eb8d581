// One registered handler: what was said about it, and how it fares.
import type { EventOptions } from '@cf-plugins/plugin-api'
import type { DeliveryGate, HandlerOwner } from './delivery-gate.ts'
import { type CheckedOptions, checkName, checkOptions, invalid } from './handler-options.ts'
import type { HandlerKind } from './handler-trace.ts'

/** What the handlers of one generation share. */
export interface StageView {
  readonly kind: HandlerKind
  readonly live: boolean
  /** Which stage of its table this is, from 0. */
  readonly order: number
  readonly owner: HandlerOwner
  /** Takes one of its handlers back. */
  remove(entry: HandlerEntry<unknown>): void
}

/** A registered handler. */
export interface HandlerEntry<Handler> extends CheckedOptions {
  /** Unlike that of any other handler of its host. */
  readonly id: string
  readonly name: string
  /** What else it is known by to those that ask for a place beside it: a step's name. */
  label?: string
  readonly handler: Handler
  readonly owner: HandlerOwner
  readonly stage: StageView
  /** Which handler of its stage this is, from 0. */
  readonly index: number
  /** Whether it may be called now. */
  live: boolean
  /** The owner's. */
  readonly gate: DeliveryGate | undefined
  /** While live, dispatch asks nothing but the gate. */
  readonly usual: boolean
  /** The same as long as it neither fails nor is to be awaited. */
  readonly direct: boolean
  /** Whether it takes a `HandlerCall` to call it: it has a condition, or retries. */
  readonly elaborate: boolean
  readonly record: HandlerRecord
}

/** How a handler fares. */
export interface HandlerRecord {
  /** Calls that its plan has not counted for it. */
  calls: number
  failures: number
  /** Of the last call that was looked at, in milliseconds. */
  lastMs: number | undefined
  failedInRow: number
  slowInRow: number
  /** When its slowness was last told, by the clock that only goes forward. */
  toldMs: number
  /** Why it was switched off; nothing while it is on. */
  off: string | undefined
  /** Whether it was told what had happened before it. */
  caughtUp: boolean
  /** Whether it blocked the event loop, or somebody whom it called. */
  suspect: boolean
}

/** @throws `CFP_HANDLER_INVALID` naming what is wrong. */
export function createEntry<Handler>(
  stage: StageView,
  index: number,
  name: string,
  handler: Handler,
  options: EventOptions,
): HandlerEntry<Handler> {
  checkName(name)
  const { owner } = stage
  if (typeof handler !== 'function') throw invalid(owner, `the handler of "${name}" must be a function`, handler)
  const checked = checkOptions(name, options, owner)
  const { once, timeoutMs, condition, retry, ignoreErrors, parallel, batch } = checked
  const elaborate = condition !== undefined || retry !== undefined
  const direct = !elaborate && !once && !parallel && batch === undefined
  const usual = direct && timeoutMs === undefined && !ignoreErrors
  return {
    id: `${stage.kind}-${stage.order}-${index}`,
    name,
    handler,
    owner,
    gate: owner.gate,
    stage,
    index,
    ...checked,
    live: false,
    usual,
    direct,
    elaborate,
    record: createRecord(),
  }
}

/** The order of calls: by priority, then by the owners' rank, then as registered. */
export function compareEntries(a: HandlerEntry<unknown>, b: HandlerEntry<unknown>): number {
  if (a.priority !== b.priority) return a.priority > b.priority ? -1 : 1
  return a.owner.rank - b.owner.rank || a.stage.order - b.stage.order || a.index - b.index
}

function createRecord(): HandlerRecord {
  return {
    calls: 0,
    failures: 0,
    lastMs: undefined,
    failedInRow: 0,
    slowInRow: 0,
    toldMs: Number.NEGATIVE_INFINITY,
    off: undefined,
    caughtUp: false,
    suspect: false,
  }
}

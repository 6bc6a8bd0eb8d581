// What may be said about a handler, checked when it is registered.
import {
  type EventOptions,
  type HandlerOptions,
  PluginError,
  type Priority,
  type RetryOptions,
} from '@cf-plugins/plugin-api'
import { nearest } from '@cf-plugins/plugin-api/host'
import type { HandlerOwner } from './delivery-gate.ts'

/** Longest time that a timer of Node can wait, in milliseconds: 24.8 days. */
const LONGEST_MS = 2 ** 31 - 1

/** The options of one handler, without what may be left out. */
export interface CheckedOptions {
  readonly priority: number
  /** Names of plugins. */
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly timeoutMs: number | undefined
  readonly once: boolean
  readonly condition: HandlerOptions['condition']
  readonly retry: Required<RetryOptions> | undefined
  readonly ignoreErrors: boolean
  readonly parallel: boolean
  readonly batch: EventOptions['batch']
}

const NONE: readonly string[] = Object.freeze([])

const OPTIONS: readonly string[] = [
  'priority',
  'before',
  'after',
  'timeoutMs',
  'once',
  'condition',
  'retry',
  'ignoreErrors',
  'parallel',
  'batch',
]

/** @throws `CFP_HANDLER_INVALID` naming what is wrong. */
export function checkOptions(name: string, options: EventOptions, owner: HandlerOwner): CheckedOptions {
  if (typeof options !== 'object' || options === null) {
    throw invalid(owner, `the options of "${name}" must be an object`, options)
  }
  const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key))
  if (unknown !== undefined) {
    const meant = nearest(unknown, OPTIONS)
    const isOfThreads = unknown === 'offload' || unknown === 'idempotent'
    const help = isOfThreads ? 'this one is for plugins' : meant && `did you mean ${meant}?`
    throw invalid(owner, `the options of "${name}" must be known ones${help ? ` (${help})` : ''}`, unknown)
  }
  const { timeoutMs, condition, retry, batch } = options
  const priority = priorityOf(options.priority ?? 'normal')
  if (priority === undefined) {
    throw invalid(owner, `the priority of "${name}" must be 'high', 'normal', 'low' or a number`, options.priority)
  }
  checkTimeout(timeoutMs, `timeoutMs of "${name}"`, owner)
  if (condition !== undefined && typeof condition !== 'function') {
    throw invalid(owner, `the condition of "${name}" must be a function`, condition)
  }
  if (batch !== undefined) {
    checkWhole(batch?.size, `batch.size of "${name}"`, 1, owner)
    checkTimeout(batch.waitMs ?? Number.NaN, `batch.waitMs of "${name}"`, owner)
  }
  return {
    priority,
    before: namesOf(options.before, `before of "${name}"`, owner),
    after: namesOf(options.after, `after of "${name}"`, owner),
    timeoutMs,
    once: flagOf(options.once, `once of "${name}"`, owner),
    condition,
    retry: checkRetry(retry, `retry of "${name}"`, owner),
    ignoreErrors: flagOf(options.ignoreErrors, `ignoreErrors of "${name}"`, owner),
    parallel: flagOf(options.parallel, `parallel of "${name}"`, owner),
    batch,
  }
}

/** @throws `CFP_HANDLER_INVALID` */
export function checkRetry(
  retry: RetryOptions | undefined,
  what: string,
  owner?: HandlerOwner,
): Required<RetryOptions> | undefined {
  if (retry === undefined) return undefined
  const { attempts, delayMs = 100, factor = 2, maxDelayMs = 30_000 } = retry ?? {}
  checkWhole(attempts, `${what}: attempts`, 1, owner)
  if (!(typeof delayMs === 'number' && delayMs >= 0 && delayMs <= LONGEST_MS)) {
    throw invalid(owner, `${what}: delayMs must be milliseconds from 0 to ${LONGEST_MS}`, delayMs)
  }
  if (!(typeof factor === 'number' && factor >= 1 && factor < Number.POSITIVE_INFINITY)) {
    throw invalid(owner, `${what}: factor must be a number of at least 1`, factor)
  }
  checkTimeout(maxDelayMs, `${what}: maxDelayMs`, owner)
  return { attempts, delayMs, factor, maxDelayMs }
}

/** @throws `CFP_HANDLER_INVALID` */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '') throw invalid(undefined, 'a name must be a string, not empty', name)
}

/** @throws `CFP_HANDLER_INVALID` */
export function checkTimeout(timeoutMs: unknown, what: string, owner?: HandlerOwner): void {
  if (timeoutMs === undefined) return
  if (typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= LONGEST_MS) return
  throw invalid(owner, `${what} must be milliseconds above 0 and at most ${LONGEST_MS}`, timeoutMs)
}

/** @throws `CFP_HANDLER_INVALID` */
export function checkWhole(value: unknown, what: string, least: number, owner?: HandlerOwner): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return
  throw invalid(owner, `${what} must be a whole number of at least ${least}`, value)
}

/** @throws `CFP_HANDLER_INVALID` */
export function flagOf(flag: unknown, what: string, owner?: HandlerOwner): boolean {
  if (flag === undefined || typeof flag === 'boolean') return flag ?? false
  throw invalid(owner, `${what} must be true or false`, flag)
}

/** The error of a value that breaks `rule`, with who gave it. */
export function invalid(owner: HandlerOwner | undefined, rule: string, value: unknown): PluginError {
  const who = owner === undefined ? '' : ` (plugin "${owner.name}")`
  const got = typeof value === 'string' ? JSON.stringify(value) : value === null ? 'null' : typeof value
  const given = typeof value === 'number' ? String(value) : got
  return new PluginError('CFP_HANDLER_INVALID', `${rule[0]?.toUpperCase()}${rule.slice(1)}; got ${given}${who}.`, {
    plugin: owner?.name,
    ...owner?.source,
  })
}

function namesOf(names: string | readonly string[] | undefined, what: string, owner: HandlerOwner): readonly string[] {
  if (names === undefined) return NONE
  const list: unknown = typeof names === 'string' ? [names] : names
  const isNames = Array.isArray(list) && list.every((name) => typeof name === 'string' && name !== '')
  if (isNames && !list.includes(owner.name)) return list
  throw invalid(owner, `${what} must name one or more other plugins`, names)
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

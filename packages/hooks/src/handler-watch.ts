// Who keeps being slow or failing: told to the log, and switched off where the host says so.
import type { HandlerCall } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'
import { checkTimeout, checkWhole, invalid } from './handler-options.ts'
import { type HandlerKind, type HandlerOutcome, type HandlerTrace, handlerChannel } from './handler-trace.ts'
import type { LoopWatch } from './loop-watch.ts'

/** What becomes of a handler that keeps being slow or failing. */
export interface HandlerPolicy {
  /** From when on a handler counts as slow, in milliseconds. Told to the log, once a minute a handler. @default 1000 */
  readonly slowMs?: number | undefined
  /**
   * From when on a handler counts as blocking, by how long it keeps the event loop to itself until it returns, in milliseconds;
   * `false` where nobody wants to know. Told to the log, once a minute a handler. @default 50
   */
  readonly blockMs?: number | false | undefined
  /**
   * Whether code that blocks once it has awaited something is looked for too, for 10 s after the loop stood still and nobody was seen to do it, once a minute
   * at most: every `await` of the process is two to five times slower meanwhile. @default false
   */
  readonly followAwaits?: boolean | undefined
  /** How many failures in a row are too many. @default any number is borne */
  readonly failures?: number | undefined
  /** How many slow calls in a row are too many. @default any number is borne */
  readonly slow?: number | undefined
  /** What is done then: it is told to the log, or the handler is switched off as well. @default 'report' */
  readonly action?: 'report' | 'switch-off' | undefined
}

/** What dispatch counts of a plan. */
export interface Counted {
  calls: number
  /** From how many calls on the next is looked at, handler by handler. */
  lookAt: number
}

/** Each so many dispatches are looked at where looking would cost too much of them. */
const EACH = 1024

/** A handler that takes longer is looked at each time: looking costs about a tenth of a microsecond. In milliseconds. */
const WORTH_MS = 0.02

/**
 * The same of one that is waited for: the time until it settles is that of all others too, and of looking at them, so that being
 * looked at could be what keeps it looked at. In milliseconds.
 */
const WAITED_WORTH_MS = 1

/** How often the same handler's slowness is told. */
const TOLD_EACH_MS = 60_000

/** What one table's handlers are measured by. */
export class HandlerWatch {
  readonly host: string
  readonly kind: HandlerKind
  readonly #policy: HandlerPolicy & { readonly slowMs: number }
  readonly #log: (level: 'warn' | 'error', details: object, message: string) => void
  readonly #switchOff: (entry: HandlerEntry<unknown>, reason: string) => void
  readonly loop: LoopWatch

  /** @throws `CFP_HANDLER_INVALID` */
  constructor(
    host: string,
    kind: HandlerKind,
    policy: HandlerPolicy,
    loop: LoopWatch,
    log: (level: 'warn' | 'error', details: object, message: string) => void,
    switchOff: (entry: HandlerEntry<unknown>, reason: string) => void,
  ) {
    const { slowMs = 1000, failures, slow, action = 'report' } = policy
    checkTimeout(slowMs, 'policy.slowMs')
    if (failures !== undefined) checkWhole(failures, 'policy.failures', 1)
    if (slow !== undefined) checkWhole(slow, 'policy.slow', 1)
    if (action !== 'report' && action !== 'switch-off') {
      throw invalid(undefined, "policy.action must be 'report' or 'switch-off'", action)
    }
    this.host = host
    this.kind = kind
    this.#policy = { slowMs, failures, slow, action }
    this.#log = log
    this.#switchOff = switchOff
    this.loop = loop
  }

  /**
   * Counts a dispatch, and tells whether its handlers are to be called by `HandlerCall`s: somebody watches, or it is time to
   * look how long they take. The one check that a dispatch pays.
   */
  looksAt(plan: Counted): boolean {
    const { loop } = this
    if (plan.calls < plan.lookAt && !loop.looks && !handlerChannel.hasSubscribers) {
      plan.calls++
      // A small integer for ever, which costs nothing to count.
      loop.passed = (loop.passed + 1) | 0
      return false
    }
    plan.lookAt = plan.calls + EACH
    return true
  }

  /** How a call of a handler ended, for whoever watches. */
  ended(call: HandlerCall, outcome: HandlerOutcome, result: unknown): void {
    const { entry, details, syncMs, durationMs } = call
    const isWorth = syncMs > WORTH_MS || durationMs > WAITED_WORTH_MS
    if (details.plan !== undefined && isWorth) details.plan.lookAt = 0
    if (outcome !== 'skipped') this.#noted(call, outcome !== 'ok')
    if (handlerChannel.hasSubscribers) {
      const { name, eventId } = details
      this.publish({
        name,
        step: entry.label,
        plugin: entry.owner.name,
        generation: entry.owner.source?.generation,
        syncMs,
        durationMs,
        outcome,
        error: outcome === 'ok' || outcome === 'skipped' ? undefined : result,
        eventId,
      })
    }
  }

  /** Tells whoever subscribes. */
  publish(trace: Omit<HandlerTrace, 'host' | 'kind'>): void {
    handlerChannel.publish({ host: this.host, kind: this.kind, ...trace } satisfies HandlerTrace)
  }

  #noted({ entry, syncMs, durationMs }: HandlerCall, failed: boolean): void {
    const { record } = entry
    const { slowMs, failures, slow } = this.#policy
    record.calls++
    record.lastMs = durationMs
    record.failedInRow = failed ? record.failedInRow + 1 : 0
    record.slowInRow = durationMs > slowMs ? record.slowInRow + 1 : 0
    // Slow because it blocked: that is told already.
    const isToldOf = syncMs > this.loop.blockMs && durationMs - syncMs <= slowMs && !record.suspect
    if (record.slowInRow > 0 && !isToldOf) this.#tellSlow(entry, durationMs)
    if (record.failedInRow === failures) this.#tooMany(entry, `failed ${failures} times in a row`)
    else if (record.slowInRow === slow) this.#tooMany(entry, `took longer than ${slowMs} ms ${slow} times in a row`)
  }

  #tellSlow(entry: HandlerEntry<unknown>, durationMs: number): void {
    const nowMs = performance.now()
    if (nowMs - entry.record.toldMs < TOLD_EACH_MS) return
    entry.record.toldMs = nowMs
    const { name, owner } = entry
    const message = `Plugin "${owner.name}" took ${Math.round(durationMs)} ms in its ${shownHandler(entry)}.`
    this.#log('warn', { [this.kind]: name, plugin: owner.name, durationMs }, message)
  }

  #tooMany(entry: HandlerEntry<unknown>, what: string): void {
    const { name, owner, record } = entry
    record.failedInRow = 0
    record.slowInRow = 0
    const isOff = this.#policy.action === 'switch-off'
    const message = `Plugin "${owner.name}": its ${shownHandler(entry)} ${what}${isOff ? ', and is switched off' : ''}.`
    this.#log('warn', { [this.kind]: name, plugin: owner.name }, message)
    if (isOff) this.#switchOff(entry, what)
  }
}

function shownHandler({ name, label }: HandlerEntry<unknown>): string {
  return `${label ? `step "${label}"` : 'handler'} of "${name}"`
}

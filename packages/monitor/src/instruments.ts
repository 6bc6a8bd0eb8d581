// What is counted, as OpenTelemetry instruments. Names and units as its conventions have them: seconds, and a name's parts by dots.
import type { AuditMessage } from '@cf-plugins/plugin-api/host'
import type { Attributes, BatchObservableCallback, Meter, Observable } from '@opentelemetry/api'
import { EventLoopDelay } from './event-loop-delay.ts'
import type { HookCall } from './hook-calls.ts'
import type { ObservedHandler, ObservedReport, ObservedThread } from './messages.ts'
import type { PluginMetrics } from './metrics-snapshot.ts'
import type { HandlerTally, PluginTally } from './tallies.ts'

/** What is true at the moment, asked for at each collection. */
export interface Gauges {
  readonly states: Readonly<Record<string, number>>
  readonly plugins: ReadonlyMap<
    string,
    Pick<PluginMetrics, 'syncMs' | 'inFlight' | 'parked'> & { readonly threads: number | undefined }
  >
}

const SECONDS = { unit: 's' }

export class Instruments {
  readonly #meter: Meter
  readonly #gauges: () => Gauges
  /** Since the last collection. */
  readonly #eventLoop: EventLoopDelay
  readonly #starts
  readonly #failures
  readonly #errors
  readonly #denied
  readonly #blocks
  readonly #threadEnds
  readonly #threadRefusals
  readonly #threadDuration
  readonly #threadWait
  readonly #hookDuration
  readonly #handlerDuration
  readonly #skipped
  readonly #reloadDuration
  readonly #loopTime
  readonly #threads
  readonly #states
  readonly #inFlight
  readonly #parked
  readonly #delayMax
  readonly #delayP99
  readonly #attributes = new WeakMap<HandlerTally, HandlerAttributes>()
  #observed: readonly Observable[] = []

  constructor(meter: Meter, sampleMs: number, gauges: () => Gauges) {
    this.#meter = meter
    this.#gauges = gauges
    this.#eventLoop = new EventLoopDelay(sampleMs)
    const plugin = 'cf_plugins.plugin'
    const counter = (name: string, unit: string, description: string) =>
      meter.createCounter(name, { unit, description })
    const timed = (name: string, description: string) =>
      meter.createHistogram(name, { ...SECONDS, description, advice: { explicitBucketBoundaries: BOUNDARIES } })
    const gauge = (name: string, unit: string, description: string) =>
      meter.createObservableGauge(name, { unit, description })
    const upDown = (name: string, unit: string, description: string) =>
      meter.createObservableUpDownCounter(name, { unit, description })
    this.#starts = counter(`${plugin}.starts`, '{start}', 'Plugins that came up; reloads are not among them.')
    this.#failures = counter(`${plugin}.failures`, '{failure}', 'Plugins that went to the state failed.')
    this.#errors = counter(
      `${plugin}.errors`,
      '{error}',
      'Handlers that failed or took too long, and errors left to nobody.',
    )
    this.#denied = counter(`${plugin}.denials`, '{denial}', 'What plugins asked for and were not permitted.')
    this.#blocks = counter(
      `${plugin}.event_loop.blocks`,
      '{block}',
      'How often plugins kept the event loop for too long.',
    )
    this.#threadEnds = counter(`${plugin}.thread.ends`, '{thread}', 'Threads of plugins that ended unasked.')
    this.#threadRefusals = counter(
      `${plugin}.thread.refusals`,
      '{call}',
      'Calls that found the queue for threads full.',
    )
    this.#threadDuration = timed(
      `${plugin}.thread.call.duration`,
      'Calls of handlers in threads, from asked to answered.',
    )
    this.#threadWait = timed(`${plugin}.thread.call.wait`, 'How long calls of handlers waited for a thread.')
    this.#hookDuration = timed(`${plugin}.hook.duration`, 'Calls of register, setup and teardown.')
    this.#handlerDuration = timed('cf_plugins.handler.duration', 'Calls of handlers of events, hooks and pipelines.')
    this.#skipped = counter('cf_plugins.handler.skipped', '{call}', 'Handlers that a condition passed over.')
    this.#reloadDuration = timed('cf_plugins.reload.duration', 'Reloads, from their plan on, by how they ended.')
    // Added up here and told at each collection: a counter of OpenTelemetry's costs a microsecond each time.
    this.#loopTime = meter.createObservableCounter(`${plugin}.event_loop.time`, {
      ...SECONDS,
      description: 'How long plugins kept the event loop.',
    })
    this.#threads = upDown(`${plugin}.thread.count`, '{thread}', 'Threads of plugins.')
    this.#states = upDown(`${plugin}.count`, '{plugin}', 'Plugins in each state.')
    this.#inFlight = upDown(`${plugin}.in_flight`, '{call}', 'Calls of a plugin that have not ended.')
    this.#parked = upDown(`${plugin}.parked`, '{call}', 'What waits for a plugin to be back.')
    this.#delayMax = gauge(
      'cf_plugins.event_loop.delay.max',
      's',
      'The longest that the event loop was late since the last collection.',
    )
    this.#delayP99 = gauge(
      'cf_plugins.event_loop.delay.p99',
      's',
      'All but a hundredth of the time the event loop was at most this late.',
    )
  }

  start(): void {
    this.#eventLoop.clear()
    this.#eventLoop.start()
    this.#observed = [
      ...[this.#loopTime, this.#threads, this.#states, this.#inFlight, this.#parked],
      ...[this.#delayMax, this.#delayP99],
    ]
    this.#meter.addBatchObservableCallback(this.#observe, [...this.#observed])
  }

  stop(): void {
    this.#eventLoop.stop()
    this.#meter.removeBatchObservableCallback(this.#observe, [...this.#observed])
  }

  became({ name }: PluginTally, what: 'start' | 'failure'): void {
    const counter = what === 'start' ? this.#starts : this.#failures
    counter.add(1, { [PLUGIN]: name })
  }

  hook({ name }: PluginTally, { hook, durationMs, failed }: HookCall): void {
    const attributes = { [PLUGIN]: name, 'cf_plugins.hook.name': hook }
    this.#hookDuration.record(durationMs / 1000, { ...attributes, [OUTCOME]: failed ? 'failed' : 'ok' })
  }

  reload({ outcome, durationMs }: ObservedReport): void {
    this.#reloadDuration.record(durationMs / 1000, { [OUTCOME]: outcome })
  }

  handler(tally: HandlerTally, { outcome, durationMs }: ObservedHandler): void {
    const attributes = this.#attributesOf(tally)
    if (outcome === 'skipped') {
      this.#skipped.add(1, attributes.skipped)
      return
    }
    this.#handlerDuration.record(durationMs / 1000, attributes[outcome])
    if (outcome !== 'ok') this.#errors.add(1, attributes.errors[outcome])
  }

  audit({ name }: PluginTally, { outcome }: AuditMessage): void {
    if (outcome === 'denied') this.#denied.add(1, { [PLUGIN]: name })
    else this.#errors.add(1, { [PLUGIN]: name, [ERROR_TYPE]: 'stray' })
  }

  blocked({ name }: PluginTally): void {
    this.#blocks.add(1, { [PLUGIN]: name })
  }

  thread({ name }: PluginTally, { kind, durationMs = 0, waitedMs = 0, error }: ObservedThread): void {
    const plugin = { [PLUGIN]: name }
    if (kind === 'queue-full') this.#threadRefusals.add(1, plugin)
    else if (kind === 'terminated' || kind === 'crashed') this.#threadEnds.add(1, { ...plugin, [OUTCOME]: kind })
    else if (kind === 'call') {
      this.#threadDuration.record(durationMs / 1000, { ...plugin, [OUTCOME]: error === undefined ? 'ok' : 'failed' })
      this.#threadWait.record(waitedMs / 1000, plugin)
    }
  }

  readonly #observe: BatchObservableCallback = (result) => {
    const { states, plugins } = this.#gauges()
    for (const [state, count] of Object.entries(states))
      result.observe(this.#states, count, { 'cf_plugins.plugin.state': state })
    for (const [name, { syncMs, inFlight, parked, threads }] of plugins) {
      result.observe(this.#loopTime, syncMs / 1000, { [PLUGIN]: name })
      if (threads !== undefined) result.observe(this.#threads, threads, { [PLUGIN]: name })
      if (inFlight !== undefined) result.observe(this.#inFlight, inFlight, { [PLUGIN]: name })
      if (parked !== undefined) result.observe(this.#parked, parked, { [PLUGIN]: name })
    }
    const { maxMs, p99Ms } = this.#eventLoop.snapshot()
    this.#eventLoop.clear()
    result.observe(this.#delayMax, maxMs / 1000)
    result.observe(this.#delayP99, p99Ms / 1000)
  }

  /** Made once a handler, for they are given at each of its calls. */
  #attributesOf(tally: HandlerTally): HandlerAttributes {
    const found = this.#attributes.get(tally)
    if (found) return found
    const handler = {
      [PLUGIN]: tally.plugin,
      'cf_plugins.handler.kind': tally.kind,
      'cf_plugins.handler.name': tally.name,
    }
    const ended = (outcome: ObservedHandler['outcome']) => ({ ...handler, [OUTCOME]: outcome })
    const error = (type: string) => ({ [PLUGIN]: tally.plugin, [ERROR_TYPE]: type })
    const made = {
      ...{ ok: ended('ok'), failed: ended('failed'), timeout: ended('timeout'), skipped: handler },
      errors: { failed: error('handler'), timeout: error('timeout') },
    }
    this.#attributes.set(tally, made)
    return made
  }
}

interface HandlerAttributes extends Readonly<Record<ObservedHandler['outcome'], Attributes>> {
  readonly errors: Readonly<Record<'failed' | 'timeout', Attributes>>
}

const PLUGIN = 'cf_plugins.plugin.name'
const OUTCOME = 'cf_plugins.outcome'
const ERROR_TYPE = 'error.type'
/** In seconds: from a tenth of a millisecond to half a minute. OpenTelemetry's own begin where a handler should have ended. */
const BOUNDARIES = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

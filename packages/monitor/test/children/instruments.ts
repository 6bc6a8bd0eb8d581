// `instruments.mjs`: has OpenTelemetry's own SDK collect what a host does, three times, and prints each as JSON. In a process of its own,
// for the conditions that vitest resolves packages by lead to a build of OpenTelemetry that Node cannot load.
import { channel, tracingChannel } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { Metrics, type ObservedHandler } from '../../src/index.ts'

class ManualReader extends MetricReader {
  protected async onForceFlush() {}
  protected async onShutdown() {}
}

const reader = new ManualReader()
const provider = new MeterProvider({ readers: [reader] })
const source = {
  statuses: () => [
    { plugin: 'auth', state: 'active' },
    { plugin: 'off', state: 'disabled' },
  ],
  inFlight: () => 2,
  parked: () => 7,
}
const host = 'child'
const metrics = new Metrics({ host, meter: provider.getMeter('test'), source, maxNames: 2, sampleMs: 5 })

function handle(message: Partial<ObservedHandler>): void {
  const usual = { kind: 'event', name: 'user.login', plugin: 'auth', syncMs: 0, durationMs: 1, outcome: 'ok' }
  channel('cf-plugins:handler').publish({ host, ...usual, ...message })
}

/** By name: the unit, and each point's value by its attributes. */
async function collect() {
  const { resourceMetrics } = await reader.collect()
  const found = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
  return Object.fromEntries(
    found.map(({ descriptor: { name, unit }, dataPointType, dataPoints }) => {
      const points = dataPoints.map(({ attributes, value }) => {
        const { count, sum } =
          dataPointType === DataPointType.HISTOGRAM ? (value as { count: number; sum: number }) : {}
        return [Object.values(attributes).join(' '), count === undefined ? value : { count, sum }]
      })
      return [name, { unit, points: Object.fromEntries(points) }]
    }),
  )
}

metrics.start()
channel('cf-plugins:state').publish({ host, plugin: 'auth', from: 'starting', to: 'active' })
channel('cf-plugins:state').publish({ host, plugin: 'auth', from: 'active', to: 'failed' })
handle({ durationMs: 500, syncMs: 250 })
handle({ durationMs: 500, syncMs: 250 })
handle({ outcome: 'failed' })
handle({ outcome: 'timeout' })
handle({ outcome: 'skipped', durationMs: 0 })
for (let at = 0; at < 100; at++) handle({ name: `made-up-${at}`, plugin: `p${at}` })
channel('cf-plugins:audit').publish({ host, action: 'access', outcome: 'denied', plugin: 'auth' })
channel('cf-plugins:audit').publish({ host, action: 'stray-error', outcome: 'failed', plugin: 'auth' })
const report = { outcome: 'committed', members: [], started: [], unloaded: [], rolledBack: [], durationMs: 50 }
channel('cf-plugins:reload').publish({ host, report })
channel('cf-plugins:blocked').publish({ host, plugin: 'auth', blockedMs: 60 })
const thread = { host, plugin: 'auth', generation: 1, role: 'offload', threadId: 1 }
for (const kind of ['started', 'queue-full', 'crashed']) channel('cf-plugins:worker').publish({ ...thread, kind })
channel('cf-plugins:worker').publish({ ...thread, kind: 'started', threadId: 2 })
channel('cf-plugins:worker').publish({ ...thread, kind: 'call', durationMs: 50, waitedMs: 25 })
await tracingChannel('cf-plugins:register').tracePromise(async () => {}, { host, plugin: 'auth', generation: 1 })
await sleep(20)
const until = performance.now() + 100
while (performance.now() < until);
const first = await collect()
const second = await collect()
metrics.stop()
handle({ durationMs: 1000 })
console.log(JSON.stringify([first, second, await collect()]))

// The hot paths that a host has at each request and at each change while it is watched: one dispatch to ten handlers, watched and not;
// what a scrape of the figures costs with more and more plugins; and what an audit entry costs whoever causes it.
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare, growth } from '@cf-plugins/bench-harness'
import { PluginHooks } from '@cf-plugins/hooks'
import { AuditTrail, Metrics, Timeline } from '@cf-plugins/monitor'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'

class ManualReader extends MetricReader {
  protected async onForceFlush() {}
  protected async onShutdown() {}
}

const home = mkdtempSync(join(tmpdir(), 'cf-monitor-bench-'))
const host = 'bench'
const meter = new MeterProvider({ readers: [new ManualReader()] }).getMeter('bench')
const metrics = new Metrics({ host })
const exported = new Metrics({ host, meter })
const timeline = new Timeline({ host })
const trail = new AuditTrail({
  file: join(home, 'audit.jsonl'),
  host,
  maxBytes: 64 * 1024 * 1024,
  keep: 1,
  maxWaiting: 1_000_000,
})
const nothing = () => {}

/** Who watches while the contender of that name runs, and how that ends. */
const WATCHERS: Readonly<Record<string, () => () => void>> = {
  'nobody watches': () => nothing,
  'timeline and audit trail': () => {
    timeline.start()
    return () => timeline.stop()
  },
  'a subscriber that does nothing': () => {
    subscribe('cf-plugins:handler', nothing)
    return () => unsubscribe('cf-plugins:handler', nothing)
  },
  Metrics: () => {
    metrics.start()
    return () => metrics.stop()
  },
  'Metrics, and as OpenTelemetry': () => {
    exported.start()
    return () => exported.stop()
  },
}
let stop = nothing
const setup = (contender: string) => {
  stop()
  stop = WATCHERS[contender]?.() ?? nothing
}

function hooksWith(handler: (value: number) => unknown): PluginHooks {
  const hooks = new PluginHooks({ host })
  for (let at = 0; at < 10; at++) hooks.on('value', handler)
  return hooks
}

/** About as long as a handler takes that looks something up and formats it: 10 to 20 us. */
function work(value: number): number {
  let sum = value
  for (let at = 0; at < 5000; at++) sum = (sum * 31 + at) | 0
  return sum
}

async function compareDispatch(title: string, hooks: PluginHooks, atMost: number): Promise<void> {
  const contenders = Object.keys(WATCHERS).map((name) => [name, () => hooks.callSync('value', 1)] as const)
  await compare(title, Object.fromEntries(contenders), {
    unit: 'ns',
    setup,
    goals: [
      { of: 'timeline and audit trail', against: 'nobody watches', atMost: 1.3, why: 'they do not listen to handlers' },
      { of: 'Metrics', against: 'nobody watches', atMost, why: 'what is watched is timed' },
    ],
  })
  stop()
  stop = nothing
}

/** A snapshot of a host with as many plugins, all of which are told apart. */
function scrapeOf(plugins: number): () => unknown {
  const statuses = Array.from({ length: plugins }, (_, at) => ({ plugin: `plugin-${at}`, state: 'active' }))
  const scraped = new Metrics({ host, maxNames: plugins, source: { statuses: () => statuses } })
  return () => scraped.snapshot()
}

try {
  await compareDispatch(
    'a hook with 10 handlers that do nothing',
    hooksWith((value) => value),
    // Every handler's call is timed and told; the less a dispatch costs that nobody watches, the higher this ratio. Reached: 55 to 70.
    85,
  )
  await compareDispatch('a hook with 10 handlers that work a little', hooksWith(work), 1.3)

  await growth(
    'a scrape of the figures of n plugins',
    { 100: scrapeOf(100), 1000: scrapeOf(1_000) },
    { rounds: 15, why: 'each plugin is looked at once' },
  )

  const state = channel('cf-plugins:state')
  let number = 0
  const change = () => state.publish({ host, plugin: `plugin-${number++ % 100}`, from: 'starting', to: 'active' })
  await trail.start()
  const line = { action: 'transition', outcome: 'done', plugin: 'plugin-1', from: 'starting', to: 'active' }
  await compare(
    'a transition that is audited, for whoever causes it',
    {
      'AuditTrail, which writes later': change,
      'JSON.stringify of the like': () => JSON.stringify({ time: new Date().toISOString(), ...line }),
    },
    {
      unit: 'us',
      // What waits is written before more is timed.
      setup: () => trail.flush(),
      goals: [
        {
          of: 'AuditTrail, which writes later',
          against: 'JSON.stringify of the like',
          atMost: 8,
          why: 'safe, on one line',
        },
      ],
    },
  )
} finally {
  await trail.stop()
  rmSync(home, { recursive: true })
}

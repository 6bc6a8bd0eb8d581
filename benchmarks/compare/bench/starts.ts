// How fast a whole set of plugins is up, beside other systems: what a host's users wait for at each start.
import { compare } from '@cf-plugins/bench-harness'
import { bare, withAvvio, withCfPlugins, withCordis, withPGraph } from '../src/starters.ts'
import { idlers, sleepers, tree } from '../src/workload.ts'

const five = sleepers(5, 50)
await compare(
  'start 5 independent plugins of 50 ms each',
  {
    'five bare timers': bare(five),
    'cf-plugins': withCfPlugins(five, true),
    'cf-plugins, one after another': withCfPlugins(five, false),
    cordis: withCordis(five),
    avvio: withAvvio(five),
  },
  {
    rounds: 9,
    warmup: 0,
    goals: [
      { of: 'cf-plugins', against: 'five bare timers', atMost: 1.2, why: 'independent plugins start side by side' },
      { of: 'cf-plugins', against: 'cf-plugins, one after another', atMost: 0.3 },
      { of: 'cf-plugins', against: 'avvio', atMost: 0.3 },
    ],
  },
)

const thousand = idlers(1_000)
await compare(
  'start 1,000 async plugins that do nothing, a plugin',
  {
    'a bare Promise.all': bare(thousand),
    'cf-plugins': withCfPlugins(thousand, true),
    'p-graph': withPGraph(thousand),
    avvio: withAvvio(thousand),
    cordis: withCordis(thousand),
  },
  { perCall: 1_000, unit: 'us', rounds: 15 },
)

const dependent = tree(1_000)
await compare(
  'start 1,000 async plugins in a tree of dependencies, a plugin',
  { 'cf-plugins': withCfPlugins(dependent, true), 'p-graph': withPGraph(dependent) },
  { perCall: 1_000, unit: 'us', rounds: 15 },
)

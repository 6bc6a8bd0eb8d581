// What a reload leaves behind: a host that is edited all day must not have to be restarted for it.
import type { Case, Contender } from '../../case.ts'
import { cfPlugins, hotHook, importAnew, type Reloading } from './reloading.ts'

const ours = 'cf-plugins'
const REST = ['--expose-gc']
const CAP_MB = 60
const CAPPED = ['--expose-gc', `--max-old-space-size=${CAP_MB}`]
const RELOADS = 300
const MANY_RELOADS = 3_000
/** After which caches, pools and compiled code have their size. */
const WARM_RELOADS = 60

/** What is left of each of many reloads. */
function leaving(reloading: () => Promise<Reloading>): Contender {
  return {
    nodeOptions: REST,
    async prepare() {
      const { reload, bytesInUse, end } = await reloading()
      await times(WARM_RELOADS, reload)
      return {
        end,
        async sample() {
          const before = await bytesInUse()
          await times(RELOADS, reload)
          return Math.max(0, ((await bytesInUse()) - before) / RELOADS)
        },
      }
    },
  }
}

/** What is in use after very many reloads, if the process has not ended before. */
function enduring(reloading: () => Promise<Reloading>): Contender {
  return {
    nodeOptions: CAPPED,
    fails: { matching: /SIGABRT|heap out of memory/, as: 'out of memory' },
    async prepare() {
      const { reload, bytesInUse, end } = await reloading()
      return {
        end,
        async sample() {
          await times(MANY_RELOADS, reload)
          return bytesInUse()
        },
      }
    },
  }
}

function bound(bytes: number): Contender {
  return { prepare: () => ({ sample: () => bytes }) }
}

async function times(count: number, work: () => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done++) await work()
}

const anew = 'import(?v=N)'
const kilobyte = 'the bound: 1 KB'
const aReload: Case = {
  id: 'memory/reload',
  title: `memory that a reload leaves behind, over ${RELOADS} reloads of a plugin of 5 files`,
  unit: 'bytes',
  ours,
  doLess: [kilobyte, anew],
  contenders: {
    [ours]: leaving(cfPlugins),
    'hot-hook': leaving(() => hotHook(REST)),
    [anew]: leaving(importAnew),
    [kilobyte]: bound(1024),
  },
  goals: [{ of: ours, against: kilobyte, atMost: 1, why: 'old code is collected, whole' }],
  rounds: 3,
  timeoutMs: 120_000,
  note: 'import(?v=N) would leave all files but the entry stale: its plugin has one file.',
}

const cap = `the cap: ${CAP_MB} MB`
const many: Case = {
  id: 'memory/reloads-3k',
  title: `memory in use after ${MANY_RELOADS.toLocaleString('en')} reloads under a heap of ${CAP_MB} MB`,
  unit: 'bytes',
  ours,
  doLess: [cap, anew],
  contenders: {
    [ours]: enduring(cfPlugins),
    'hot-hook': enduring(() => hotHook(CAPPED)),
    [anew]: enduring(importAnew),
    [cap]: bound(CAP_MB * 1024 * 1024),
  },
  goals: [{ of: ours, against: cap, atMost: 1, why: 'a host that is edited for days' }],
  rounds: 1,
  timeoutMs: 300_000,
  note: aReload.note as string,
}

export const reloadCases: readonly Case[] = [aReload, many]

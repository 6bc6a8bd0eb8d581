// Plugins that block for 200 ms at a time: how long does the loop of the host keep everybody else waiting? There are as many as a small
// machine has processors, so that the host has none for itself.
import { setTimeout as delay } from 'node:timers/promises'
import type { Case, Contender } from '../../case.ts'
import { loopDelays } from './loop-delays.ts'
import { offload } from './ours.ts'
import { inline, piscina, type StartPool, tinypool, workerpool } from './pools.ts'

const OURS = 'a handler with offload'
const INLINE = 'in the host, no thread'
const BLOCK_MS = 200
const PLUGINS = 2
const WATCHED_MS = 900

export const blockedCases: readonly Case[] = [
  {
    id: 'worker/blocked',
    title: `the loop of the host while two plugins block for ${BLOCK_MS} ms at a time: for 99 % of the time it came round within`,
    unit: 'ms',
    ours: OURS,
    floor: 'nobody blocks',
    doLess: [INLINE],
    contenders: {
      [OURS]: blocked(offload),
      'nobody blocks': {
        prepare: () => ({ sample: async () => (await loopDelays(() => delay(WATCHED_MS))).p99Ms * 1e6 }),
      },
      piscina: blocked(piscina),
      tinypool: blocked(tinypool),
      workerpool: blocked(workerpool),
      [INLINE]: blocked(inline),
    },
    // 10 ms of 200.
    goals: [{ of: OURS, against: INLINE, atMost: 0.05, why: 'who blocks, blocks no one' }],
    rounds: 3,
    note: 'A share of the turns would hide a long one, which is a single turn: this is a share of the time.',
  },
]

function blocked(start: StartPool): Contender {
  return {
    prepare: async () => {
      const { run, end } = await start('block', PLUGINS)
      await Promise.all(Array.from({ length: PLUGINS }, () => run({ ms: 1 })))
      // Each plugin is called again a while after it is through, so that the two meet at random.
      const plugin = async (untilMs: number) => {
        while (performance.now() < untilMs) {
          await run({ ms: BLOCK_MS })
          await delay(10 + Math.random() * BLOCK_MS)
        }
      }
      const busy = async () => {
        const untilMs = performance.now() + WATCHED_MS
        await Promise.all(Array.from({ length: PLUGINS }, () => plugin(untilMs)))
      }
      return { sample: async () => (await loopDelays(busy)).p99Ms * 1e6, end }
    },
  }
}

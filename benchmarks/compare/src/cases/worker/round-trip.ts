// A small round trip: one call, and its answer, before the next. Everybody posts a message there and one back, and waits for two loops to
// come round: that is the floor.
import type { Case, Contender } from '../../case.ts'
import { oneMessage } from './by-hand.ts'
import { offload, pluginMethod } from './ours.ts'
import { type Pool, piscina, tinypool, workerpool } from './pools.ts'

const OURS = 'a method of a plugin in a thread'
const OFFLOAD = 'a handler with offload'
const FLOOR = 'raw postMessage'

/** Until both sides of the wire are compiled. */
const WARM_CALLS = 8_000

export const roundTripCases: readonly Case[] = [
  {
    id: 'worker/round-trip',
    title: 'a small round trip to a thread, one at a time',
    unit: 'us',
    ours: OURS,
    alsoOurs: [OFFLOAD],
    floor: FLOOR,
    contenders: {
      [OURS]: roundTrip(pluginMethod),
      [OFFLOAD]: roundTrip(() => offload('addOne', 1)),
      [FLOOR]: roundTrip(async () => oneMessage('addOne')),
      piscina: roundTrip(() => piscina('addOne', 1)),
      tinypool: roundTrip(() => tinypool('addOne', 1)),
      workerpool: roundTrip(() => workerpool('addOne', 1)),
    },
    goals: [
      { of: OURS, against: FLOOR, atMost: 1.3, why: 'a deadline and errors included' },
      { of: OFFLOAD, against: FLOOR, atMost: 1.3 },
    ],
    rounds: 60,
    budgetMs: 6_000,
    note: 'Ours has a deadline for each call; no pool has.',
  },
]

function roundTrip(start: () => Promise<Pool<'addOne'>>): Contender {
  return {
    prepare: async () => {
      const { run, end } = await start()
      for (let call = 0; call < WARM_CALLS; call++) await run({ count: call })
      return {
        run: () => run({ count: 1 }),
        check: (result) => {
          if ((result as { count?: number }).count !== 2) throw new Error(`1 + 1 was ${JSON.stringify(result)}`)
        },
        end,
      }
    },
  }
}

// The kinds of hooks beside tapable's, which has a class for each, with handlers that are sync.
import type { Case } from '../../case.ts'
import { byHand, HANDLERS, ours, type Step, stepsOf, tapped, times, timesAwaited } from './kind-hooks.ts'

const BY_NAME = 'by hand, found by name'

/** The last of them answers. */
const guardsOf = (hook: number) => stepsOf(hook).map((_, at) => () => (at === HANDLERS - 1 ? hook : undefined))

const through = (hook: number) => stepsOf(hook).reduce((value, step) => step(value), 1)

export const kindCases: readonly Case[] = [
  {
    id: 'dispatch/waterfall',
    title: 'waterfall, 10 sync handlers',
    unit: 'ns',
    ours: 'hooks.callSync',
    alsoOurs: ['hooks.call'],
    floor: BY_NAME,
    contenders: {
      'hooks.callSync': {
        prepare: async () => {
          const { hooks, refs } = await ours('waterfall', stepsOf)
          return times(refs, (ref) => hooks.callSync(ref, 1), through)
        },
      },
      'hooks.call': {
        prepare: async () => {
          const { hooks, refs } = await ours('waterfall', stepsOf)
          return timesAwaited(refs, (ref) => hooks.call(ref, 1), through)
        },
      },
      tapable: {
        prepare: async () => {
          const { SyncWaterfallHook } = await import('tapable')
          const hooks = tapped(() => new SyncWaterfallHook<[number]>(['value']), stepsOf)
          return times(hooks, (hook) => hook.call(1), through)
        },
      },
      [BY_NAME]: {
        prepare: () => {
          const { found, names } = byHand(stepsOf)
          const dispatch = (name: string) => {
            let value = 1
            for (const step of found.get(name) as Step[]) value = step(value) ?? value
            return value
          }
          return times(names, dispatch, through)
        },
      },
    },
    // No goal is set for kinds: what is reached, 3.5 to 4.4, must not be lost.
    goals: [{ of: 'hooks.callSync', against: BY_NAME, atMost: 4.5, why: 'isolation included' }],
    note: 'tapable isolates and bounds nothing.',
  },
  {
    id: 'dispatch/bail',
    title: 'bail, 10 sync handlers of which the last answers',
    unit: 'ns',
    ours: 'hooks.callSync',
    floor: BY_NAME,
    contenders: {
      'hooks.callSync': {
        prepare: async () => {
          const { hooks, refs } = await ours('bail', guardsOf)
          return times(
            refs,
            (ref) => hooks.callSync(ref, 1),
            (hook) => hook,
          )
        },
      },
      tapable: {
        prepare: async () => {
          const { SyncBailHook } = await import('tapable')
          const hooks = tapped(() => new SyncBailHook<[number], number>(['value']), guardsOf)
          return times(
            hooks,
            (hook) => hook.call(1),
            (hook) => hook,
          )
        },
      },
      [BY_NAME]: {
        prepare: () => {
          const { found, names } = byHand(guardsOf)
          const dispatch = (name: string) => {
            for (const guard of found.get(name) as ((value: number) => number | undefined)[]) {
              const answer = guard(1)
              if (answer !== undefined) return answer
            }
            return undefined
          }
          return times(names, dispatch, (hook) => hook)
        },
      },
    },
    // No goal is set for kinds: what is reached, 4.3 to 5.3, must not be lost.
    goals: [{ of: 'hooks.callSync', against: BY_NAME, atMost: 5, why: 'isolation included' }],
    note: 'tapable isolates and bounds nothing.',
  },
]

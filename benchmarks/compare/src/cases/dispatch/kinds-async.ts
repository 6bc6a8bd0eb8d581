// The kinds of hooks whose handlers run side by side, or inside one another.
import type { Case } from '../../case.ts'
import { byHand, HOOKS, ours, type Step, stepsOf, timesAwaited } from './kind-hooks.ts'

type Around = (next: Step | ((value: number) => Promise<number>), value: number) => Promise<number>

const asyncOf = (hook: number) => stepsOf(hook).map((step) => async (value: number) => step(value))
const aroundOf = (hook: number): Around[] => stepsOf(hook).map((step) => async (next, value) => step(await next(value)))
const inner: Step = (value) => value

const outwards = (hook: number) => stepsOf(hook).reduceRight((value, step) => step(value), 1)

export const asyncKindCases: readonly Case[] = [
  {
    id: 'dispatch/parallel',
    title: 'parallel, 10 async handlers',
    unit: 'ns',
    ours: 'hooks.call',
    floor: 'Promise.all',
    contenders: {
      'hooks.call': {
        prepare: async () => {
          const { hooks, refs } = await ours('parallel', asyncOf)
          return timesAwaited(
            refs,
            (ref) => hooks.call(ref, 1),
            (hook) => stepsOf(hook).map((step) => step(1)),
          )
        },
      },
      'tapable, no results': {
        prepare: async () => {
          const { AsyncParallelHook } = await import('tapable')
          const hooks = HOOKS.map((hook) => {
            const target = new AsyncParallelHook<[number]>(['value'])
            for (const [at, handler] of asyncOf(hook).entries())
              target.tapPromise(`plugin-${at}`, handler as unknown as () => Promise<void>)
            return target
          })
          return timesAwaited(
            hooks,
            (hook) => hook.promise(1),
            () => undefined,
          )
        },
      },
      hookable: {
        prepare: async () => {
          const { createHooks } = await import('hookable')
          const target = createHooks()
          for (const hook of HOOKS)
            for (const handler of asyncOf(hook)) target.hook(`hook-${hook}`, handler as unknown as () => void)
          const names = HOOKS.map((hook) => `hook-${hook}`)
          const dispatch = (name: string) => target.callHookParallel(name, ...([1] as unknown as []))
          return timesAwaited(names, dispatch, (hook) => stepsOf(hook).map((step) => step(1)))
        },
      },
      'Promise.all': {
        prepare: () => {
          const { found, names } = byHand(asyncOf)
          const dispatch = (name: string) =>
            Promise.all((found.get(name) as ((value: number) => Promise<number>)[]).map((handler) => handler(1)))
          return timesAwaited(names, dispatch, (hook) => stepsOf(hook).map((step) => step(1)))
        },
      },
    },
    // No goal is set for kinds: what is reached, 4.5 to 5.3, must not be lost.
    goals: [{ of: 'hooks.call', against: 'Promise.all', atMost: 5.5, why: 'isolation and deadlines included' }],
    note: 'Ours bounds every handler in time; no peer does.',
  },
  {
    id: 'dispatch/wrap',
    title: 'wrap, 10 async handlers around a function',
    unit: 'ns',
    ours: 'hooks.call',
    floor: 'closures by hand',
    contenders: {
      'hooks.call': {
        prepare: async () => {
          const { hooks, refs } = await ours('wrap', aroundOf)
          return timesAwaited(refs, (ref) => hooks.call(ref as unknown as string, inner, 1), outwards)
        },
      },
      'closures by hand': {
        prepare: () => {
          const { found, names } = byHand(aroundOf)
          const dispatch = (name: string) => {
            const handlers = found.get(name) as Around[]
            const run = (at: number, value: number): Promise<number> => {
              const handler = handlers[at]
              return handler === undefined
                ? Promise.resolve(inner(value))
                : handler((given) => run(at + 1, given), value)
            }
            return run(0, 1)
          }
          return timesAwaited(names, dispatch, outwards)
        },
      },
    },
    // No goal is set for kinds: what is reached, 8.4 to 12 by how busy the machine is, must not be lost.
    // Reached: 8 to 18.
    goals: [{ of: 'hooks.call', against: 'closures by hand', atMost: 18, why: 'isolation and deadlines included' }],
    note: 'No peer has handlers around a function.',
  },
]

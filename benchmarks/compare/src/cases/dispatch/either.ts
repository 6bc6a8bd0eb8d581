// What it costs not to ask whether a function is sync or async, 50 sync functions in rotation, each call with what comes after it.
import type { Case, Contender, Prepared } from '../../case.ts'
import { rotating } from './dispatching.ts'
import { byProcessorTime } from './processor-time.ts'

const CALLS = 1_000

type Called = (value: number) => number

/** Made apart, as those of 50 authors are: of one literal, an engine would inline them all. */
function functions(): Called[] {
  return Array.from({ length: 50 }, (_, index) => {
    const make = [
      () => (value: number) => value + index,
      () => (value: number) => value - index,
      () => (value: number) => value ^ index,
      () => (value: number) => value | index,
      () => (value: number) => value & (index + 65_535),
    ]
    return (make[index % make.length] as () => Called)()
  })
}

const sum = { total: 0 }
const done = (value: number) => {
  sum.total = (sum.total + value) & 65_535
}

/** A call of each function, with the value that it is given. */
const expected = () => functions().reduce((total, called) => (total + called(1)) & 65_535, 0)

function times(call: (called: Called) => unknown): Promise<Prepared> {
  const targets = functions()
  const next = rotating(targets, call)
  const run = () => {
    for (let called = 0; called < CALLS; called++) next()
  }
  return byProcessorTime({ run, perCall: CALLS, check: () => expectSum(targets, next) })
}

function timesAwaited(call: (called: Called) => unknown): Promise<Prepared> {
  const targets = functions()
  const next = rotating(targets, call)
  const run = async () => {
    for (let called = 0; called < CALLS; called++) await next()
  }
  return byProcessorTime({ run, perCall: CALLS, check: () => expectSum(targets, next) })
}

async function expectSum(targets: readonly Called[], next: () => unknown): Promise<void> {
  sum.total = 0
  for (const _ of targets) await next()
  if (sum.total !== expected()) throw new Error(`The functions came to ${sum.total}, and not ${expected()}.`)
}

const contenders: Readonly<Record<string, Contender>> = {
  callEither: {
    prepare: async () => {
      const { callEither } = await import('@cf-plugins/hooks')
      return times((called) => callEither(called, [1], done))
    },
  },
  'callEither, with what is thrown': {
    prepare: async () => {
      const { callEither } = await import('@cf-plugins/hooks')
      const failed = (error: unknown) => {
        throw error
      }
      return times((called) => callEither(called, [1], done, failed))
    },
  },
  'direct call': { prepare: () => times((called) => done(called(1))) },
  await: {
    prepare: () => {
      const targets = functions()
      let at = 0
      const next = () => {
        at = at === targets.length - 1 ? 0 : at + 1
        return targets[at] as Called
      }
      const run = async () => {
        for (let called = 0; called < CALLS; called++) done(await next()(1))
      }
      return byProcessorTime({
        run,
        perCall: CALLS,
        check: () => expectSum(targets, async () => done(await next()(1))),
      })
    },
  },
  'an async function around it': { prepare: () => timesAwaited(async (called) => done(await called(1))) },
}

export const eitherCases: readonly Case[] = [
  {
    id: 'dispatch/either',
    title: 'a call of a sync function that might be async, and going on with what it gives',
    unit: 'ns',
    ours: 'callEither',
    alsoOurs: ['callEither, with what is thrown'],
    floor: 'direct call',
    contenders,
    goals: [
      { of: 'callEither', against: 'direct call', atMost: 2.2 },
      { of: 'callEither', against: 'await', atMost: 0.2 },
    ],
    note: 'A direct call cannot be made of what may be async.',
  },
]

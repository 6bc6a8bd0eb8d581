// One try of a case: each contender in a process of its own, sampled in turn, round by round.
import type { Case } from '../case.ts'
import type { Mode } from '../messages.ts'
import type { Children } from './children.ts'
import { ContenderChild, type Program } from './contender-child.ts'

/** How a run measures. */
export interface Measuring {
  readonly program: Program
  readonly children: Children
  /** A third of the rounds, in a quarter of the time. */
  readonly isQuick: boolean
  /** Each contender once, cold, for its check. */
  readonly isOnce: boolean
}

/** What a contender came to: its samples, or why it has none. */
export type Measured = { readonly samples: readonly number[] } | { readonly failure: string }

interface Sampler {
  readonly name: string
  sample(): Promise<number>
  end(): Promise<void>
}

const LEAST_ROUNDS = 5
const ROUNDS = 30
const BUDGET_MS = 4_000

/** Measures these contenders of a case. One that fails costs nobody else anything. */
export async function measure(
  case_: Case,
  names: readonly string[],
  measuring: Measuring,
): Promise<Map<string, Measured>> {
  const { isQuick, isOnce } = measuring
  const wanted = isOnce ? 1 : Math.ceil((case_.rounds ?? ROUNDS) / (isQuick ? 3 : 1))
  const least = Math.min(LEAST_ROUNDS, isOnce ? 1 : (case_.rounds ?? ROUNDS))
  const failures = new Map<string, string>()
  const samples = new Map<string, number[]>()
  const ready: Sampler[] = []
  try {
    for (const name of names) {
      try {
        ready.push(await samplerOf(case_, name, measuring))
        samples.set(name, [])
      } catch (error) {
        failures.set(name, messageOf(error))
      }
    }
    const until = performance.now() + (case_.budgetMs ?? BUDGET_MS) / (isQuick ? 4 : 1)
    for (let round = 0; round < least || (round < wanted && performance.now() < until); round++) {
      // Forth and back, so that no contender always runs in the wake of the same other.
      for (const sampler of round % 2 === 0 ? ready : [...ready].reverse()) {
        if (failures.has(sampler.name)) continue
        try {
          samples.get(sampler.name)?.push(await sampler.sample())
        } catch (error) {
          failures.set(sampler.name, messageOf(error))
        }
      }
    }
  } finally {
    await Promise.all(ready.map((sampler) => sampler.end()))
  }
  return new Map(
    names.map((name): [string, Measured] => {
      const failure = failures.get(name)
      return [name, failure === undefined ? { samples: samples.get(name) ?? [] } : { failure }]
    }),
  )
}

async function samplerOf(case_: Case, name: string, { program, children, isOnce }: Measuring): Promise<Sampler> {
  const start = (mode: Mode) => ContenderChild.start(program, case_, name, mode, children)
  if (isOnce || !case_.contenders[name]?.cold) return start(isOnce ? 'once' : 'warm')
  return {
    name,
    async sample() {
      const child = await start('cold')
      try {
        return await child.sample()
      } finally {
        await child.end()
      }
    },
    async end() {},
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

// Cases for the tests of the command: contenders whose work takes a known time, and some that fail in every way there is.
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { BEST_PEER, type Case, type Contender } from '../src/case.ts'

const sleeping = (ms: number): Contender => ({ prepare: () => ({ run: () => sleep(ms) }) })
const measuring = (value: number): Contender => ({ prepare: () => ({ sample: () => value }) })
/** Where contenders tell their process ids, and what they are called for. */
const tell = (line: string) => appendFileSync(process.env.TOLD ?? '/dev/null', `${line}\n`)

const base = { title: 'a case', unit: 'ms', ours: 'ours', rounds: 5 } as const

export const cases: readonly Case[] = [
  {
    ...base,
    id: 'good/timers',
    title: 'timers & <signs> | "quotes"',
    floor: 'bare',
    alsoOurs: ['ours again'],
    doLess: ['half'],
    contenders: {
      ours: sleeping(10),
      'ours again': sleeping(10),
      bare: sleeping(5),
      slow: sleeping(40),
      slower: sleeping(80),
      half: sleeping(2),
    },
    goals: [
      { of: 'ours', against: BEST_PEER, atMost: 0.6 },
      { of: 'ours', against: 'bare', atMost: 4, why: 'the floor' },
    ],
    note: 'half does half.',
  },
  {
    ...base,
    id: 'good/samples',
    title: 'samples of their own',
    unit: 'bytes',
    contenders: { ours: measuring(1_234), nothing: measuring(0), theirs: measuring(123_400) },
  },
  {
    ...base,
    id: 'missed/goal',
    contenders: { ours: measuring(30e6), theirs: measuring(10e6), unasked: measuring(1e6) },
    goals: [{ of: 'ours', against: 'theirs', atMost: 1 }],
  },
  {
    ...base,
    id: 'called/in-turn',
    contenders: Object.fromEntries(
      ['ours', 'b', 'c'].map((name) => [
        name,
        {
          prepare: () => ({
            sample: () => {
              tell(name)
              return 1e6
            },
            end: () => tell(`${name} ends`),
          }),
        },
      ]),
    ),
  },
  {
    ...base,
    id: 'called/cold',
    rounds: 3,
    contenders: {
      ours: {
        cold: true,
        nodeOptions: ['--title=cold'],
        prepare: () => ({ run: () => tell(`${process.title} ${process.pid}`), check: () => tell('checked') }),
      },
    },
  },
  {
    ...base,
    id: 'foreseen/overflow',
    contenders: {
      ours: measuring(1e6),
      deep: {
        prepare: () => ({
          run: function deeper(): number {
            return deeper() + 1
          },
        }),
        fails: { matching: /call stack/, as: 'overflows' },
      },
    },
  },
  {
    ...base,
    id: 'failing/all-ways',
    timeoutMs: 4_000,
    contenders: {
      ours: measuring(1e6),
      'throws at once': { prepare: () => Promise.reject(new Error('not installed')) },
      'throws later': {
        prepare: () => {
          let calls = 0
          return {
            sample: () => {
              if (++calls > 2) throw new Error('third time')
              return 1e6
            },
          }
        },
      },
      'does not do it': {
        prepare: () => ({
          run: () => 1,
          check: (result) => {
            if (result !== 2) throw new Error(`${result} is not 2`)
          },
        }),
      },
      exits: {
        prepare: () => ({
          sample: () => {
            process.stderr.write('out of luck\n')
            process.exit(7)
          },
        }),
      },
      hangs: {
        prepare: () => ({
          sample: () => {
            for (;;);
          },
        }),
      },
      'leaves a child': {
        prepare: () => {
          const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
          tell(`left ${child.pid}`)
          return { sample: () => 1e6 }
        },
      },
    },
    goals: [{ of: 'ours', against: 'hangs', atMost: 1 }],
  },
  {
    ...base,
    id: 'endless/sample',
    contenders: {
      ours: {
        prepare: () => {
          const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
          tell(`process ${process.pid}`)
          tell(`process ${child.pid}`)
          return {
            sample: () => {
              for (;;);
            },
          }
        },
      },
    },
  },
]

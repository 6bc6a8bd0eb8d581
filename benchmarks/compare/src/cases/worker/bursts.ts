// Many tasks in one tick, as an event has them that many handle, for two threads that are warm: small ones, where posting costs more than
// the task does, and some that keep both threads busy.
import type { Case, Contender } from '../../case.ts'
import { oneMessageEach } from './by-hand.ts'
import { offload } from './ours.ts'
import { inline, piscina, type StartPool, tinypool, workerpool } from './pools.ts'

const OURS = 'a handler with offload'
const FLOOR = 'raw postMessage, one a thread'
const THREADS = 2

/** Until both sides of the wire are compiled. */
const WARM_BURSTS = 300

type Task = 'addOne' | 'compute'

const NOTE = 'Ours has a deadline for each call; no pool has.'

export const burstCases: readonly Case[] = [
  {
    id: 'worker/burst',
    title: 'a burst of 64 small tasks to two threads, a task',
    unit: 'us',
    ours: OURS,
    floor: FLOOR,
    contenders: bursts('addOne', 64),
    goals: [{ of: OURS, against: 'piscina', atMost: 0.25, why: 'what goes together is posted together' }],
    note: NOTE,
  },
  {
    id: 'worker/throughput',
    title: '256 tasks of some 50 us of work to two threads, a task',
    unit: 'us',
    ours: OURS,
    floor: FLOOR,
    contenders: { ...bursts('compute', 256), 'in the host, no thread': burst(inline, 'compute', 256) },
    doLess: ['in the host, no thread'],
    note: NOTE,
  },
]

function bursts(task: Task, tasks: number): Readonly<Record<string, Contender>> {
  return {
    [OURS]: burst(offload, task, tasks),
    [FLOOR]: {
      prepare: async () => {
        const { run, end } = oneMessageEach(task, THREADS)
        return prepared(task, tasks, run, end)
      },
    },
    piscina: burst(piscina, task, tasks),
    tinypool: burst(tinypool, task, tasks),
    workerpool: burst(workerpool, task, tasks),
  }
}

function burst(start: StartPool, task: Task, tasks: number): Contender {
  return {
    prepare: async () => {
      const { run, end } = await start(task, THREADS)
      return prepared(task, tasks, (payloads) => Promise.all(payloads.map(run)), end)
    },
  }
}

async function prepared(
  task: Task,
  tasks: number,
  runAll: (payloads: readonly { count: number }[]) => Promise<unknown[]>,
  end: () => unknown,
) {
  const payloads = Array.from({ length: tasks }, (_, count) => ({ count }))
  for (let bursts = 0; bursts < WARM_BURSTS * (64 / tasks); bursts++) await runAll(payloads)
  const itself = await inline(task, 0)
  return {
    run: () => runAll(payloads),
    perCall: tasks,
    check: (results: unknown) => {
      const expected = JSON.stringify(payloads.map(itself.run))
      if (JSON.stringify(results) !== expected) throw new Error('Tasks were lost, or not answered in order.')
    },
    end,
  }
}

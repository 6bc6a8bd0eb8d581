// The figures of a soak, each beside its limit.
import { FAULTS } from './faults.ts'
import type { Kills } from './kills.ts'
import type { SoakOptions } from './options.ts'
import type { SoakResult } from './soak.ts'

/** A soak of so many reloads meets every fault, and is past its beginning. */
const SHORT = 1000
/** One of so many is more than a warm-up. */
export const LONG = 5000

/** What a reload may leave in memory. A generation that stays takes more than ten times as much. */
const HEAP_BYTES = 1024
/** The same in a short soak, over which the engine still fills caches of its own. */
const SHORT_HEAP_BYTES = 2048

interface Figure {
  readonly name: string
  readonly value: string
  readonly limit: string
  readonly isGood: boolean
}

/** Prints the table. Whether every figure is within its limit. */
export function printFigures(
  options: SoakOptions,
  result: SoakResult,
  kills: Kills,
  print: (line: string) => void,
): boolean {
  const figures = figuresOf(options, result, kills)
  const width = (of: (figure: Figure) => string) => Math.max(...figures.map((figure) => of(figure).length))
  const [names, values, limits] = [width(({ name }) => name), width(({ value }) => value), width(({ limit }) => limit)]
  print('')
  for (const { name, value, limit, isGood } of figures) {
    const verdict = limit === '' ? '' : isGood ? 'good' : 'MISSED'
    print(`${name.padEnd(names)}  ${value.padStart(values)}  ${limit.padEnd(limits)}  ${verdict}`.trimEnd())
  }
  const missed = figures.filter(({ isGood }) => !isGood)
  print('')
  print(
    missed.length === 0
      ? `nothing was lost (seed ${options.seed})`
      : `${missed.length} figures missed; run it again with --seed ${options.seed}`,
  )
  return missed.length === 0
}

function figuresOf({ reloads }: SoakOptions, result: SoakResult, kills: Kills): Figure[] {
  const { tally, judge, traffic, requests } = result
  const wrong = (...what: readonly Parameters<typeof judge.wrong>[0][]) =>
    what.reduce((sum, each) => sum + (judge.violations.get(each) ?? 0), 0)
  const zero = (name: string, count: number): Figure => exactly(name, count, 0)
  const heapLimit = reloads < LONG ? SHORT_HEAP_BYTES : HEAP_BYTES
  const limitedFrom = (least: number, name: string, bytes: number) =>
    reloads < least ? known(name, shown(bytes)) : atMost(name, Math.max(0, bytes), heapLimit)
  const share = (count: number) => (100 * count) / tally.reloads
  const unmet = FAULTS.filter(({ name }) => !tally.kinds.has(name))
  const ended = [...tally.outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ')
  return [
    atLeast('reloads', tally.reloads, reloads),
    atLeast('of them with faults, %', share(tally.withFaults), 30),
    atLeast('of them with hangs, %', share(tally.withHangs), 5),
    known('how they ended', ended),
    known('good ones that met a bound on a busy machine', String(tally.strained)),
    atLeast('events a second', traffic.perSecond, 1000),
    known('events, calls and leases', String(traffic.total)),
    known('calls refused with the reason', String(traffic.refused)),
    known('deliveries', String(judge.arrived)),
    zero('lost', wrong('lost', 'unanswered')),
    zero('doubled', wrong('doubled')),
    zero('reordered', wrong('reordered')),
    zero('state that went back', wrong('state')),
    zero('final content neither active nor reported', wrong('content')),
    zero('other ends than the edit must have', wrong('outcome')),
    ...(reloads < SHORT ? [] : [zero('faults that were never met', unmet.length)]),
    zero('other plugins touched', wrong('touched')),
    zero('calls of hooks, contexts and services gone wrong', wrong('contract')),
    zero('timers, listeners, handles leaked', wrong('leak')),
    atMost('generations of a plugin in memory, most', result.mostAlive, 2),
    limitedFrom(SHORT, 'heap a reload, compiled code apart, B', result.heap.dataPerReload),
    // Fewer reloads are over before the engine has compiled all that is worth it.
    limitedFrom(LONG, 'heap a reload, B', result.heap.perReload),
    known('requests to the held server', String(requests.answered)),
    zero('requests failed', requests.failed),
    known('reloads of the plugin that holds it', String(tally.ofServer)),
    known('processes killed', `${kills.kills} (${kills.inMidWrite} in mid-write)`),
    zero('snapshots torn', kills.torn),
    known('minutes', (result.durationMs / 60_000).toFixed(1)),
  ]
}

function known(name: string, value: string): Figure {
  return { name, value, limit: '', isGood: true }
}

function exactly(name: string, value: number, limit: number): Figure {
  return { name, value: String(value), limit: String(limit), isGood: value === limit }
}

function atLeast(name: string, value: number, limit: number): Figure {
  return { name, value: shown(value), limit: `>= ${limit}`, isGood: value >= limit }
}

function atMost(name: string, value: number, limit: number): Figure {
  return { name, value: shown(value), limit: `<= ${limit}`, isGood: value <= limit }
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1)
}

// What a host says about its threads, checked where it enters, with what holds where it says nothing.
import { availableParallelism } from 'node:os'
import { PluginError } from '@cf-plugins/plugin-api'
import { nearest } from '@cf-plugins/plugin-api/host'
import type { PluginThreadsOptions, ThreadOptions } from './options.ts'
import { checkCanRestrict } from './restrict.ts'

/** The options of threads, each with a value. */
export type ThreadSettings = Required<ThreadOptions>

type NumberName = Exclude<keyof ThreadOptions, 'restrict'>

/** The least and the most that each may be. Node turns a longer delay into 1 ms without a word. */
const LIMITS: Readonly<Record<NumberName, readonly [least: number, most: number]>> = {
  heapMb: [8, 1_048_576],
  callMs: [1, 2_147_483_647],
  startMs: [1, 2_147_483_647],
  threads: [1, 1_024],
  queue: [1, 10_000_000],
  idleMs: [0, 2_147_483_647],
  maxEnds: [0, 1_000_000],
}
const KNOWN = [...Object.keys(LIMITS), 'restrict', 'code', 'logger']

/** @throws `CFP_WORKER_OPTIONS` naming the option, and what it must be */
export function threadSettings(options: PluginThreadsOptions): ThreadSettings {
  if (options === null || typeof options !== 'object') throw invalid('they must be an object')
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) {
    const meant = nearest(unknown, KNOWN)
    throw invalid(`there is no option "${unknown}"${meant === undefined ? '' : `; "${meant}" is meant?`}`)
  }
  const usual: Record<NumberName, number> = {
    heapMb: 256,
    callMs: 30_000,
    startMs: 10_000,
    threads: Math.max(2, availableParallelism()),
    queue: 1_000,
    idleMs: 30_000,
    maxEnds: 5,
  }
  for (const name of Object.keys(usual) as NumberName[]) usual[name] = wholeNumber(name, options[name], usual[name])
  const { restrict = false, code } = options
  if (typeof restrict !== 'boolean' && (restrict === null || typeof restrict !== 'object')) {
    throw invalid('restrict must be true, false, or an object with read, write and plugins')
  }
  if (restrict !== false) checkCanRestrict()
  if (code !== undefined && (typeof code?.codeOf !== 'function' || typeof code.exportNameOf !== 'function')) {
    throw invalid('code must be an object with codeOf and exportNameOf')
  }
  return { ...usual, restrict }
}

function wholeNumber(name: NumberName, value: number | undefined, usual: number): number {
  if (value === undefined) return usual
  const [least, most] = LIMITS[name]
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw invalid(`${name} must be a whole number from ${least} to ${most}, not ${String(value)}`)
}

function invalid(what: string): PluginError {
  return new PluginError('CFP_WORKER_OPTIONS', `The options of threads cannot be used: ${what}.`)
}

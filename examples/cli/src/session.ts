// What the commands of one process have in common.
import type { Command } from 'commander'
import type { Host } from './host.ts'
import type { Places } from './places.ts'

/** One run of tally. */
export interface Session {
  readonly places: Places
  readonly verbose: boolean
  /** Ends the command that is under way. */
  signal: AbortSignal
  /** The plugins, while they run, and the program that they add commands to. */
  host?: Host | undefined
  program?: Command | undefined
  /** What the process ends with, where a command says so. */
  exitCode?: number
}

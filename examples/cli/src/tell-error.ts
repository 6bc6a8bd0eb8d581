// Errors on stderr.
import { createTheme } from '@cf-plugins/cli'
import type { Command } from 'commander'
import { stacksOf, told } from './tool-error.ts'

/** Tells an error in one line, with stacks below it where `verbose`, and gives its exit code. */
export function tellError(error: unknown, program: Command | undefined, verbose: boolean): number {
  const { line, exitCode } = told(error, program)
  if (line === undefined) return exitCode
  const theme = createTheme(process.stderr)
  process.stderr.write(`${theme.bad('error')}: ${line}\n`)
  if (verbose) process.stderr.write(`${theme.faint(stacksOf(error))}\n`)
  return exitCode
}

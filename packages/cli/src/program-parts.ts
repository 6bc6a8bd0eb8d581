// What the parts of the command line have in common.
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { LogLevel } from './human-logger.ts'
import type { Output } from './output.ts'
import type { StatePlaceOptions } from './state-place.ts'

/** The options of every command. */
export interface CommonOptions extends StatePlaceOptions {
  readonly json?: boolean
  readonly verbose?: boolean
  readonly logLevel?: LogLevel
  readonly path?: readonly string[]
}

/** What a command does; gives the exit code. */
export type Act<Options> = (
  command: { readonly args: readonly string[]; readonly options: Options & CommonOptions },
  output: Output,
) => Promise<number>

/** Adds a command of cf's own. */
export type AddCommand = <Options = unknown>(usage: string, description: string, act: Act<Options>) => Command

export function pathOption(): Option {
  return new Option('-p, --path <folder>', 'a folder with plugins; may be repeated').argParser(
    (folder, before: readonly string[] = []) => [...before, folder],
  )
}

export function foldersIn(args: readonly string[], { path = [] }: CommonOptions): readonly string[] {
  return [...args, ...path]
}

export function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number from 1.')
  return number
}

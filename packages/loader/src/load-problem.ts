// What goes wrong inside a load, before it becomes the PluginError that the host sees.
import { shownFile } from '@cf-plugins/plugin-api/host'
import type { LoaderErrorCode } from './error-codes.ts'

/** A place in a file, from 1. */
export interface FilePlace {
  readonly file: string
  readonly line?: number | undefined
  readonly column?: number | undefined
}

/** Thrown by the parts of the loader; `place` is the file that is to blame. */
export class LoadProblem extends Error {
  readonly code: LoaderErrorCode
  readonly place: FilePlace
  /** Where the file that is to blame was asked for. */
  importedBy: FilePlace | undefined

  constructor(code: LoaderErrorCode, message: string, place: FilePlace, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'LoadProblem'
    this.code = code
    this.place = place
  }
}

/** A place as people and terminals read it: `plugins/auth/index.ts:3:7`, from the working directory where that is shorter. */
export function shownPlace({ file, line, column }: FilePlace): string {
  return [shownFile(file), line, column].filter((part) => part !== undefined).join(':')
}

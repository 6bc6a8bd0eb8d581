// Reads a plugin's file once: the bytes that are hashed are the bytes that run.
import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { messageOf } from '@cf-plugins/plugin-api'
import { LoadProblem } from './load-problem.ts'

export interface SourceText {
  readonly text: string
  /** SHA-256 of the bytes. */
  readonly hash: string
}

/** `O_NOFOLLOW` because `file` is a real path that was checked: a link put there since is another file. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** @throws LoadProblem `CFP_FILE_UNREADABLE`, or `CFP_MODULE_MISSING` where it is gone */
export function readSource(file: string): SourceText {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, FLAGS)
    if (!fstatSync(descriptor).isFile()) throw new Error('it is not a regular file')
    const bytes = readFileSync(descriptor)
    return { text: bytes.toString('utf8'), hash: createHash('sha256').update(bytes).digest('base64url') }
  } catch (error) {
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new LoadProblem(
      gone ? 'CFP_MODULE_MISSING' : 'CFP_FILE_UNREADABLE',
      gone ? 'the file is not there' : `the file can't be read: ${messageOf(error)}`,
      { file },
      error,
    )
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

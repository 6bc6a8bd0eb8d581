// Reads a plugin's file once: what is hashed is what runs.
import { hash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { messageOf } from '@cf-plugins/plugin-api'
import { LoadProblem } from './load-problem.ts'

export interface SourceText {
  readonly text: string
  /** SHA-256 of the file's bytes, in hex. */
  readonly hash: string
}

// What was looked at is no link, so what is one now came in its place; and a FIFO never blocks. Windows knows neither flag.
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * Reads a regular file, by its real path.
 * @throws LoadProblem `CFP_FILE_UNREADABLE`, `CFP_LINK_OUTSIDE` where it has become a link, `CFP_MODULE_MISSING` where it is gone
 */
export function readSource(file: string): SourceText {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, FLAGS)
    if (!fstatSync(descriptor).isFile()) throw new Error('it is no regular file')
    // At once rather than with a wait a file: 500 small files take 10 ms so, and five times that through promises.
    const bytes = readFileSync(descriptor)
    return { text: bytes.toString(), hash: hash('sha256', bytes, 'hex') }
  } catch (error) {
    throw unreadable(file, error)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function unreadable(file: string, error: unknown): LoadProblem {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return new LoadProblem('CFP_MODULE_MISSING', 'the file is not there', { file }, error)
  // ELOOP (EMLINK on FreeBSD) is how O_NOFOLLOW tells of a link.
  if (code === 'ELOOP' || code === 'EMLINK') {
    const why = 'it has become a symbolic link since it was looked at'
    return new LoadProblem('CFP_LINK_OUTSIDE', why, { file }, error)
  }
  return new LoadProblem('CFP_FILE_UNREADABLE', `the file can't be read: ${messageOf(error)}`, { file }, error)
}

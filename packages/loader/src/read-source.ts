// Reads a plugin's file once: what is hashed is what runs.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { messageOf } from '@cf-plugins/plugin-api'
import { type FileIdentity, identityOf } from './file-identity.ts'
import { LoadProblem } from './load-problem.ts'
import { sha256 } from './sha256.ts'

export interface SourceText {
  readonly text: string
  /** SHA-256 of the file's bytes, in hex. */
  readonly hash: string
  /** By which it is known without being read again; nothing while it is too young. */
  readonly identity: FileIdentity | undefined
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
    // Before the reading: what is written meanwhile makes it another.
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) throw new Error('it is no regular file')
    // At once rather than with a wait a file: 500 small files take 10 ms so, and five times that through promises.
    const bytes = readFileSync(descriptor)
    return { text: bytes.toString(), hash: sha256(bytes), identity: identityOf(stats) }
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

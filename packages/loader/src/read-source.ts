// Reads a plugin's file once: what is hashed is what runs.
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { messageOf } from '@cf-plugins/plugin-api'
import { LoadProblem } from './load-problem.ts'

export interface SourceText {
  readonly text: string
  /** SHA-256 of the text. */
  readonly hash: string
}

/** Reads a regular file, by its real path. @throws LoadProblem `CFP_FILE_UNREADABLE`, or `CFP_MODULE_MISSING` where it is gone */
export function readSource(file: string): SourceText {
  try {
    // At once rather than with a wait a file: 500 small files take 10 ms so, and five times that through promises.
    const text = readFileSync(file, 'utf8')
    return { text, hash: hash('sha256', text, 'base64') }
  } catch (error) {
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const why = gone ? 'the file is not there' : `the file can't be read: ${messageOf(error)}`
    throw new LoadProblem(gone ? 'CFP_MODULE_MISSING' : 'CFP_FILE_UNREADABLE', why, { file }, error)
  }
}

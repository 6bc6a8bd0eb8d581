// What is at a path at this moment: the hash of a file's bytes, or why there is none.
import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

export type Content =
  | { readonly kind: 'file'; readonly hash: string; readonly size: number; readonly inode: number }
  | { readonly kind: 'gone' }
  /** A symbolic link, a folder, a socket: something that is no file. */
  | { readonly kind: 'other' }
  | { readonly kind: 'unreadable'; readonly error: unknown }

// A link is never read through (it may leave the root), and a FIFO never blocks. Windows knows neither flag.
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * Reads in one go, on this thread: a source file costs 13 us so, and 60 us through the thread pool, where it
 * would also queue behind what chokidar asks there.
 */
export function readContent(file: string): Content {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, FLAGS)
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) return { kind: 'other' }
    const bytes = readFileSync(descriptor)
    const hash = createHash('sha256').update(bytes).digest('hex')
    return { kind: 'file', hash, size: bytes.length, inode: stats.ino }
  } catch (error) {
    return absent((error as NodeJS.ErrnoException).code, error)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** Whether two looks at a path saw the same. */
export function sameContent(one: Content, other: Content): boolean {
  if (one.kind !== other.kind) return false
  return one.kind !== 'file' || other.kind !== 'file' || one.hash === other.hash
}

function absent(code: string | undefined, error: unknown): Content {
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'gone' }
  // ELOOP (EMLINK on FreeBSD) is how O_NOFOLLOW tells of a link; ENXIO is a socket.
  if (code === 'ELOOP' || code === 'EMLINK' || code === 'ENXIO' || code === 'EISDIR') return { kind: 'other' }
  return { kind: 'unreadable', error }
}

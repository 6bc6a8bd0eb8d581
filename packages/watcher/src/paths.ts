// What the file system says of a path, without a throw: whatever is asked may be gone at any moment.
import { type BigIntStats, type Dirent, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, sep } from 'node:path'

/** Where a root really is. */
export interface Place {
  readonly real: string
  /** The folder that is watched: the root itself, or where the file lies. */
  readonly folder: string
  /** Of that folder. A file gets a new one with every atomic save. */
  readonly identity: string
}

export function isWithin(path: string, folder: string): boolean {
  return path === folder || isBelow(path, folder)
}

export function isBelow(path: string, folder: string | undefined): boolean {
  return folder !== undefined && path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** Where `path` is at this moment; `undefined` if it is not there. */
export function placeOf(path: string): Place | undefined {
  const real = realPath(path)
  const stats = real && statsOf(statSync, real)
  if (!real || !stats) return undefined
  const folder = stats.isDirectory() ? real : dirname(real)
  const { dev, ino, birthtimeNs } = statsOf(statSync, folder) ?? stats
  // An inode number is taken again at once by some file systems, so the time of birth is part of it.
  return { real, folder, identity: `${dev}:${ino}:${birthtimeNs}` }
}

/** What is at `path` itself, a link not followed. */
export function linkStats(path: string): BigIntStats | undefined {
  return statsOf(lstatSync, path)
}

/** What can't be asked (EACCES above it, a loop of links) is as good as not there. */
function statsOf(ask: typeof lstatSync | typeof statSync, path: string): BigIntStats | undefined {
  try {
    return ask(path, { throwIfNoEntry: false, bigint: true })
  } catch {
    return undefined
  }
}

export function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

export function folderEntries(path: string): Dirent[] | undefined {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    // Gone again, or not for us to read: the event that tells of its return has it looked at anew.
    return undefined
  }
}

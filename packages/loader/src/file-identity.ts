// Tells without reading it whether a file is still the one that was read: by its inode, size and times.
import { lstatSync, type Stats } from 'node:fs'

/** Inode, size, and when content and inode were changed last. It changes whenever the content does. */
export type FileIdentity = readonly [inode: number, size: number, mtimeMs: number, ctimeMs: number]

/** A file that has just been written may be written again within what its file system's clock can tell apart. */
const UNSETTLED_MS = 3_000

/** The identity of what is read of a file from now on; nothing while it is too young to be known by that. */
export function identityOf({ ino, size, mtimeMs, ctimeMs }: Stats): FileIdentity | undefined {
  // Set back by whoever likes to, `mtime` says less than `ctime`, which nobody sets. One of the future is no older than now.
  return Date.now() - ctimeMs > UNSETTLED_MS ? [ino, size, mtimeMs, ctimeMs] : undefined
}

/** Whether a file, as it is found now, is the one that was read. */
export function isSameFile(known: FileIdentity | undefined, { ino, size, mtimeMs, ctimeMs }: Stats): boolean {
  return known !== undefined && known[3] === ctimeMs && known[2] === mtimeMs && known[1] === size && known[0] === ino
}

/** A plain file, no link and no folder; nothing where there is none. */
export function plainStats(path: string): Stats | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats?.isFile() ? stats : undefined
}

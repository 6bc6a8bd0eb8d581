// Files that are there whole or not at all, whatever ends the process, and are read without following links.
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isSystemError } from './resource-error.ts'

/** Makes a folder of mode 0700, and those that it is in, where they are not there; on the disk when this resolves. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  const top = dirname(first)
  for (let made = folder; made !== top; made = dirname(made)) await syncFolder(dirname(made))
}

/** Writes a file of mode 0600 that is not there yet; on the disk when this resolves, and gone again where it rejects. */
export async function writeDraft(draft: string, parts: readonly Uint8Array[]): Promise<void> {
  const handle = await open(draft, 'wx', 0o600)
  try {
    for (const part of parts) await handle.writeFile(part)
    await handle.sync()
  } catch (error) {
    await handle.close().catch(() => {})
    await discard(draft)
    throw error
  }
  await handle.close()
}

/** Opens a regular file; nothing where there is none. @throws NotRegular for a link, a folder, a pipe */
export async function openPlain(file: string): Promise<{ handle: FileHandle; size: number } | undefined> {
  // Windows has no such flag: there, what is a link is looked up first.
  if (constants.O_NOFOLLOW === undefined && (await lstat(file).catch(() => undefined))?.isSymbolicLink())
    throw new NotRegular('it is a symbolic link')
  // Without waiting for the writer of a pipe.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  let handle: FileHandle
  try {
    handle = await open(file, flags)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw isSystemError(error, 'ELOOP', 'EMLINK') ? new NotRegular('it is a symbolic link') : error
  }
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw new NotRegular('it is no regular file')
    return { handle, size: found.size }
  } catch (error) {
    await handle.close().catch(() => {})
    throw error
  }
}

/** What stands in a file's place and is none. */
export class NotRegular extends Error {}

/** Takes a file away, if it is there and that is permitted. */
export async function discard(file: string): Promise<void> {
  await unlink(file).catch(() => {})
}

/** A new name is on the disk when its folder is. Some file systems, and Windows, do that by themselves and refuse. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } catch (error) {
    if (!isSystemError(error, 'EINVAL', 'ENOTSUP', 'ENOSYS')) throw error
  } finally {
    await handle.close()
  }
}

// Files that are there whole or not at all, whatever ends the process, and are read with a limit.
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** How a file is replaced. */
export interface ReplaceOptions {
  readonly signal?: AbortSignal | undefined
  /** Where the file that was there goes, instead of being replaced. */
  readonly aside?: string | undefined
}

/** Makes a folder of mode 0700, and those that it is in, where they are not there; on the disk when this resolves. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  const top = dirname(first)
  for (let made = folder; made !== top; made = dirname(made)) await syncFolder(dirname(made))
}

/**
 * Puts a file of mode 0600 in the place of what is there, on the disk when this resolves. Whoever reads, and whoever
 * starts after a crash, finds the old one or the new one.
 */
export async function replaceFile(
  file: string,
  parts: readonly Uint8Array[],
  { signal, aside }: ReplaceOptions = {},
): Promise<void> {
  const draft = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await writeDraft(draft, parts, signal)
    if (aside !== undefined) await moveAside(file, aside)
    signal?.throwIfAborted()
    await rename(draft, file)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw error
  }
  await syncFolder(dirname(file))
}

/** Whether there is a file. */
export async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(nothingWhereMissing)
  return found?.isFile() === true
}

/** Takes a file away for good, or aside; one that is not there is away already. */
export async function removeFile(file: string, aside?: string): Promise<void> {
  if (aside === undefined) await rm(file, { force: true })
  else await moveAside(file, aside)
  await syncFolder(dirname(file))
}

/** A file that was not read because it is larger than allowed. */
export class OversizedFile extends Error {}

/** What a file holds, or nothing where there is none. @throws OversizedFile */
export async function readWholeFile(file: string, maxBytes: number, signal?: AbortSignal): Promise<Buffer | undefined> {
  // Without following a link out of the folder, and without waiting for the writer of a pipe.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  const handle = await open(file, flags).catch(nothingWhereMissing)
  if (handle === undefined) return undefined
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw new Error('it is not a file')
    if (found.size > maxBytes) throw new OversizedFile(`it has ${found.size} bytes, and ${maxBytes} are allowed`)
    const bytes = Buffer.alloc(found.size)
    let length = 0
    while (length < bytes.length) {
      signal?.throwIfAborted()
      const { bytesRead } = await handle.read(bytes, length, Math.min(CHUNK, bytes.length - length))
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    await handle.close()
  }
}

/** Removes drafts that a process that was killed left behind. Those of a process that still writes are younger. */
export async function removeOldDrafts(folder: string): Promise<void> {
  const before = Date.now() - OLD_DRAFT_MS
  for (const name of await readdir(folder)) {
    if (!DRAFT.test(name)) continue
    const file = join(folder, name)
    // Another process may have been faster, and what is left over harms nobody.
    const made = await stat(file).catch(() => undefined)
    if (made && made.mtimeMs < before) await unlink(file).catch(() => {})
  }
}

const CHUNK = 1024 * 1024
const OLD_DRAFT_MS = 10 * 60_000
const DRAFT = /^\..+\.[0-9a-f]{12}\.tmp$/

async function writeDraft(draft: string, parts: readonly Uint8Array[], signal: AbortSignal | undefined): Promise<void> {
  const handle = await open(draft, 'wx', 0o600)
  try {
    for (const part of parts) await handle.writeFile(part, signal ? { signal } : {})
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function moveAside(file: string, aside: string): Promise<void> {
  await rename(file, aside).catch(nothingWhereMissing)
}

/** A rename is on the disk when its folder is. Some file systems, and Windows, do that by themselves and refuse. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } catch (error) {
    if (!REFUSED.has(codeOf(error))) throw error
  } finally {
    await handle.close()
  }
}

const REFUSED: ReadonlySet<unknown> = new Set(['EINVAL', 'ENOTSUP', 'ENOSYS'])

function nothingWhereMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
  return undefined
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code
}

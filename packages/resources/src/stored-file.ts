// Reads what is stored: the head of a file, or all of it.
import type { FileHandle } from 'node:fs/promises'
import type { PluginError } from '@cf-plugins/plugin-api'
import type { Resource } from './resource.ts'
import { isSystemError, resourceError } from './resource-error.ts'
import { decode, type Head, hashOf, infoOf, MOST_HEAD, readHeadLine } from './resource-file.ts'
import { NotRegular, openPlain } from './whole-file.ts'

/** A resource, and what only its file tells. */
export interface Stored {
  readonly head: Head
  readonly bytes: Uint8Array
}

/** What the first line of a file says; nothing where there is no file. @throws `CFP_RESOURCE_DAMAGED` */
export async function readHead(file: string): Promise<Head | undefined> {
  return reading(file, async (handle, size) => (await headOf(file, handle, size)).head)
}

/** All of a file; nothing where there is none. @throws `CFP_RESOURCE_DAMAGED`, `CFP_RESOURCE_TOO_LARGE` */
export async function readStored(file: string, maxBytes: number): Promise<Stored | undefined> {
  return reading(file, async (handle, size) => {
    const { head, length } = await headOf(file, handle, size)
    const left = size - length
    if (left !== head.size) throw damaged(file, `it has ${left} bytes of content, and ${head.size} were written`)
    if (left > maxBytes) {
      const message = `The content has ${left} bytes, and ${maxBytes} are allowed (${file}). Raise maxBytes.`
      throw resourceError('CFP_RESOURCE_TOO_LARGE', message, { file })
    }
    const bytes = new Uint8Array(left)
    const read = await readAt(handle, bytes, length)
    if (read !== left || hashOf(bytes) !== head.sha256) throw damaged(file, 'its content is not what was written')
    return { head, bytes }
  })
}

/** As others see it. */
export function resourceOf({ head, bytes }: Stored): Resource {
  return { ...infoOf(head), content: decode(head.kind, bytes) } as Resource
}

/** A file in the folder that is no resource as this package writes them. */
export function damaged(file: string, what: string): PluginError {
  const message = `The file of a resource is damaged (${file}): ${what}. It is left as it is; delete it, or put a good one there.`
  return resourceError('CFP_RESOURCE_DAMAGED', message, { file })
}

const FIRST_READ = 4096

async function headOf(file: string, handle: FileHandle, size: number): Promise<{ head: Head; length: number }> {
  for (const most of [FIRST_READ, MOST_HEAD]) {
    const bytes = Buffer.alloc(Math.min(most, size))
    const read = await readAt(handle, bytes, 0)
    const end = bytes.subarray(0, read).indexOf(0x0a)
    if (end < 0 && read === most) continue
    const head = readHeadLine(bytes.toString('utf8', 0, Math.max(0, end)))
    if (head) return { head, length: end + 1 }
    break
  }
  throw damaged(file, 'it does not begin as a resource does')
}

async function reading<T>(file: string, task: (handle: FileHandle, size: number) => Promise<T>) {
  try {
    const opened = await openPlain(file)
    if (!opened) return undefined
    try {
      return await task(opened.handle, opened.size)
    } finally {
      await opened.handle.close()
    }
  } catch (error) {
    // A folder cannot be opened as a file at all on some systems.
    if (error instanceof NotRegular || isSystemError(error, 'EISDIR', 'ENXIO'))
      throw damaged(file, error instanceof NotRegular ? error.message : 'it is no regular file')
    throw error
  }
}

async function readAt(handle: FileHandle, into: Uint8Array, from: number): Promise<number> {
  let length = 0
  while (length < into.length) {
    const { bytesRead } = await handle.read(into, length, into.length - length, from + length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return length
}

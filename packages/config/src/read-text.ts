// A file's text: bounded in size and time, and UTF-8 or nothing.
import { open, stat } from 'node:fs/promises'
import { messageOf } from '@cf-plugins/plugin-api'
import type { ConfigProblem } from './config-problem.ts'

/** A configuration that people write is a hundredth of it. */
export const MAX_BYTES = 1024 * 1024

/** The text, without a byte order mark; or what is wrong; or nothing where there is no file. */
export type TextRead = { readonly text: string } | { readonly problem: ConfigProblem } | undefined

/** Reads a file. Rejects with the signal's reason only. */
export async function readText(file: string, plugin?: string, signal?: AbortSignal): Promise<TextRead> {
  const refuse = (code: ConfigProblem['code'], message: string): TextRead => ({
    problem: { code, severity: 'error', plugin, path: '', message, file },
  })
  try {
    // Asked first: to open a pipe would wait for whoever writes to it.
    const info = await stat(file)
    if (!info.isFile()) return refuse('CFP_CONFIG_UNREADABLE', 'the file cannot be read: it is no regular file')
    const bytes = await firstBytes(file, signal)
    if (bytes.length > MAX_BYTES) return refuse('CFP_CONFIG_LIMIT', `the file is larger than ${MAX_BYTES / 1024} KiB`)
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch (error) {
    signal?.throwIfAborted()
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    const why = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8' : messageOf(error)
    return refuse('CFP_CONFIG_UNREADABLE', `the file cannot be read: ${why}`)
  }
}

/** One byte more than is allowed, at most: a file can grow while it is read. */
async function firstBytes(file: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const handle = await open(file)
  try {
    const buffer = Buffer.allocUnsafe(MAX_BYTES + 1)
    let length = 0
    while (length < buffer.length) {
      signal?.throwIfAborted()
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.subarray(0, length)
  } finally {
    await handle.close()
  }
}

// Reading an audit trail back, whatever became of its last line.
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import type { AuditEntry } from './audit-entry.ts'
import { invalid, text, wholeNumber } from './options.ts'

/** Which entries are wanted; all that is named must fit. */
export interface ReadAuditOptions {
  /** Who did it, or whom it was done to. */
  readonly plugin?: string
  /** `transition`, or all that begin alike, as in `handler.*`. */
  readonly action?: string
  /** From when on: a date, or milliseconds since the epoch. */
  readonly since?: Date | string | number
  /** The last so many of them; `Infinity` for all. @default 1000 */
  readonly limit?: number
  /** Gives up. */
  readonly signal?: AbortSignal
}

/** What was found. */
export interface AuditReading {
  /** As they were written: the oldest first. */
  readonly entries: readonly AuditEntry[]
  /** Lines that are no entries, such as one that a process was killed in. */
  readonly unreadable: number
}

/** A longer line is no entry, in characters. */
const LINE_MAX = 1024 * 1024

/**
 * Reads what an `AuditTrail` wrote to `file`, and to those that were put aside before it.
 *
 * @throws `CFP_AUDIT_READ_FAILED`, `CFP_MONITOR_OPTIONS`
 * @example
 * const { entries } = await readAudit('/var/log/my-app/audit.jsonl', { plugin: 'auth', since: '2026-01-01' })
 */
export async function readAudit(file: string, options: ReadAuditOptions = {}): Promise<AuditReading> {
  const { limit = 1000, signal } = options
  const path = resolve(text('readAudit', 'file', file))
  if (limit !== Number.POSITIVE_INFINITY) wholeNumber('readAudit', 'limit', limit, 1)
  const since = sinceOf(options.since)
  const fits = matcher(options, since)
  let entries: AuditEntry[] = []
  let unreadable = 0
  try {
    for (const each of await filesOf(path, since)) {
      const found: AuditEntry[] = []
      const room = limit - entries.length
      for await (const line of linesOf(each, signal)) {
        const entry = entryOf(line)
        if (!entry) unreadable++
        else if (fits(entry)) found.push(entry)
        if (found.length > 2 * room) found.splice(0, found.length - room)
      }
      entries = [...(found.length > room ? found.slice(-room) : found), ...entries]
      if (entries.length >= limit) break
    }
  } catch (error) {
    if (signal?.aborted) throw error
    const message = `The audit trail ${path} cannot be read: ${messageOf(error)}.`
    throw new PluginError('CFP_AUDIT_READ_FAILED', message, { phase: 'audit', file: path, cause: error })
  }
  return { entries, unreadable }
}

/** The newest first. One that was put aside while they were looked for is there once. */
async function filesOf(path: string, since: number): Promise<string[]> {
  const name = basename(path)
  const aside = (await readdir(dirname(path)))
    .filter((each) => each.startsWith(`${name}.`) && /^\d+$/.test(each.slice(name.length + 1)))
    .sort((a, b) => Number(a.slice(name.length + 1)) - Number(b.slice(name.length + 1)))
  const files: string[] = []
  const seen = new Set<number>()
  for (const each of [name, ...aside]) {
    const full = join(dirname(path), each)
    const found = await stat(full).catch((error) => {
      // In the moment between being put aside and being made anew it is not there.
      if (error.code === 'ENOENT' && aside.length > 0) return undefined
      throw error
    })
    if (!found || seen.has(found.ino)) continue
    seen.add(found.ino)
    if (found.mtimeMs >= since) files.push(full)
  }
  return files
}

async function* linesOf(file: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(file, { encoding: 'utf8', ...(signal && { signal }) })) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    // It is unreadable either way, so its beginning will do.
    if (rest.length > LINE_MAX) rest = `!${rest.slice(0, 10)}`
    for (const line of lines) if (line !== '') yield line
  }
  if (rest !== '') yield rest
}

function entryOf(line: string): AuditEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<AuditEntry> | null
    return typeof entry?.time === 'string' && typeof entry.action === 'string' ? (entry as AuditEntry) : undefined
  } catch {
    return undefined
  }
}

function matcher({ plugin, action }: ReadAuditOptions, since: number): (entry: AuditEntry) => boolean {
  const fitsAction = (found: string) =>
    action === undefined || (action.endsWith('*') ? found.startsWith(action.slice(0, -1)) : found === action)
  return (entry) =>
    fitsAction(entry.action) && (plugin === undefined || isAbout(entry, plugin)) && Date.parse(entry.time) >= since
}

function isAbout({ plugin, plugins = [], subject }: AuditEntry, name: string): boolean {
  return plugin === name || subject === name || plugins.includes(name)
}

function sinceOf(since: ReadAuditOptions['since']): number {
  if (since === undefined) return Number.NEGATIVE_INFINITY
  const time = new Date(since).getTime()
  if (Number.isNaN(time)) throw invalid('readAudit', `since must be a date, not ${JSON.stringify(since)}`)
  return time
}

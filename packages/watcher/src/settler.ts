// From hints to settled changes: a hint only says where to look, and the hash of the bytes decides.
import { type Content, readContent, sameContent } from './content.ts'
import type { FileChange, Settling } from './file-change.ts'
import { RestWaiters } from './rest-waiters.ts'
import { WatcherError } from './watcher-error.ts'

export interface SettlerOptions {
  readonly debounceMs: number
  readonly settleTimeoutMs: number
  readonly unlinkGraceMs: number
  readonly onChanges: (changes: readonly FileChange[], settling: Settling) => void
  readonly onPassedOver: (file: string, why: string) => void
  readonly onError: (error: WatcherError) => void
  /** At this path, of which a hint spoke as of a file, is a folder or a link. */
  readonly onNoFile: (path: string) => void
}

/** What a hint says that happened: `'look'` when nobody knows. */
export type HintEvent = 'rename' | 'change' | 'look'

interface Known {
  readonly hash: string
  readonly inode: number
}

/** One file under observation, from its first hint until the read that confirms what was settled. */
interface Look {
  readonly file: string
  /** `late`: it did not settle in time, and the others no longer wait for it. */
  phase: 'settling' | 'late' | 'confirming'
  readonly since: number
  seen: Content
  stableSince: number
  renames: number
  changes: number
  timer: NodeJS.Timeout | undefined
}

/** What two reads must be apart to be called settled, measured on torn saves; more than that groups saves. */
const SETTLE_MS = 60
/** Atomic saves this close to each other are one batch. */
const ATOMIC_QUIET_MS = 2

export class Settler {
  readonly #options: SettlerOptions
  readonly #known = new Map<string, Known>()
  readonly #looks = new Map<string, Look>()
  /** What has come to rest and is not told yet, and since when it was looked at. */
  readonly #ready = new Map<string, { readonly content: Content; readonly since: number }>()
  readonly #waiters = new RestWaiters((file) => !this.#isRestless(file) && !this.#ready.has(file))
  #settling = 0
  #flushTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: SettlerOptions) {
    this.#options = options
  }

  /** Takes what is in the file now for what the host already has. */
  takeAsKnown(file: string): void {
    const content = readContent(file)
    if (content.kind === 'file') this.#known.set(file, content)
    else if (content.kind === 'unreadable') this.#tellUnreadable(file, content.error)
    else if (content.kind === 'other') this.#options.onNoFile(file)
  }

  /** Looks once, and goes on only if the file is not as it is known. */
  compare(file: string): void {
    const content = readContent(file)
    const known = this.#known.get(file)
    const same = content.kind === 'file' ? content.hash === known?.hash : !known && content.kind === 'gone'
    if (!same) this.hint(file, 'look')
  }

  /** Known files for which `matches` holds. */
  knownFiles(matches: (file: string) => boolean): string[] {
    return [...this.#known.keys(), ...this.#ready.keys()].filter(matches)
  }

  hint(file: string, event: HintEvent): void {
    if (this.#closed) return
    const look = this.#looks.get(file)
    if (!look || look.phase === 'confirming') {
      this.#count(this.#begin(file, readContent(file)), event)
      return
    }
    this.#count(look, event)
    // Perhaps it was only written to be renamed, and what it became shall not wait for it.
    if (event === 'rename' && !this.#known.has(file)) {
      clearTimeout(look.timer)
      this.#read(look)
    }
  }

  /**
   * Whether a file has come to rest with these bytes, or with being away. Of one that has not, it finds out itself: no
   * event need have come for it.
   */
  isSettled(file: string, hash: string | undefined): boolean {
    const look = this.#looks.get(file)
    const resting = this.#ready.get(file)?.content ?? this.#known.get(file)
    const same = hash === (resting && 'hash' in resting ? resting.hash : undefined)
    // Bytes that were whole once are good enough where a file never rests.
    if (same && look?.phase !== 'settling') return true
    if (!same && !this.#isRestless(file)) this.hint(file, 'look')
    return false
  }

  /** Resolves when none of these files changes any more and all that came of them is told. */
  rested(files: readonly string[]): Promise<void> {
    return this.#waiters.add(files)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#flushTimer)
    for (const look of this.#looks.values()) clearTimeout(look.timer)
    this.#looks.clear()
    this.#ready.clear()
    this.#waiters.tell()
  }

  #isRestless(file: string): boolean {
    const phase = this.#looks.get(file)?.phase
    return phase === 'settling' || phase === 'late'
  }

  #count(look: Look, event: HintEvent): void {
    if (event === 'rename') look.renames++
    // A look that nobody told of is never the one rename that an atomic save is known by.
    else look.changes++
  }

  #begin(file: string, seen: Content): Look {
    const now = performance.now()
    const previous = this.#looks.get(file)
    clearTimeout(previous?.timer)
    const look: Look = {
      file,
      phase: 'settling',
      since: now,
      seen,
      stableSince: now,
      renames: 0,
      changes: 0,
      timer: undefined,
    }
    this.#looks.set(file, look)
    this.#ready.delete(file)
    this.#settling++
    const replaced = this.#known.get(file)
    // Other systems join events, so that two renames may show as one.
    const toldApart = process.platform === 'linux'
    const mayBeAtomic =
      toldApart && seen.kind === 'file' && seen.size > 0 && replaced !== undefined && replaced.inode !== seen.inode
    if (mayBeAtomic) this.#expectAtomic(look)
    else this.#again(look)
    return look
  }

  /**
   * A rename over the file shows one rename and no change, and what is there then is whole. Unlink and create also
   * makes a new inode, but two renames: both have arrived once the event loop has polled again after the read.
   */
  #expectAtomic(look: Look): void {
    const grouping = Math.max(0, this.#options.debounceMs - SETTLE_MS)
    look.timer = setTimeout(() => {
      setImmediate(() => {
        if (this.#looks.get(look.file) !== look) return
        if (look.renames === 1 && look.changes === 0) this.#settle(look)
        else this.#again(look)
      })
    }, ATOMIC_QUIET_MS + grouping)
  }

  #again(look: Look): void {
    const left = this.#quietMs(look) - (performance.now() - look.stableSince)
    // Timers may fire a fraction early by this clock.
    if (left < 0.5) this.#settle(look)
    else look.timer = setTimeout(() => this.#read(look), Math.min(left, this.#options.debounceMs))
  }

  /** How long the file must have been as it was seen. An empty file is mostly one that is about to be written. */
  #quietMs(look: Look): number {
    const { debounceMs, unlinkGraceMs } = this.#options
    if (look.seen.kind === 'gone' || look.seen.kind === 'other') return this.#known.has(look.file) ? unlinkGraceMs : 0
    const empty = look.seen.kind === 'file' && look.seen.size === 0
    return empty ? Math.max(debounceMs, unlinkGraceMs) : debounceMs
  }

  #read(look: Look): void {
    const content = readContent(look.file)
    if (!sameContent(content, look.seen)) {
      look.stableSince = performance.now()
      if (look.phase === 'settling' && look.stableSince - look.since > this.#options.settleTimeoutMs)
        this.#callLate(look)
    }
    look.seen = content
    this.#again(look)
  }

  #callLate(look: Look): void {
    look.phase = 'late'
    this.#settling--
    const seconds = this.#options.settleTimeoutMs / 1000
    const message = `${look.file} has not held still for ${this.#options.debounceMs} ms within ${seconds} s. Find what keeps writing to it; it is reported as soon as it rests.`
    this.#options.onError(new WatcherError('CFP_WATCH_NEVER_SETTLES', message, { file: look.file }))
    this.#flushWhenAllSettled()
  }

  #settle(look: Look): void {
    const { file, seen } = look
    if (look.phase === 'settling') this.#settling--
    look.phase = 'confirming'
    const known = this.#known.get(file)
    if (seen.kind === 'unreadable') this.#tellUnreadable(file, seen.error)
    else if (seen.kind === 'file') {
      if (known?.hash === seen.hash) {
        this.#known.set(file, seen)
        this.#options.onPassedOver(file, 'its content is what it was')
      } else this.#ready.set(file, { content: seen, since: look.since })
    } else {
      if (known) this.#ready.set(file, { content: seen, since: look.since })
      if (seen.kind === 'other') this.#options.onNoFile(file)
    }
    look.timer = setTimeout(() => this.#confirm(look), this.#options.debounceMs)
    this.#flushWhenAllSettled()
  }

  /** Two quick saves may show as one event, and a write through a mapping as none: the last content must win. */
  #confirm(look: Look): void {
    const content = readContent(look.file)
    if (sameContent(content, look.seen)) this.#looks.delete(look.file)
    else this.#count(this.#begin(look.file, content), 'look')
  }

  /** What settles while something else is settling is one batch, but one restless file holds it for a bounded time. */
  #flushWhenAllSettled(): void {
    if (this.#closed) return
    if (this.#ready.size > 0) {
      if (this.#settling === 0) this.#flush()
      else this.#flushTimer ??= setTimeout(() => this.#flush(), this.#options.settleTimeoutMs)
    }
    this.#waiters.tell()
  }

  #flush(): void {
    clearTimeout(this.#flushTimer)
    this.#flushTimer = undefined
    const changes: FileChange[] = []
    let from = performance.now()
    const now = from
    for (const [file, { content, since }] of this.#ready) {
      from = Math.min(from, since)
      const known = this.#known.get(file)
      if (content.kind === 'file') {
        this.#known.set(file, content)
        changes.push({ kind: known ? 'change' : 'add', file, hash: content.hash })
      } else {
        this.#known.delete(file)
        changes.push({ kind: 'unlink', file })
      }
    }
    this.#ready.clear()
    if (changes.length > 0) this.#options.onChanges(changes, { settleMs: now - from })
    this.#waiters.tell()
  }

  #tellUnreadable(file: string, cause: unknown): void {
    const message = `${file} can't be read: ${cause instanceof Error ? cause.message : String(cause)}. Give the process read permission; the next change of it is looked at.`
    this.#options.onError(new WatcherError('CFP_WATCH_UNREADABLE', message, { file, cause }))
  }
}

// Keeps every folder below the roots armed, through removals, renames and returns, and turns events into hints.
import { type BigIntStats, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { type FolderWatch, watchFolder } from './folder-watch.ts'
import { Pacer } from './pacer.ts'
import type { HintEvent } from './settler.ts'
import type { SourceFilter } from './source-filter.ts'
import { WatcherError } from './watcher-error.ts'

export interface WatchedRootsOptions {
  readonly roots: readonly string[]
  readonly filter: SourceFilter
  readonly polling: boolean
  /** A file that is there while the folders are armed for the first time. */
  readonly onBaseline: (file: string) => void
  /** A file that is there when a folder is looked through again. */
  readonly onPresent: (file: string) => void
  readonly onHint: (file: string, event: HintEvent) => void
  /** What was known below this path (or at it) may be gone. */
  readonly onLost: (path: string) => void
  readonly onPassedOver: (file: string, why: string) => void
  readonly onError: (error: WatcherError) => void
}

interface Root {
  readonly path: string
  /** Where it really is, and what tells it from another at the same place; `undefined` while it is not there. */
  place: { readonly real: string; readonly identity: string } | undefined
}

interface Folder {
  readonly path: string
  /** The only files that count, when the root is a file; `undefined`: all, and the folders below. */
  only: Set<string> | undefined
  watch: FolderWatch
}

/** A root that was removed is back in use within this time, and a second at most. */
const CHECK_MS = 250

export class WatchedRoots {
  readonly #options: WatchedRootsOptions
  readonly #roots: Root[]
  readonly #folders = new Map<string, Folder>()
  readonly #polled = new Set<string>()
  readonly #closing = new Set<Promise<void>>()
  readonly #pacer = new Pacer()
  #baseline = true
  #closed = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: WatchedRootsOptions) {
    this.#options = options
    this.#roots = options.roots.map((path) => ({ path: resolve(path), place: undefined }))
  }

  /** Roots that are not there at this moment. */
  get missing(): string[] {
    return this.#roots.filter((root) => root.place === undefined).map((root) => root.path)
  }

  /** Folders that are polled because the system had no watches left. */
  get polled(): string[] {
    return [...this.#polled]
  }

  async start(): Promise<void> {
    await Promise.all(this.#roots.map((root) => this.#checkRoot(root)))
    this.#baseline = false
    this.#checkSoon()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const folder of this.#folders.values()) this.#closeWatch(folder)
    this.#folders.clear()
    await Promise.all(this.#closing)
  }

  /** A path of which an event spoke, and which is no source file by its name, or no file at all. */
  inspect(path: string): void {
    if (this.#closed) return
    const stats = statsOf(lstatSync, path)
    if (!stats?.isDirectory()) {
      if (this.#folders.has(path)) this.#lose(path)
      if (stats?.isSymbolicLink()) this.#refuseLink(path)
      return
    }
    const refusal = this.#options.filter.folderRefusal(basename(path), path)
    if (refusal) {
      this.#options.onPassedOver(path, refusal)
      return
    }
    // The old one may be gone and this one new: its watch would never tell anything again.
    if (this.#folders.has(path)) this.#lose(path)
    void this.#arm(path, undefined)
  }

  #checkSoon(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      Promise.all(this.#roots.map((root) => this.#checkRoot(root))).finally(() => this.#checkSoon())
    }, CHECK_MS)
    this.#timer.unref()
  }

  async #checkRoot(root: Root): Promise<void> {
    const stats = statsOf(statSync, root.path)
    const real = stats && realPath(root.path)
    const place = stats && real ? { real, identity: identityOf(stats) } : undefined
    const folder = stats?.isDirectory() ? real : real && dirname(real)
    const before = root.place
    const armed = folder !== undefined && this.#folders.has(folder)
    // A file's identity changes with every atomic save, and its folder is what is watched.
    const same = before?.real === place?.real && (!stats?.isDirectory() || before?.identity === place?.identity)
    if (same && (armed || !folder)) return
    root.place = place
    if (before) this.#lose(before.real)
    if (!folder || !real) return
    if (stats?.isDirectory()) await this.#arm(folder, undefined)
    else await this.#arm(folder, new Set([real]))
  }

  /** Watches the folder first and then looks through it, so that nothing falls between. Never rejects. */
  async #arm(path: string, only: Set<string> | undefined): Promise<void> {
    if (this.#closed) return
    const present = this.#folders.get(path)
    if (present) {
      if (!present.only) return
      if (only) for (const file of only) present.only.add(file)
      else present.only = undefined
      return this.#scan(present)
    }
    const folder: Folder = { path, only, watch: this.#watch(path, this.#options.polling) }
    this.#folders.set(path, folder)
    await folder.watch.ready
    // By then the watch may have been replaced by a poll.
    while (this.#polled.has(path) && this.#folders.get(path) === folder) {
      const { watch } = folder
      await watch.ready
      if (watch === folder.watch) break
    }
    await this.#scan(folder)
  }

  #watch(path: string, polling: boolean): FolderWatch {
    return watchFolder(path, {
      polling,
      accepts: (file) => this.#options.filter.fileRefusal(basename(file), file) === undefined,
      onHint: (event, name) => this.#onEvent(path, event, name),
      onError: (error) => this.#onWatchError(path, polling, error),
    })
  }

  async #scan(folder: Folder): Promise<void> {
    const report = this.#baseline ? this.#options.onBaseline : this.#options.onPresent
    const below: Promise<void>[] = []
    for (const entry of listFolder(folder.path)) {
      await this.#pacer.breathe()
      if (this.#closed || this.#folders.get(folder.path) !== folder) return
      const path = join(folder.path, entry.name)
      if (folder.only && !folder.only.has(path)) continue
      if (entry.isDirectory()) {
        if (!this.#options.filter.folderRefusal(entry.name, path)) below.push(this.#arm(path, undefined))
      } else if (entry.isSymbolicLink()) this.#refuseLink(path)
      else if (entry.isFile() && (folder.only || !this.#options.filter.fileRefusal(entry.name, path))) report(path)
    }
    await Promise.all(below)
  }

  #onEvent(folder: string, event: 'rename' | 'change', name: string | undefined): void {
    const known = this.#folders.get(folder)
    if (this.#closed || !known) return
    const path = name === undefined ? folder : resolve(folder, name)
    if (path === folder) void this.#scan(known)
    // The folder's own removal or renaming bears its own name; an entry of the same name is as well looked at anew.
    else if (event === 'rename' && name === basename(folder)) this.#rearm(known)
    else if (known.only) {
      if (known.only.has(path)) this.#options.onHint(path, event)
    } else this.#onEntry(path, event)
  }

  #onEntry(path: string, event: 'rename' | 'change'): void {
    const refusal = this.#options.filter.fileRefusal(basename(path), path)
    if (refusal === undefined) {
      this.#options.onHint(path, event)
      return
    }
    this.#options.onPassedOver(path, refusal)
    if (event === 'rename' && !this.#options.filter.folderRefusal(basename(path), path)) this.inspect(path)
  }

  /**
   * Closed at once, in the very event: chokidar shares one system watch a path in the whole process, and whoever
   * arms the path again while another still holds the dead one gets the dead one.
   */
  #rearm(folder: Folder): void {
    this.#lose(folder.path)
    setImmediate(() => {
      const root = this.#roots.find(
        ({ place }) => place && (place.real === folder.path || dirname(place.real) === folder.path),
      )
      if (root) void this.#checkRoot(root)
      else this.inspect(folder.path)
    })
  }

  #lose(path: string): void {
    for (const folder of this.#folders.values()) {
      if (folder.path !== path && !folder.path.startsWith(path + sep)) continue
      this.#folders.delete(folder.path)
      this.#polled.delete(folder.path)
      this.#closeWatch(folder)
    }
    this.#options.onLost(path)
  }

  #closeWatch(folder: Folder): void {
    const closing = folder.watch.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  #onWatchError(path: string, polling: boolean, error: NodeJS.ErrnoException): void {
    const folder = this.#folders.get(path)
    if (this.#closed || !folder) return
    const exhausted = error.code === 'ENOSPC' || error.code === 'EMFILE' || error.code === 'ENOMEM'
    if (!exhausted || polling) {
      const message = `Watching ${path} failed: ${error.message}. It is armed again; if this goes on, set usePolling.`
      this.#options.onError(new WatcherError('CFP_WATCH_FAILED', message, { file: path, cause: error }))
      return
    }
    if (this.#polled.has(path)) return
    this.#polled.add(path)
    this.#closeWatch(folder)
    folder.watch = this.#watch(path, true)
    const message = `No file watches are left (${error.code}), so ${path} is polled. Raise fs.inotify.max_user_watches (sysctl), or watch fewer folders.`
    this.#options.onError(new WatcherError('CFP_WATCH_POLLING', message, { file: path, cause: error }))
    if (!this.#baseline) void folder.watch.ready.then(() => this.#scan(folder))
  }

  #refuseLink(path: string): void {
    const target = realPath(path)
    const inside = target !== undefined && this.#roots.some(({ place }) => place && isWithin(target, place.real))
    let why = `it is a symbolic link to ${target}, which leaves the watched folders`
    if (target === undefined) why = 'it is a symbolic link to nothing'
    else if (inside) why = `it is a symbolic link to ${target}, which is watched at its own place`
    this.#options.onPassedOver(path, why)
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep)
}

/** An inode number is taken again at once by some file systems, so the time of birth is part of it. */
function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.birthtimeNs}`
}

/** What can't be asked (EACCES above it, a loop of links) is as good as not there. */
function statsOf(ask: typeof lstatSync | typeof statSync, path: string): BigIntStats | undefined {
  try {
    return ask(path, { throwIfNoEntry: false, bigint: true })
  } catch {
    return undefined
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

function listFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    // Gone again, or not for us to read: the event that tells of its return has it looked at anew.
    return []
  }
}

// Keeps every folder below the roots armed, through removals, renames and returns, and turns events into hints.
import { basename, dirname, join, resolve } from 'node:path'
import { type FolderWatch, folderWatcher, type WatchFolder } from './folder-watch.ts'
import { Pacer } from './pacer.ts'
import { folderEntries, isBelow, isWithin, linkStats, type Place, placeOf, realPath } from './paths.ts'
import type { HintEvent } from './settler.ts'
import type { SourceFilter } from './source-filter.ts'
import { polledInstead, pollFailed } from './watch-failure.ts'
import type { WatcherError } from './watcher-error.ts'

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
  /** `undefined` while it is not there. */
  place: Place | undefined
}

interface Folder {
  readonly path: string
  /** The only files that count, when the root is a file; `undefined`: all, and the folders below. */
  only: Set<string> | undefined
  watch: FolderWatch
}

/** A root that was removed is back in use within this time, and a second at most. */
const CHECK_MS = 250
/** Linux drops what does not fit its queue (16,384 events by default) without a word, so after this many all is looked at. */
const FLOOD_EVENTS = 8_000
/** After so many checks of the roots polled folders are compared: about once a second. */
const POLLED_CHECKS = 4

export class WatchedRoots {
  readonly #options: WatchedRootsOptions
  readonly #roots: Root[]
  readonly #folders = new Map<string, Folder>()
  readonly #polled = new Set<string>()
  readonly #closing = new Set<Promise<void>>()
  readonly #pacer = new Pacer()
  #watchFolder!: WatchFolder
  #baseline = true
  #closed = false
  #timer: NodeJS.Timeout | undefined
  #events = 0
  #checks = 0

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

  /** Whether changes of this file are told, by its place and its name; its folder need not be armed yet. */
  covers(file: string): boolean {
    return this.#roots.some(({ place }) => {
      if (!place || place.real !== place.folder) return file === place?.real
      if (!isBelow(file, place.real) || this.#options.filter.fileRefusal(basename(file), file)) return false
      for (let folder = dirname(file); isBelow(folder, place.real); folder = dirname(folder))
        if (this.#options.filter.folderRefusal(basename(folder), folder)) return false
      return true
    })
  }

  async start(): Promise<void> {
    this.#watchFolder = await folderWatcher()
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
    const stats = linkStats(path)
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
      const flooded = this.#events > FLOOD_EVENTS
      this.#events = 0
      this.#checks++
      const looks = this.#roots.map((root) => this.#checkRoot(root))
      if (flooded) looks.push(this.#lookThroughAll())
      // A poll begins with a look of its own, some time after it is armed, and never tells what changed before that.
      else if (this.#checks % POLLED_CHECKS === 0) looks.push(this.#scanAll((folder) => folder.watch.polling))
      Promise.all(looks).finally(() => this.#checkSoon())
    }, CHECK_MS)
    this.#timer.unref()
  }

  async #lookThroughAll(): Promise<void> {
    for (const { place } of this.#roots) if (place) this.#options.onLost(place.real)
    await this.#scanAll(() => true)
  }

  async #scanAll(isMeant: (folder: Folder) => boolean): Promise<void> {
    await Promise.all([...this.#folders.values()].filter(isMeant).map((folder) => this.#scan(folder)))
  }

  async #checkRoot(root: Root): Promise<void> {
    const before = root.place
    const place = placeOf(root.path)
    const same = before?.real === place?.real && before?.identity === place?.identity
    if (same && (!place || this.#isArmed(place))) return
    root.place = place
    if (before && before.identity !== place?.identity) this.#lose(before.real)
    if (place) await this.#arm(place.folder, place.real === place.folder ? undefined : new Set([place.real]))
  }

  #isArmed({ real, folder }: Place): boolean {
    const armed = this.#folders.get(folder)
    return armed !== undefined && (armed.only === undefined || (real !== folder && armed.only.has(real)))
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
    let watch: FolderWatch
    do {
      watch = folder.watch
      await watch.ready
      // A poll may have taken the place of a watch that could not be had.
    } while (watch !== folder.watch)
    await this.#scan(folder)
  }

  #watch(path: string, polling: boolean): FolderWatch {
    return this.#watchFolder(path, {
      polling,
      accepts: (file) => this.#options.filter.fileRefusal(basename(file), file) === undefined,
      onHint: (event, name) => this.#onEvent(path, event, name),
      onError: (error) => this.#onWatchError(path, polling, error),
    })
  }

  async #scan(folder: Folder): Promise<void> {
    const report = this.#baseline ? this.#options.onBaseline : this.#options.onPresent
    const below: Promise<void>[] = []
    const entries = folderEntries(folder.path)
    // A polled folder tells of its own end only by an event about itself. One that may not be read is not at its end.
    if (!entries && !linkStats(folder.path)) this.#lose(folder.path)
    for (const entry of entries ?? []) {
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
    this.#events++
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
      for (const root of this.#roots) void this.#checkRoot(root)
      const isAbove = ({ place }: Root) => place?.real === place?.folder && isBelow(folder.path, place?.real)
      if (this.#roots.some(isAbove)) this.inspect(folder.path)
    })
  }

  #lose(path: string): void {
    for (const folder of this.#folders.values()) {
      if (!isWithin(folder.path, path)) continue
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
    if (this.#closed || !folder || (!polling && this.#polled.has(path))) return
    if (polling) {
      this.#options.onError(pollFailed(path, error))
      return
    }
    this.#polled.add(path)
    this.#closeWatch(folder)
    folder.watch = this.#watch(path, true)
    this.#options.onError(polledInstead(path, error))
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

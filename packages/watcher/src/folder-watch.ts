// Hints about one folder, from chokidar: the folder is watched, not its files one by one.
import { sep } from 'node:path'
import type { FSWatcher } from 'chokidar'

export interface FolderWatchOptions {
  readonly polling: boolean
  /** Which files are polled one by one, for a poll of a folder does not tell of writes in its files. */
  readonly accepts: (path: string) => boolean
  /** Something happened to `path`; `undefined`: somewhere in the folder. */
  readonly onHint: (event: 'rename' | 'change', path: string | undefined) => void
  readonly onError: (error: NodeJS.ErrnoException) => void
}

export interface FolderWatch {
  /** Whether its files are polled, because that was asked for, here or in the environment. */
  readonly polling: boolean
  /** Resolves when whatever happens from now on is told, when watching failed and `onError` knows, or on close. */
  readonly ready: Promise<void>
  close(): Promise<void>
}

// chokidar's second argument names the one entry that it shall look for. With one that can't be, it arms the folder
// without a look at each entry: 1 ms instead of 80 for 10,000 files. Without that argument it is slower, and as right.
const NO_ENTRY = '.'

/** Watches a folder. */
export type WatchFolder = (folder: string, options: FolderWatchOptions) => FolderWatch

/** What watches folders. chokidar is loaded with it, and not with this module: a host that watches nothing pays nothing for it. */
export async function folderWatcher(): Promise<WatchFolder> {
  const { FSWatcher } = await import('chokidar')
  return (folder, options) => watchFolder(FSWatcher, folder, options)
}

function watchFolder(Watcher: typeof FSWatcher, folder: string, options: FolderWatchOptions): FolderWatch {
  const watched = withSlashes(folder)
  const chokidar: FSWatcher = new Watcher({
    // chokidar attaches no error listener to what is not persistent, and an error would end the process.
    persistent: true,
    ignoreInitial: true,
    followSymlinks: false,
    atomic: false,
    depth: 0,
    usePolling: options.polling,
    ignored: (path) => {
      const asked = withSlashes(path)
      // CHOKIDAR_USEPOLLING overrules the option, so what chokidar made of it is asked.
      return asked !== watched && !(chokidar.options.usePolling && options.accepts(path))
    },
  })
  const polling = chokidar.options.usePolling === true
  // Raw events come before chokidar's throttles, and name the entry.
  if (!polling) {
    chokidar.on('raw', (event, path) => options.onHint(event === 'rename' ? 'rename' : 'change', path || undefined))
  } else {
    // After chokidar is done with the event: it fails if a poll is closed by one of its listeners.
    const hint = (event: 'rename' | 'change', path: string) => queueMicrotask(() => options.onHint(event, path))
    chokidar.on('raw', (_event, path) => hint('change', path))
    chokidar.on('all', (event, path) => hint(event === 'change' ? 'change' : 'rename', path))
  }
  chokidar.on('error', (error) => options.onError(error as NodeJS.ErrnoException))
  let armed = () => {}
  const ready = new Promise<void>((resolve) => {
    armed = resolve
  })
  chokidar.once('ready', armed)
  if (polling) chokidar.add(folder)
  else chokidar.add(folder, NO_ENTRY)
  return {
    polling,
    ready,
    close() {
      armed()
      // chokidar leaves the timers of its throttles running, up to a second.
      for (const throttled of chokidar._throttled.values()) for (const entry of [...throttled.values()]) entry.clear()
      return chokidar.close()
    },
  }
}

function withSlashes(path: string): string {
  return sep === '\\' ? path.replaceAll('\\', '/') : path
}

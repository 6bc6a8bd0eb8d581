// What is said when the system does not watch a folder: why, and what to do.
import { WatcherError } from './watcher-error.ts'

/** What to do about a system that has no watches left. */
export const RAISE_WATCHES =
  'Raise fs.inotify.max_user_watches and fs.inotify.max_user_instances (sysctl), or watch fewer folders.'

/** The folder can't be watched, and is polled instead. */
export function polledInstead(path: string, error: NodeJS.ErrnoException): WatcherError {
  const details = { file: path, cause: error }
  if (error.code === 'ENOSPC' || error.code === 'EMFILE') {
    const message = `No file watches are left (${error.code}), so ${path} is polled. ${RAISE_WATCHES}`
    return new WatcherError('CFP_WATCH_POLLING', message, details)
  }
  const message = `Watching ${path} failed, so it is polled: ${error.message}. See that the process may read it.`
  return new WatcherError('CFP_WATCH_FAILED', message, details)
}

/** The folder can't even be polled. */
export function pollFailed(path: string, error: Error): WatcherError {
  const message = `Polling ${path} failed: ${error.message}. See that the process may read it.`
  return new WatcherError('CFP_WATCH_FAILED', message, { file: path, cause: error })
}

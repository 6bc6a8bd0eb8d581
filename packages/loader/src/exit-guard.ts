// Keeps a plugin from ending the process while it is loaded.

/** Watches `process.exit` for one load. */
export interface ExitGuard {
  /** What the plugin's first call of `process.exit` got, if there was one: it knows where that was. */
  readonly exited: ExitRefused | undefined
  release(): void
}

interface Watcher {
  /** Whether a call with this stack is this watcher's plugin's. */
  isMine(stack: string): boolean
  exited: ExitRefused | undefined
}

/** Thrown into a plugin that calls `process.exit`, because that never returns. */
export class ExitRefused extends Error {
  constructor(code: unknown) {
    super(`process.exit(${code ?? ''}) was called while a plugin was loaded`)
    this.name = 'ExitRefused'
  }
}

/**
 * Replaces `process.exit` until it is released. Several may be there at once, of several loaders: they share one
 * replacement, found on `process.exit` itself, and the last one to go puts the original back.
 */
export function guardExit(isMine: (stack: string) => boolean): ExitGuard {
  const watcher: Watcher = { isMine, exited: undefined }
  const watchers = watchersOf(process.exit) ?? install()
  watchers.add(watcher)
  return {
    get exited() {
      return watcher.exited
    },
    release: () => {
      watchers.delete(watcher)
      if (watchers.size === 0 && watchersOf(process.exit) === watchers) process.exit = originals(process.exit)
    },
  }
}

const GUARD = Symbol.for('cf-plugins.exit-guard')
type Exit = typeof process.exit
interface Guarded {
  readonly watchers: Set<Watcher>
  readonly original: Exit
}

function install(): Set<Watcher> {
  const watchers = new Set<Watcher>()
  const original = process.exit
  const exit = (code?: number | string | null): never => {
    const refused = new ExitRefused(code)
    for (const watcher of watchers) {
      if (!watcher.isMine(refused.stack ?? '')) continue
      watcher.exited ??= refused
      throw refused
    }
    return original.call(process, code)
  }
  const guarded: Guarded = { watchers, original }
  process.exit = Object.assign(exit, { [GUARD]: guarded })
  return watchers
}

function guardedOf(exit: Exit): Guarded | undefined {
  return (exit as Exit & { readonly [GUARD]?: Guarded })[GUARD]
}

function watchersOf(exit: Exit): Set<Watcher> | undefined {
  return guardedOf(exit)?.watchers
}

function originals(exit: Exit): Exit {
  return guardedOf(exit)?.original ?? exit
}

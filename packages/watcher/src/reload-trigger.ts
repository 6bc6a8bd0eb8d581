// What decides that a reload is due: settled changes of source files, by the hash of their bytes.
import type { FileChange, Settling } from './file-change.ts'
import { isWithin } from './paths.ts'
import { Settler } from './settler.ts'
import { createSourceFilter } from './source-filter.ts'
import { RAISE_WATCHES } from './watch-failure.ts'
import { WatchedRoots } from './watched-roots.ts'
import { WatcherError } from './watcher-error.ts'

export interface ReloadTriggerOptions {
  /** Folders, looked through with all that is below, or single files. One that is not there yet is waited for. */
  readonly roots: readonly string[]
  /**
   * How long two reads of a file must be apart, and equal, for it to be settled. Less than 60 loads torn saves;
   * what is beyond 60 is waited for atomic saves too, and so groups more saves in one call.
   * @default 60
   */
  readonly debounceMs?: number
  /** @default ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json'] */
  readonly extensions?: readonly string[]
  /** Asked with the absolute path of every file and folder that the built-in rules let through. */
  readonly ignore?: (path: string) => boolean
  /** After this time a file that still changes is told to `onError`, and others no longer wait for it. @default 5000 */
  readonly settleTimeoutMs?: number
  /** How long a file must be away to be reported as `'unlink'`, or empty to be reported so. @default 500 */
  readonly unlinkGraceMs?: number
  /** How long `start` may take to arm the folders. @default 10000 */
  readonly startTimeoutMs?: number
  /** Poll every file instead of watching folders: for network drives that send no events. @default false */
  readonly usePolling?: boolean
  /** Gets what settled together in one call: a git checkout, a helper and its users. */
  readonly onChanges: (changes: readonly FileChange[], settling: Settling) => void
  /** Gets why something that happened is no change. For debug output. */
  readonly onPassedOver?: (file: string, why: string) => void
  /** Gets what went wrong; watching goes on. Without it, errors become process warnings. */
  readonly onError?: (error: WatcherError) => void
}

/** Whether changes are seen as they should be. */
export interface WatcherHealth {
  readonly status: 'healthy' | 'degraded'
  /** What is wrong and what to do. */
  readonly message?: string
}

/**
 * Tells of source files whose bytes have changed and come to rest.
 *
 * Start it before you load the files: what is in them when `start` arms the folders counts as known to the host.
 *
 * @example
 * const trigger = new ReloadTrigger({ roots: ['plugins'], onChanges: (changes) => reload(changes) })
 * await trigger.start()
 */
export class ReloadTrigger implements AsyncDisposable {
  readonly #options: ReloadTriggerOptions
  readonly #settler: Settler
  readonly #roots: WatchedRoots
  /** Hints that came before all was known; `undefined` from then on. */
  #early: Set<string> | undefined = new Set()
  #state: 'new' | 'started' | 'stopped' = 'new'

  /** @throws {@link WatcherError} `CFP_WATCH_OPTIONS` */
  constructor(options: ReloadTriggerOptions) {
    checkOptions(options)
    this.#options = options
    const onPassedOver = (file: string, why: string) =>
      this.#call('onPassedOver', () => options.onPassedOver?.(file, why))
    const onError = (error: WatcherError) => this.#tell(error)
    this.#settler = new Settler({
      debounceMs: options.debounceMs ?? 60,
      settleTimeoutMs: options.settleTimeoutMs ?? 5_000,
      unlinkGraceMs: options.unlinkGraceMs ?? 500,
      onChanges: (changes, settling) => this.#call('onChanges', () => options.onChanges(changes, settling)),
      onPassedOver,
      onError,
      onNoFile: (path) => this.#roots.inspect(path),
    })
    this.#roots = new WatchedRoots({
      roots: options.roots,
      filter: createSourceFilter(options),
      polling: options.usePolling ?? false,
      onBaseline: (file) => this.#settler.takeAsKnown(file),
      onPresent: (file) => this.#settler.compare(file),
      onHint: (file, event) => {
        if (this.#early) this.#early.add(file)
        else this.#settler.hint(file, event)
      },
      onLost: (path) => {
        for (const file of this.#settler.knownFiles((known) => isWithin(known, path))) this.#settler.compare(file)
      },
      onPassedOver,
      onError,
    })
  }

  /** `'degraded'` while folders are polled for want of system watches, or a root is not there. */
  get health(): WatcherHealth {
    const { missing, polled } = this.#roots
    const messages: string[] = []
    if (polled.length > 0) messages.push(`Polled instead of watched: ${polled.join(', ')}. ${RAISE_WATCHES}`)
    if (missing.length > 0 && this.#state === 'started')
      messages.push(`Not there, and waited for: ${missing.join(', ')}.`)
    return messages.length === 0 ? { status: 'healthy' } : { status: 'degraded', message: messages.join(' ') }
  }

  /**
   * Resolves when every later edit is seen for certain.
   * @throws {@link WatcherError} `CFP_WATCH_STARTED`, `CFP_WATCH_STOPPED`, `CFP_WATCH_START_TIMEOUT`; or the signal's
   * reason, if it is aborted before. Watching has ended then.
   */
  async start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#state === 'started') throw new WatcherError('CFP_WATCH_STARTED', 'This ReloadTrigger has been started.')
    this.#refuseStopped()
    this.#state = 'started'
    try {
      await this.#bounded(this.#roots.start(), options.signal)
      this.#refuseStopped()
    } catch (error) {
      await this.stop()
      throw error
    }
    const early = this.#early ?? []
    this.#early = undefined
    for (const file of early) this.#settler.hint(file, 'look')
  }

  /**
   * Whether a file that was just read has come to rest with what was read: its SHA-256 in hex, or nothing where it was not
   * there. One that has not is looked at from now on, whether or not an event told of it. True for a file that is not
   * watched.
   */
  isSettled(file: string, hash: string | undefined): boolean {
    // Before all folders are armed there is nothing to compare with.
    if (this.#early || this.#state !== 'started' || !this.#roots.covers(file)) return true
    return this.#settler.isSettled(file, hash)
  }

  /** Resolves when none of these files changes any more and `onChanges` knows what came of them, or when watching ends. */
  rested(files: readonly string[]): Promise<void> {
    return this.#settler.rested(files)
  }

  /** Ends all of it; no callback is called after this call, not even before it resolves. */
  async stop(): Promise<void> {
    this.#state = 'stopped'
    this.#settler.close()
    await this.#roots.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #refuseStopped(): void {
    if (this.#state === 'stopped')
      throw new WatcherError('CFP_WATCH_STOPPED', 'This ReloadTrigger was stopped. Make a new one to watch again.')
  }

  async #bounded(arming: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    const timeoutMs = this.#options.startTimeoutMs ?? 10_000
    let timer: NodeJS.Timeout | undefined
    let onAbort = () => {}
    const ended = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const message = `The folders were not armed within ${timeoutMs / 1000} s: ${this.#options.roots.join(', ')}. See that they answer, or raise startTimeoutMs.`
        reject(new WatcherError('CFP_WATCH_START_TIMEOUT', message))
      }, timeoutMs)
      onAbort = () => reject(signal?.reason)
      if (signal?.aborted) onAbort()
      else signal?.addEventListener('abort', onAbort, { once: true })
    })
    try {
      await Promise.race([arming, ended])
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** A callback's error is its own, and must not end the watching. */
  #call(name: string, callback: () => unknown): void {
    if (this.#state === 'stopped') return
    const fail = (cause: unknown) => {
      const message = `${name} of ReloadTrigger failed: ${cause instanceof Error ? cause.message : String(cause)}. Watching goes on.`
      this.#tell(new WatcherError('CFP_WATCH_CALLBACK_FAILED', message, { cause }))
    }
    try {
      const returned = callback()
      if (isThenable(returned)) returned.then(undefined, fail)
    } catch (cause) {
      fail(cause)
    }
  }

  #tell(error: WatcherError): void {
    if (this.#state === 'stopped') return
    try {
      const onError = this.#options.onError ?? ((unheard) => process.emitWarning(unheard))
      const returned: unknown = onError(error)
      if (isThenable(returned)) returned.then(undefined, (cause) => process.emitWarning(asError(cause)))
    } catch (cause) {
      process.emitWarning(asError(cause))
    }
  }
}

function checkOptions(options: ReloadTriggerOptions): void {
  const refuse = (what: string): never => {
    throw new WatcherError('CFP_WATCH_OPTIONS', `ReloadTrigger: ${what}.`)
  }
  if (!Array.isArray(options.roots) || options.roots.length === 0) refuse('roots must be at least one folder or file')
  if (typeof options.onChanges !== 'function') refuse('onChanges must be a function')
  for (const name of ['debounceMs', 'settleTimeoutMs', 'unlinkGraceMs', 'startTimeoutMs'] as const) {
    const value = options[name]
    if (value !== undefined && !(Number.isFinite(value) && value >= 0))
      refuse(`${name} must be milliseconds, 0 or more`)
  }
  const wrong = options.extensions?.find((extension) => !extension.startsWith('.'))
  if (wrong !== undefined) refuse(`extensions must begin with a dot, and "${wrong}" does not`)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value))
}

// What was done to plugins and what they were denied, as lines of JSON in a file that only grows.
import { resolve } from 'node:path'
import { type Logger, messageOf, PluginError } from '@cf-plugins/plugin-api'
import { atMost, safeLogger } from '@cf-plugins/plugin-api/host'
import type { AuditRecord } from './audit-entry.ts'
import { AuditFile } from './audit-file.ts'
import { auditLine } from './audit-line.ts'
import { auditListeners } from './audit-records.ts'
import { listenToHost } from './host-messages.ts'
import { callable, text, wholeNumber } from './options.ts'

export interface AuditTrailOptions {
  /** Where the entries go. Made with mode 0600 where it is not there; one that others may write to is refused. */
  readonly file: string
  /** The id of the host that is listened to: `lifecycle.id`. @default every host in the process */
  readonly host?: string
  /** How large the file may become, in bytes; then it is put aside as `<file>.1`, and the ones before it one further. @default 16 MiB */
  readonly maxBytes?: number
  /** How many of those are kept. @default 5 */
  readonly keep?: number
  /** How many entries are kept in memory while they cannot be written. What comes after that is counted, and lost. @default 10000 */
  readonly maxWaiting?: number
  /** Whether an entry counts as written only when the disk has it, which costs milliseconds each. @default false: a crash of the system may take the last ones, one of the process not */
  readonly durable?: boolean
  /** How long `stop()` and `flush()` wait at most, in milliseconds. @default 5000 */
  readonly timeoutMs?: number
  /** Takes secrets out of each text, before it is kept anywhere. */
  readonly hideSecrets?: (text: string) => string
  /** Told once when entries cannot be written, and once when the first of them is lost. @default the logger is told */
  readonly onError?: (error: PluginError) => void
  /** @default silent */
  readonly logger?: Logger
}

/** How a trail fares. */
export interface AuditTrailStatus {
  readonly file: string
  /** Entries that are in the file. */
  readonly written: number
  /** Entries that are not in it yet. */
  readonly waiting: number
  /** Entries that never will be. */
  readonly lost: number
  /** Why nothing can be written, while that is so. */
  readonly error: PluginError | undefined
}

/** The most that is written at once, in bytes. */
const BATCH_BYTES = 256 * 1024
/** The most that waits, in characters. */
const WAITING_MAX = 64 * 1024 * 1024
const RETRY_MS = 500
const RETRY_MAX_MS = 30_000

/**
 * Keeps an account of one host: one entry for each transition of a plugin, each reload, and all that is published on
 * `cf-plugins:audit`, in the order in which it happened. Each is written as soon as the one before it is; a process that is
 * killed loses none that was written, and one that ends by itself none at all.
 *
 * @throws `CFP_MONITOR_OPTIONS`
 * @example
 * const trail = new AuditTrail({ file: '/var/log/my-app/audit.jsonl', host: lifecycle.id })
 * await trail.start()
 */
export class AuditTrail implements AsyncDisposable {
  readonly file: string
  readonly #options: AuditTrailOptions
  readonly #maxWaiting: number
  readonly #timeoutMs: number
  readonly #logger: Logger | undefined
  readonly #out: AuditFile
  readonly #waiting: string[] = []
  #waitingLength = 0
  /** How many of those that wait are being written. */
  #inFlight = 0
  #seq = 0
  #written = 0
  #lost = 0
  /** Lost ones that the file does not tell of yet. */
  #untold = 0
  #error: PluginError | undefined
  #retryMs = RETRY_MS
  #retry: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #state: 'new' | 'open' | 'ended' = 'new'
  #undo: (() => void) | undefined

  constructor(options: AuditTrailOptions) {
    const { maxBytes = 16 * 1024 * 1024, keep = 5, maxWaiting = 10_000, durable = false, timeoutMs = 5000 } = options
    this.file = resolve(text('AuditTrail', 'file', options.file))
    wholeNumber('AuditTrail', 'maxBytes', maxBytes, 1024)
    wholeNumber('AuditTrail', 'keep', keep, 1, 1000)
    this.#maxWaiting = wholeNumber('AuditTrail', 'maxWaiting', maxWaiting, 1)
    this.#timeoutMs = wholeNumber('AuditTrail', 'timeoutMs', timeoutMs, 1, 2 ** 31 - 1)
    callable('AuditTrail', 'hideSecrets', options.hideSecrets)
    callable('AuditTrail', 'onError', options.onError)
    this.#options = options
    this.#logger = options.logger && safeLogger(options.logger)
    this.#out = new AuditFile({ file: this.file, maxBytes, keep, durable })
  }

  get status(): AuditTrailStatus {
    const { file } = this
    return { file, written: this.#written, waiting: this.#waiting.length, lost: this.#lost, error: this.#error }
  }

  /** Listens from the moment of the call, and opens the file. @throws `CFP_AUDIT_OPEN_FAILED`, `CFP_AUDIT_FILE_UNSAFE`; it listens no more then */
  async start(): Promise<void> {
    if (this.#undo) return
    this.#state = 'new'
    const undo = listenToHost(
      this.#options.host,
      auditListeners((record) => this.record(record)),
      (error) => this.#logger?.error({ err: error }, `Something could not be audited: ${messageOf(error)}`),
    )
    this.#undo = undo
    process.on('exit', this.#onExit)
    try {
      await this.#out.open()
    } catch (error) {
      undo()
      this.#undo = undefined
      process.off('exit', this.#onExit)
      throw error
    }
    this.#state = 'open'
    this.#write()
  }

  /** Adds an entry of the host's own. Never throws; what cannot be kept is counted. */
  record(record: AuditRecord): void {
    const isFull = this.#waiting.length >= this.#maxWaiting || this.#waitingLength >= WAITING_MAX
    if (isFull || this.#state === 'ended') {
      this.#lose()
      return
    }
    if (this.#untold > 0) {
      const reason = `${this.#untold} entries could not be kept.`
      this.#untold = 0
      this.#keep({ action: 'audit.lost', outcome: 'failed', reason })
    }
    this.#keep(record)
    this.#write()
  }

  /** Waits until all that was added is written, and no longer than `timeoutMs`. @returns whether it is */
  async flush(): Promise<boolean> {
    if (this.#state !== 'open') return this.#waiting.length === 0
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#write()
    if (this.#writing) await atMost(this.#writing, this.#timeoutMs)
    return this.#waiting.length === 0
  }

  /** Listens no more, writes what waits within `timeoutMs`, and closes the file. What is not written by then is told, and lost. */
  async stop(): Promise<AuditTrailStatus> {
    if (!this.#undo) return this.status
    this.#undo()
    this.#undo = undefined
    const isWritten = await this.flush()
    this.#state = 'ended'
    clearTimeout(this.#retry)
    process.off('exit', this.#onExit)
    const left = this.#waiting.splice(0)
    this.#waitingLength = 0
    this.#lost += left.length
    if (!isWritten) this.#tell(this.#lossOf(`${left.length} entries were not written when it stopped`))
    await atMost(this.#out.close(), this.#timeoutMs)
    return this.status
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #keep({ host = this.#options.host ?? '', ...record }: AuditRecord): void {
    const entry = { time: new Date().toISOString(), seq: ++this.#seq, host, pid: process.pid, ...record }
    const line = auditLine(entry, this.#options.hideSecrets)
    this.#waiting.push(line)
    this.#waitingLength += line.length
  }

  #lose(): void {
    this.#seq++
    this.#lost++
    if (this.#untold++ === 0) this.#tell(this.#lossOf(`more than ${this.#maxWaiting} entries wait to be written`))
  }

  #write(): void {
    if (this.#writing || this.#retry || this.#state !== 'open' || this.#waiting.length === 0) return
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = undefined
    })
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#batch()
      this.#inFlight = batch.length
      try {
        const whole = await this.#out.append(batch)
        this.#forget(whole)
        if (whole < batch.length) throw new Error('the system took a part of it only; is the disk full?')
        this.#error = undefined
        this.#retryMs = RETRY_MS
      } catch (error) {
        this.#fail(error)
        return
      } finally {
        this.#inFlight = 0
      }
    }
  }

  #batch(): string[] {
    const batch: string[] = []
    let bytes = 0
    for (const line of this.#waiting) {
      bytes += Buffer.byteLength(line)
      if (batch.length > 0 && bytes > BATCH_BYTES) break
      batch.push(line)
    }
    return batch
  }

  #forget(count: number): void {
    for (const line of this.#waiting.splice(0, count)) this.#waitingLength -= line.length
    this.#written += count
  }

  /** What could not be written is tried again: by and by, for the disk may be full for hours. */
  #fail(cause: unknown): void {
    const isNew = this.#error === undefined
    const message = `Entries of the audit trail ${this.file} cannot be written: ${messageOf(cause)}. They are kept, ${this.#maxWaiting} at most, and tried again.`
    this.#error = new PluginError('CFP_AUDIT_WRITE_FAILED', message, { phase: 'audit', file: this.file, cause })
    if (isNew) this.#tell(this.#error)
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#write()
    }, this.#retryMs).unref()
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS)
  }

  #lossOf(why: string): PluginError {
    const message = `Entries of the audit trail ${this.file} are lost: ${why}. See that the file can be written, or raise maxWaiting.`
    return new PluginError('CFP_AUDIT_ENTRIES_LOST', message, { phase: 'audit', file: this.file, cause: this.#error })
  }

  #tell(error: PluginError): void {
    this.#logger?.error({ err: error }, error.message)
    try {
      this.#options.onError?.(error)
    } catch (failure) {
      this.#logger?.error({ err: failure }, `onError() of the audit trail failed: ${messageOf(failure)}`)
    }
  }

  /** A process that ends without `stop()`. */
  readonly #onExit = (): void => {
    // A batch that is the system's already is given the time to be there first.
    const handedOver = this.#out.isWriting ? this.#inFlight : 0
    if (handedOver > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    const left = this.#waiting.slice(handedOver)
    try {
      if (left.length > 0) this.#out.appendNow(left)
    } catch {
      // There is nobody left to tell.
    }
  }
}

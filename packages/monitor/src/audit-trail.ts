// What was done to plugins and what they were denied, as lines of JSON in a file that only grows.
import { resolve } from 'node:path'
import { type Logger, messageOf, PluginError } from '@cf-plugins/plugin-api'
import { atMost, safeLogger } from '@cf-plugins/plugin-api/host'
import type { AuditRecord } from './audit-entry.ts'
import { AuditFile } from './audit-file.ts'
import { auditLine } from './audit-line.ts'
import { auditListeners } from './audit-records.ts'
import type { AuditTrailOptions, AuditTrailStatus } from './audit-trail-options.ts'
import { listenToHost } from './host-messages.ts'
import { callable, text, wholeNumber } from './options.ts'

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
  readonly #batchBytes: number
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
  #starting: Promise<void> | undefined
  #stopping: Promise<AuditTrailStatus> | undefined

  constructor(options: AuditTrailOptions) {
    const { maxBytes = 16 * 1024 * 1024, keep = 5, maxWaiting = 10_000, durable = false, timeoutMs = 5000 } = options
    this.file = resolve(text('AuditTrail', 'file', options.file))
    this.#batchBytes = Math.min(BATCH_BYTES, wholeNumber('AuditTrail', 'maxBytes', maxBytes, 1024))
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
  start(): Promise<void> {
    this.#starting ??= this.#start()
    return this.#starting
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
    try {
      this.#keep(record)
    } catch {
      // A value that throws when it is looked at.
      this.#lose()
    }
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
  stop(): Promise<AuditTrailStatus> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined
    })
    return this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #start(): Promise<void> {
    this.#state = 'new'
    this.#undo = listenToHost(
      this.#options.host,
      auditListeners((record) => this.record(record)),
      (error) => this.#logger?.error({ err: error }, `Something could not be audited: ${messageOf(error)}`),
    )
    process.on('exit', this.#onExit)
    try {
      await this.#out.open()
    } catch (error) {
      this.#end()
      throw error
    }
    this.#state = 'open'
    this.#write()
  }

  async #stop(): Promise<AuditTrailStatus> {
    // What came while it was opened is to be written too.
    if (this.#starting) await atMost(this.#starting, this.#timeoutMs).catch(() => {})
    this.#undo?.()
    const isWritten = await this.flush()
    if (this.#state !== 'open') return this.status
    this.#end()
    const left = this.#waiting.splice(0)
    this.#waitingLength = 0
    this.#lost += left.length
    if (!isWritten) this.#tell(this.#lossOf(`${left.length} entries were not written when it stopped`))
    await atMost(this.#out.close(), this.#timeoutMs)
    return this.status
  }

  #end(): void {
    this.#undo?.()
    this.#starting = undefined
    this.#state = 'ended'
    clearTimeout(this.#retry)
    process.off('exit', this.#onExit)
  }

  #keep({ host = this.#options.host ?? '', ...record }: AuditRecord): void {
    const place = { time: new Date().toISOString(), seq: this.#seq + 1, host, pid: process.pid }
    // First, for who reads it; and last, for whoever would say so himself.
    const line = auditLine({ ...place, ...record, ...place }, this.#options.hideSecrets)
    this.#seq++
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
      if (batch.length > 0 && bytes > this.#batchBytes) break
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
    if (this.#state !== 'open') return
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

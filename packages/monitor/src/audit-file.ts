// A file that several processes append whole lines to, and that is put aside when it is full.
import { constants, fstatSync, openSync, type Stats, writeSync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { messageOf, PluginError } from '@cf-plugins/plugin-api'

export interface AuditFileOptions {
  /** Absolute. */
  readonly file: string
  /** How large it may become, in bytes. */
  readonly maxBytes: number
  /** How many full ones are kept beside it. */
  readonly keep: number
  /** Whether each append waits until the disk has it. */
  readonly durable: boolean
}

// A link could lead to a file of somebody else, and a pipe that nobody reads would block for ever.
const FLAGS =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
const UNSAFE_CODES: ReadonlySet<string | undefined> = new Set(['ELOOP', 'EISDIR', 'ENXIO'])
const NEWLINE = 0x0a
/** Whoever has held the lock for longer, in milliseconds, has died with it. */
const LOCK_MS = 10_000

/**
 * Each append is one `write` of whole lines with `O_APPEND`, which puts them, as one piece, behind all that is there. Whether the
 * file was put aside meanwhile, by another process or by `logrotate`, is looked at before each.
 */
export class AuditFile {
  readonly #options: AuditFileOptions
  #handle: FileHandle | undefined
  /** Which file the handle is of. */
  #opened: Stats | undefined
  /** Whether the file ends within a line: something was cut off there. */
  #torn = false
  #isWriting = false

  constructor(options: AuditFileOptions) {
    this.#options = options
  }

  /** Opens the file, made with mode 0600 where it is not there. @throws `CFP_AUDIT_OPEN_FAILED`, `CFP_AUDIT_FILE_UNSAFE` */
  async open(): Promise<FileHandle> {
    if (this.#handle) return this.#handle
    const { file } = this.#options
    let handle: FileHandle | undefined
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      handle = await open(file, FLAGS, 0o600)
      const found = await handle.stat()
      if (!found.isFile() || !isOurs(found)) throw unsafe(file)
      this.#torn = found.size > 0 && (await lastByte(handle, found.size)) !== NEWLINE
      this.#opened = found
      this.#handle = handle
      return handle
    } catch (error) {
      await handle?.close().catch(() => {})
      if (error instanceof PluginError) throw error
      if (UNSAFE_CODES.has((error as NodeJS.ErrnoException).code)) throw unsafe(file, error)
      const message = `The audit file ${file} cannot be opened: ${messageOf(error)}.`
      throw new PluginError('CFP_AUDIT_OPEN_FAILED', message, { phase: 'audit', file, cause: error })
    }
  }

  /**
   * Appends as many of the lines as the system takes at once; each ends with a line break.
   *
   * @returns how many that were: all, unless the disk is full
   * @throws what the system says, or as `open` does; none of the lines is in the file then
   */
  async append(lines: readonly string[]): Promise<number> {
    const size = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0)
    await this.#look(size)
    const handle = await this.open()
    // On a line of its own, whatever was cut off before.
    const before = this.#torn ? '\n' : ''
    this.#isWriting = true
    const { bytesWritten } = await handle.write(Buffer.from(before + lines.join(''))).finally(() => {
      this.#isWriting = false
    })
    // Where this fails, the lines are appended once more: rather twice, with the same `seq`, than not at all.
    if (this.#options.durable) await handle.datasync()
    let left = bytesWritten - before.length
    let whole = 0
    while (whole < lines.length && left >= Buffer.byteLength(lines[whole] ?? ''))
      left -= Buffer.byteLength(lines[whole++] ?? '')
    if (bytesWritten > 0) this.#torn = left > 0
    return whole
  }

  /** Whether what `append` was given is with the system already, which writes it whatever becomes of the process. */
  get isWriting(): boolean {
    return this.#isWriting
  }

  /** Appends at once, for a process that is about to end. @throws what the system says */
  appendNow(lines: readonly string[]): void {
    const fd = this.#handle?.fd ?? openSync(this.#options.file, FLAGS, 0o600)
    const found = fstatSync(fd)
    if (found.isFile() && isOurs(found)) writeSync(fd, (this.#torn ? '\n' : '') + lines.join(''))
  }

  /** Has the disk take all, and closes the file. Never rejects. */
  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.datasync().catch(() => {})
    await handle?.close().catch(() => {})
  }

  /** Sees that the next append goes to the file of this name, and that it is not too large. */
  async #look(more: number): Promise<void> {
    if (!this.#handle) return
    const { file, maxBytes } = this.#options
    if (!isSame(await statOf(file), this.#opened)) return this.close()
    const { size } = await this.#handle.stat()
    if (size > 0 && size + more > maxBytes) await this.#putAside()
  }

  /** Renames the full file, and those before it. Of several processes one does it; the others find it done. */
  async #putAside(): Promise<void> {
    const { file, keep } = this.#options
    const lock = `${file}.lock`
    const locked = await open(lock, 'wx', 0o600).catch(() => undefined)
    if (!locked) {
      const other = await statOf(lock)
      if (other && Date.now() - other.mtimeMs > LOCK_MS) await rm(lock, { force: true })
      // Whoever has it puts the file aside; until then it becomes a little larger.
      return
    }
    try {
      if (!isSame(await statOf(file), this.#opened)) return
      for (let number = keep - 1; number >= 1; number--)
        await renameIfThere(`${file}.${number}`, `${file}.${number + 1}`)
      await rename(file, `${file}.1`)
    } finally {
      await this.close()
      await locked.close()
      await rm(lock, { force: true })
    }
  }
}

async function lastByte(handle: FileHandle, size: number): Promise<number | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return bytesRead === 1 ? buffer[0] : undefined
}

/** Nothing where there is none. */
async function statOf(file: string): Promise<Stats | undefined> {
  return stat(file).catch((error) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

function isSame(one: Stats | undefined, other: Stats | undefined): boolean {
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev
}

/** Who else could write to it could say that anything happened. */
function isOurs({ uid, mode }: Stats): boolean {
  const user = process.geteuid?.()
  return user === undefined || ((uid === user || uid === 0) && (mode & 0o022) === 0)
}

async function renameIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error) => {
    if (error.code !== 'ENOENT') throw error
  })
}

function unsafe(file: string, cause?: unknown): PluginError {
  const message = `The audit file ${file} is a link, no file, or can be written to by others, who could put anything in. Name another, or give it mode 0600.`
  return new PluginError('CFP_AUDIT_FILE_UNSAFE', message, {
    phase: 'audit',
    file,
    ...(cause !== undefined && { cause }),
  })
}

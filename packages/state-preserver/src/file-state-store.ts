// Snapshots as files: one a plugin, in one folder of the host's.
import { createSecretKey, KeyObject } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { StatePreservationError } from '@cf-plugins/plugin-api'
import { UncloneableState } from './clone-state.ts'
import { uncloneable } from './state-errors.ts'
import { decodeStateFile, encodeStateFile } from './state-file.ts'
import type { StateSnapshot } from './state-snapshot.ts'
import type { StateStore, StoreOperationOptions } from './state-store.ts'
import { fileProblem, type StorePhase, type StoreWork, storeAborted, storeError, storeFailure } from './store-errors.ts'
import {
  isFile,
  makeFolder,
  OversizedFile,
  readWholeFile,
  removeFile,
  removeOldDrafts,
  replaceFile,
} from './whole-file.ts'

export interface FileStateStoreOptions {
  /** Where the files are. Made with mode 0700 where it is not there; one that others may write to is refused. */
  readonly folder: string
  /** 32 random bytes that the host keeps elsewhere: files are encrypted with them (AES-256-GCM). @default none: files are readable */
  readonly key?: Uint8Array | KeyObject
  /** The most that one file may have, in bytes, written or read. @default 128 MiB */
  readonly maxBytes?: number
}

/**
 * Keeps snapshots as files `<plugin>.state` of mode 0600. A file is there whole or not at all: it is written beside its
 * place, forced to the disk, and then renamed into it, so that the last good one survives a crash or a full disk at any moment.
 * A file that could not be read, or that the plugin could not take, is never lost: the next write moves it aside, as
 * `<plugin>.state.refused-<when>`.
 *
 * @throws StatePreservationError `CFP_STATE_STORE_INVALID`
 * @example
 * const preserver = new StatePreserver({ store: new FileStateStore({ folder: '/var/lib/my-app/state', key }) })
 */
export class FileStateStore implements StateStore {
  /** Absolute. */
  readonly folder: string
  readonly #key: KeyObject | undefined
  readonly #maxBytes: number
  /** What this process wrote or read last of each plugin. */
  readonly #digests = new Map<string, string>()
  /** Plugins whose file could not be read, or not be used, and so must not be lost. */
  readonly #refused = new Set<string>()
  #isSwept = false

  constructor({ folder, key, maxBytes = 128 * 1024 * 1024 }: FileStateStoreOptions) {
    if (typeof folder !== 'string' || folder === '' || folder.includes('\0')) throw invalid('its folder must be a path')
    if (!(maxBytes > 0)) throw invalid('its maxBytes must be more than 0')
    this.folder = resolve(folder)
    this.#key = key === undefined ? undefined : secretOf(key)
    this.#maxBytes = maxBytes
  }

  /**
   * Resolves when the snapshot is on the disk. Encoding it blocks the thread, about as long as copying it does. State that is
   * what this process wrote or read last is not written again: what another process made of it in the meantime stays.
   *
   * @throws StatePreservationError `CFP_STATE_WRITE_FAILED`, `CFP_STATE_FILE_TOO_LARGE`, `CFP_STATE_FOLDER_UNSAFE`,
   * `CFP_STATE_NAME_REFUSED`, `CFP_STATE_ABORTED`; the file is as it was then
   */
  write(snapshot: StateSnapshot, { signal }: StoreOperationOptions = {}): Promise<void> {
    const name = snapshot.plugin
    return this.#do('writeState', name, signal, async (work) => {
      const { parts, digest } = encodeStateFile(snapshot, this.#key)
      const size = parts.reduce((sum, part) => sum + part.length, 0)
      if (size > this.#maxBytes) {
        const message = `State of plugin "${name}" takes ${size} bytes as a file, and ${this.#maxBytes} are allowed (${work.file}). Keep less of it, or raise the store's maxBytes.`
        throw storeError(work, 'CFP_STATE_FILE_TOO_LARGE', message)
      }
      if (await this.#checkFolder(work)) {
        const isUnchanged = this.#digests.get(name) === digest && !this.#refused.has(name)
        if (isUnchanged && (await isFile(work.file))) return
      }
      await makeFolder(this.folder)
      await this.#checkFolder(work)
      await this.#sweep()
      await replaceFile(work.file, parts, { signal, aside: this.#asideOf(work) })
      this.#refused.delete(name)
      this.#digests.set(name, digest)
    })
  }

  /**
   * @throws StatePreservationError `CFP_STATE_FILE_DAMAGED`, `CFP_STATE_FILE_FORMAT`, `CFP_STATE_FILE_KEY`,
   * `CFP_STATE_FILE_NOT_AUTHENTIC`, `CFP_STATE_FILE_TOO_LARGE`, `CFP_STATE_READ_FAILED`, `CFP_STATE_FOLDER_UNSAFE`,
   * `CFP_STATE_NAME_REFUSED`, `CFP_STATE_ABORTED`; the file is left as it is
   */
  read(name: string, { signal }: StoreOperationOptions = {}): Promise<StateSnapshot | undefined> {
    return this.#do('readState', name, signal, async (work) => {
      try {
        const bytes = await readWholeFile(work.file, this.#maxBytes, signal)
        // Most plugins have none, and then it does not matter who may write here.
        if (bytes === undefined || !(await this.#checkFolder(work))) return undefined
        const { snapshot, digest } = decodeStateFile(bytes, work, this.#key)
        // Who gave up waiting for it begins without it.
        signal?.throwIfAborted()
        this.#refused.delete(name)
        this.#digests.set(name, digest)
        return snapshot
      } catch (error) {
        this.#refused.add(name)
        if (error instanceof OversizedFile) throw fileProblem(work, 'CFP_STATE_FILE_TOO_LARGE', error.message)
        throw error
      }
    })
  }

  /** @throws StatePreservationError `CFP_STATE_WRITE_FAILED`, `CFP_STATE_FOLDER_UNSAFE`, `CFP_STATE_NAME_REFUSED`, `CFP_STATE_ABORTED` */
  remove(name: string, { signal }: StoreOperationOptions = {}): Promise<void> {
    return this.#do('removeState', name, signal, async (work) => {
      if (await this.#checkFolder(work)) await removeFile(work.file, this.#asideOf(work))
      this.#refused.delete(name)
      this.#digests.delete(name)
    })
  }

  /** The next write, or removal, moves the plugin's file aside, as one that could not be read. */
  setAside(name: string): void {
    this.#refused.add(name)
  }

  async #do<T>(
    phase: StorePhase,
    name: string,
    signal: AbortSignal | undefined,
    run: (work: StoreWork & { readonly file: string }) => Promise<T>,
  ): Promise<T> {
    // A name is a file's name here, so it is looked at again, whoever looked at it before.
    if (typeof name !== 'string' || !NAME.test(name)) throw nameRefused(phase, name)
    const work = { name, phase, file: join(this.folder, `${name.replace(':', '+')}.state`) }
    try {
      signal?.throwIfAborted()
      return await run(work)
    } catch (error) {
      if (error instanceof StatePreservationError) throw error
      if (signal?.aborted) throw storeAborted(work, signal.reason)
      throw error instanceof UncloneableState ? uncloneable(work, error, this.#maxBytes) : storeFailure(work, error)
    }
  }

  /** Whether the folder is there, and nobody else's: who may write to it could put any state in. */
  async #checkFolder(work: StoreWork): Promise<boolean> {
    const found = await stat(this.folder).catch((error) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (found === undefined) return false
    if (!found.isDirectory()) throw new Error(`${this.folder} is not a folder`)
    const user = process.geteuid?.()
    if (user === undefined) return true
    const isOurs = found.uid === user || found.uid === 0
    if (isOurs && (found.mode & 0o022) === 0) return true
    const message = `The folder for state, ${this.folder}, ${isOurs ? 'can be written to by others' : 'belongs to somebody else'}, who could give plugin "${work.name}" any state. Make it yours, with mode 0700.`
    throw storeError(work, 'CFP_STATE_FOLDER_UNSAFE', message)
  }

  /** Where a file goes that could not be read: a person may want it. */
  #asideOf({ name, file }: StoreWork): string | undefined {
    return this.#refused.has(name) ? `${file}.refused-${Date.now()}` : undefined
  }

  async #sweep(): Promise<void> {
    if (this.#isSwept) return
    this.#isSwept = true
    await removeOldDrafts(this.folder).catch(() => {})
  }
}

/** A plugin's, or that of a part that plugins share, whose file no plugin's has the name of. */
const NAME = /^(shared:)?[a-z0-9][a-z0-9._-]{0,206}$|^[a-z0-9][a-z0-9._-]{0,213}$/
const KEY_BYTES = 32

function secretOf(key: Uint8Array | KeyObject): KeyObject {
  // A copy, which prints as nothing that a log must not have.
  const secret = key instanceof Uint8Array ? createSecretKey(key) : key
  if (!(secret instanceof KeyObject) || secret.type !== 'secret' || secret.symmetricKeySize !== KEY_BYTES)
    throw invalid(`its key must be ${KEY_BYTES} bytes, or a secret KeyObject of them`)
  return secret
}

function invalid(what: string): StatePreservationError {
  return new StatePreservationError('CFP_STATE_STORE_INVALID', `A FileStateStore cannot be made: ${what}.`)
}

function nameRefused(phase: StorePhase, name: unknown): StatePreservationError {
  const shown = JSON.stringify(String(name).slice(0, 100))
  const message = `${shown} names no file for state: a plugin's name has lower-case letters, digits, ".", "_" and "-" only, begins with a letter or digit, and has at most 214 characters.`
  return storeError({ name: String(name), phase }, 'CFP_STATE_NAME_REFUSED', message)
}

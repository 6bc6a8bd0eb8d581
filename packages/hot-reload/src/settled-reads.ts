// What a load reads must have come to rest: nothing half-written runs, whichever file it is in.
import { HotReloadError } from '@cf-plugins/plugin-api'
import { shownFile } from '@cf-plugins/plugin-api/host'

/** Asks whoever watches the files; everything has come to rest where nobody does. */
export type IsSettled = (file: string, hash: string | undefined) => boolean

/** What one load read. */
export class SettledReads {
  /** The SHA-256 of each file that was read. */
  readonly hashes = new Map<string, string>()
  /** Files that were being written, or replaced, when they were read. */
  readonly unsettled = new Set<string>()
  readonly #isSettled: IsSettled

  constructor(isSettled: IsSettled) {
    this.#isSettled = isSettled
  }

  /** To be told of each file. @throws `CFP_RELOAD_UNSETTLED`, which ends the load before it runs what is not whole */
  readonly onRead = (file: string, hash: string | undefined): void => {
    if (hash !== undefined) this.hashes.set(file, hash)
    if (this.#isSettled(file, hash)) return
    this.unsettled.add(file)
    throw unsettledError([file], 0)
  }
}

/** Files that kept changing for `waitedMs`. */
export function unsettledError(
  files: readonly string[],
  waitedMs: number,
  known: { readonly plugin?: string | undefined; readonly generation?: number | undefined } = {},
): HotReloadError {
  const shown = files.map((file) => shownFile(file)).join(', ')
  const since = waitedMs > 0 ? `, after ${waitedMs / 1000} s still` : ''
  const message = `${shown} ${files.length > 1 ? 'are' : 'is'} being written${since}. It is loaded as soon as it rests; nothing half-written is.`
  return new HotReloadError('CFP_RELOAD_UNSETTLED', message, { ...known, phase: 'settle', file: files[0] })
}

// The one error class of this package; it stands alone, because the package imports no other of the house.
import type { WatcherErrorCode } from './error-codes.ts'

/** What this package throws and what `onError` gets: a stable `code`, and the file or folder that it is about. */
export class WatcherError extends Error {
  readonly code: WatcherErrorCode
  /** Absolute path of the file or folder, where there is one. */
  readonly file: string | undefined

  constructor(code: WatcherErrorCode, message: string, details: { file?: string; cause?: unknown } = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.name = `WatcherError [${code}]`
    this.code = code
    this.file = details.file
  }
}

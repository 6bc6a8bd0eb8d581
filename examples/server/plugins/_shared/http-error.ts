// An error that says what the client is told. Plugins and the host have it from here.

/** What an error may say besides its message. */
export interface HttpErrorOptions {
  /** More for the client, as it can be written in JSON: what is wrong with each field, say. */
  readonly details?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/**
 * Thrown by a handler or by whoever listens to `http.request`, it becomes the answer:
 * `{ "error": { "code", "message", "details"? } }`. It is told by its `status`, not by its class, of which each generation of a
 * plugin has its own.
 *
 * @example
 * throw new HttpError(404, 'RESOURCE_UNKNOWN', `There is no ${name}.`)
 */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  /** From 400 to 599. */
  readonly status: number
  readonly code: string
  readonly details: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, { details, headers = {}, cause }: HttpErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.status = status
    this.code = code
    this.details = details
    this.headers = headers
  }
}

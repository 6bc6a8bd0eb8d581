// Which status each failure of a resource is.
import { HttpError } from '../_shared/http-error.ts'

/** What the client did, and may be told in full. */
const CLIENT: Readonly<Record<string, number>> = {
  CFP_RESOURCE_NAME: 400,
  CFP_RESOURCE_ARGUMENT: 400,
  CFP_RESOURCE_CONTENT: 422,
  CFP_RESOURCE_TOO_LARGE: 413,
  CFP_RESOURCE_UNKNOWN: 404,
  CFP_RESOURCE_EXISTS: 409,
  CFP_RESOURCE_CONFLICT: 412,
  CFP_ACCESS_DENIED: 403,
}

/** What is the server's, whose messages name its files: they are for the log. */
const SERVER: Readonly<Record<string, readonly [status: number, message: string]>> = {
  CFP_RESOURCE_BUSY: [503, 'Others are changing this resource. Try again.'],
  CFP_RESOURCE_TIMEOUT: [504, 'The disk did not answer in time; a change may be made yet.'],
  CFP_RESOURCE_ABORTED: [503, 'Given up; a change that had begun may be made yet.'],
  CFP_RESOURCE_DAMAGED: [500, 'What is kept of this resource is damaged.'],
  CFP_RESOURCE_FOLDER: [500, 'The folder of resources cannot be used.'],
  CFP_RESOURCE_IO: [500, 'The resource could not be read or written.'],
  CFP_RESOURCE_CLOSED: [503, 'Resources are being replaced. Try again.'],
  CFP_GENERATION_RETIRED: [503, 'Resources are being replaced. Try again.'],
}

/** The code of an error, also of one that another copy of its class made. */
export function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' ? code : undefined
}

/** What the client is told of a failure: itself, where it is no resource's. */
export function problemOf(error: unknown): unknown {
  const code = codeOf(error) ?? ''
  const status = CLIENT[code]
  if (status !== undefined) return new HttpError(status, code, (error as Error).message, { cause: error })
  const told = SERVER[code]
  if (!told) return error
  // 507: insufficient storage.
  const isFull = codeOf((error as Error).cause) === 'ENOSPC'
  const headers = told[0] === 503 ? { 'retry-after': '1' } : {}
  return new HttpError(isFull ? 507 : told[0], code, told[1], { headers, cause: error })
}

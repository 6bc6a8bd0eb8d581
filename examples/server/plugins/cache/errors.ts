// What the cache throws.

/** When each is thrown, and what to do. */
export const CacheErrorCodes = {
  CACHE_UNREACHABLE: 'No connection to Redis at the start. The message says what to mend.',
  CACHE_UNAVAILABLE: 'Redis cannot be reached just now. Come again: it is connected anew by itself.',
  CACHE_TIMEOUT: 'What remember() was to make took too long. Bound it where it is made.',
  CACHE_NOT_A_NUMBER: 'increment() found something else under its key. Use a key of its own.',
  CACHE_VALUE: 'A value cannot be kept as JSON. Keep plain data.',
} as const satisfies Record<string, string>

export type CacheErrorCode = keyof typeof CacheErrorCodes

export class CacheError extends Error {
  override readonly name = 'CacheError'
  readonly code: CacheErrorCode
  /** 503 where it passes by itself; else nothing, which the router takes for its own fault. */
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(code: CacheErrorCode, message: string, { cause }: { readonly cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    const isPassing = code === 'CACHE_UNAVAILABLE'
    this.code = code
    this.status = isPassing ? 503 : undefined
    this.headers = isPassing ? { 'retry-after': '1' } : {}
  }
}

export function notANumber(key: string): CacheError {
  return new CacheError('CACHE_NOT_A_NUMBER', `The cache has no whole number under "${key}" to add to.`)
}

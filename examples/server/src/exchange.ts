// A request and its answer, as handlers see them.
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { StandardSchema } from 'cf-plugins'

/** Who asks, once somebody has found out. */
export interface User {
  /** The user's id. */
  readonly sub: string
  readonly name: string
  readonly roles: readonly string[]
  /** When what it was found out by expires, in seconds since 1970. */
  readonly exp?: number
  /** The id of the token that it was found out by. */
  readonly jti?: string
}

/** One request. */
export interface Exchange {
  /** Also `x-request-id` in the answer, and in the log. */
  readonly id: string
  readonly method: string
  readonly url: URL
  /** What stands in the path for `:name` and `*`, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  readonly remoteAddress: string
  /** Aborted when the client is gone before it has its answer. */
  readonly signal: AbortSignal
  /** What hooks keep for handlers. */
  readonly state: Map<symbol | string, unknown>
  /** Nobody until a plugin that listens to `http.request` says who. */
  user: User | undefined
  /** The body, checked. @throws 400 with every problem, 413, 415 */
  json<T = unknown>(schema?: StandardSchema<unknown, T>): Promise<T>
  /** The body as it is. @throws 413 */
  bytes(): Promise<Uint8Array>
  /** The body as UTF-8. @throws 400, 413 */
  text(): Promise<string>
  /** The body of a form, `application/x-www-form-urlencoded`. @throws 400, 413, 415 */
  form(): Promise<URLSearchParams>
}

/** What a handler answers. */
export interface Answer {
  /** @default 200 */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Bytes, a text and a stream go out as they are, everything else as JSON. */
  readonly body?: string | Uint8Array | Readable | object | number | boolean | null
}

/** Answers requests of one route. Nothing is 204. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return has nothing to say, and that is 204.
export type Handler = (exchange: Exchange) => Answer | void | Promise<Answer | void>

/** What is asked of a request before its handler. */
export interface RouteOptions {
  /** Who may: a user with one of these roles; `[]` is any user. @default everybody, users or not */
  readonly roles?: readonly string[]
  /** The most bytes that a body may have. @default the server's `maxBodyBytes` */
  readonly maxBytes?: number
}

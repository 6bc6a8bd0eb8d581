// The exchange of one request of Node's HTTP server.
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { StandardSchema } from 'cf-plugins'
import { HttpError } from '../plugins/_shared/http-error.ts'
import { assertSize, assertType, jsonOf, readBody, textOf } from './body.ts'
import type { Exchange, User } from './exchange.ts'

/** An exchange, as the router has it. Nothing is made before it is asked for. */
export class RequestExchange implements Exchange {
  readonly id: string
  readonly url: URL
  readonly state = new Map<symbol | string, unknown>()
  params: Readonly<Record<string, string>> = {}
  user: User | undefined
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #maxBytes = 0
  #body: Promise<Uint8Array> | undefined
  #controller: AbortController | undefined

  /** @throws 400 where the URL is none */
  constructor(request: IncomingMessage, response: ServerResponse) {
    this.id = randomUUID()
    response.setHeader('x-request-id', this.id)
    this.#request = request
    this.#response = response
    this.url = urlOf(request)
  }

  get method(): string {
    return this.#request.method ?? 'GET'
  }

  get headers(): IncomingHttpHeaders {
    return this.#request.headers
  }

  get remoteAddress(): string {
    return this.#request.socket.remoteAddress ?? ''
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      const controller = new AbortController()
      const response = this.#response
      const end = () => {
        if (!response.writableFinished) controller.abort(new HttpError(499, 'CLIENT_GONE', 'The client is gone.'))
      }
      if (response.closed) end()
      else response.once('close', end)
      this.#controller = controller
    }
    return this.#controller.signal
  }

  /** Says how much a body may have; one that is there already must keep to it. @throws 413 */
  async limit(maxBytes: number): Promise<void> {
    this.#maxBytes = maxBytes
    if (this.#body) assertSize(await this.#body, maxBytes)
  }

  async json<T>(schema?: StandardSchema<unknown, T>): Promise<T> {
    assertType(this.headers, ['application/json', '+json'])
    return jsonOf(await this.bytes(), schema)
  }

  async text(): Promise<string> {
    return textOf(await this.bytes())
  }

  async form(): Promise<URLSearchParams> {
    assertType(this.headers, ['application/x-www-form-urlencoded'])
    return new URLSearchParams(textOf(await this.bytes()))
  }

  bytes(): Promise<Uint8Array> {
    this.#body ??= readBody(this.#request, this.#maxBytes)
    return this.#body
  }
}

/** What may stand in `Host`: with anything else in it, what is a path to this server would not be the client's. */
const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i

function urlOf({ url = '/', headers: { host = 'localhost' } }: IncomingMessage): URL {
  // In full where the client takes this server for a proxy.
  const full = url.startsWith('/') ? `http://${host}${url}` : url
  if (HOST.test(host) && URL.canParse(full)) return new URL(full)
  throw new HttpError(400, 'URL_INVALID', 'The URL of the request is none.')
}

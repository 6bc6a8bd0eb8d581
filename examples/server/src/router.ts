// From a request to a plugin's handler and back, also while that plugin is replaced.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AppScope, type Logger, messageOf, type PluginManager, type Undo } from 'cf-plugins'
import { HttpRequest } from '../plugins/_shared/hooks.ts'
import { HttpError } from '../plugins/_shared/http-error.ts'
import { writeAnswer, writeError } from './answer.ts'
import type { Handler, RouteOptions } from './exchange.ts'
import { failedHook, isOfClient, notServing, shownOf } from './failures.ts'
import { answerOf } from './handling.ts'
import { RequestExchange } from './request-exchange.ts'
import { assertAllowed } from './roles.ts'
import { routeScope } from './route-scope.ts'
import { BadPath, type Found, RouteTable } from './route-table.ts'
import type { RequestTerms } from './shared.ts'

export type { RouteOptions } from './exchange.ts'

/**
 * A plugin's own view of the routes. Paths are find-my-way's: `/notes/:id`, `/files/*`.
 *
 * @example
 * app.get('/notes/:id', { roles: [] }, async ({ params }) => ({ body: await notes.find(params.id) }))
 */
export interface Routes {
  get(path: string, options: RouteOptions, handler: Handler): Undo
  post(path: string, options: RouteOptions, handler: Handler): Undo
  put(path: string, options: RouteOptions, handler: Handler): Undo
  patch(path: string, options: RouteOptions, handler: Handler): Undo
  delete(path: string, options: RouteOptions, handler: Handler): Undo
}

/** A route, to look at. */
export interface RouteView {
  readonly method: string
  readonly path: string
  readonly plugin: string
  readonly roles: readonly string[] | undefined
  /** Whether its plugin answers just now. */
  readonly isLive: boolean
}

/** What the router asks of the host. */
export type RouterHost = Pick<PluginManager, 'use' | 'hooks'>

const MAX_BODY_BYTES = 2 ** 20

/** The routes of all plugins. It is the host's `app`; each plugin gets `Routes` of its own. */
export class Router {
  readonly #table = new RouteTable()
  readonly #logger: Logger | undefined
  readonly #graceMs: number | undefined
  #host: RouterHost | undefined

  /** @param options.graceMs how long a handler may go on once its client is gone, in milliseconds. Default 5000 */
  constructor({
    logger,
    graceMs,
  }: { readonly logger?: Logger | undefined; readonly graceMs?: number | undefined } = {}) {
    this.#logger = logger
    this.#graceMs = graceMs
  }

  /** For `scopeApp`. */
  readonly scope = (_app: Router, { name }: { readonly name: string }): AppScope<Routes> =>
    routeScope(this.#table, name)

  /** Has requests answered from now on: all plugins that can be are up. */
  open(host: RouterHost): void {
    this.#host = host
  }

  /** Every route there is, and those of plugins that rest. */
  routes(): readonly RouteView[] {
    return this.#table.slots().map(({ route: { method, path, plugin, options }, isLive }) => {
      return { method, path, plugin, roles: options.roles, isLive }
    })
  }

  /** Answers a request. Returns at once, and never throws. */
  handle(request: IncomingMessage, response: ServerResponse, terms: RequestTerms = {}): void {
    const from = performance.now()
    this.#answer(request, response, terms)
      .then(() => {
        const { method, url } = request
        const { statusCode: status } = response
        const durationMs = performance.now() - from
        this.#logger?.debug({ status, durationMs }, `${method} ${url}: ${status} in ${durationMs.toFixed(1)} ms`)
      })
      .catch((error) => {
        this.#logger?.error({ err: error }, `An answer could not be written: ${messageOf(error)}`)
        response.destroy()
      })
  }

  async #answer(request: IncomingMessage, response: ServerResponse, terms: RequestTerms): Promise<void> {
    let exchange: RequestExchange | undefined
    try {
      exchange = new RequestExchange(request, response)
      await this.#dispatch(exchange, response, terms)
    } catch (error) {
      const shown = shownOf(error, exchange?.id)
      if (shown.status >= 500 && !isOfClient(error, response)) this.#tell(error, request, shown)
      writeError(response, shown, writingOf(request, terms))
    }
  }

  async #dispatch(exchange: RequestExchange, response: ServerResponse, terms: RequestTerms): Promise<void> {
    const host = this.#host
    if (!host) {
      const headers = { 'retry-after': '1' }
      throw new HttpError(503, 'STARTING', 'The server is just starting. Try again.', { headers })
    }
    const first = this.#find(exchange)
    // Not within `use`: a plugin that is replaced together with the one that listens would wait for itself.
    await host.hooks.call(HttpRequest, exchange).catch((error) => Promise.reject(failedHook(error)))
    await this.#readAhead(exchange, first, terms)
    let plugin: string | undefined = first.slot.route.plugin
    // New code may have left the path to another plugin.
    for (let moves = 0; plugin !== undefined; moves++) {
      if (moves > 2) throw notServing(plugin)
      plugin = await this.#handleBy(host, plugin, exchange, response, terms)
    }
  }

  /** Has a plugin answer. Gives the plugin whose route it is by then, where that is another one. */
  async #handleBy(
    host: RouterHost,
    plugin: string,
    exchange: RequestExchange,
    response: ServerResponse,
    terms: RequestTerms,
  ): Promise<string | undefined> {
    let isIn = false
    try {
      return await host.use(plugin, async () => {
        isIn = true
        const { slot, params } = this.#find(exchange)
        const { route, isLive } = slot
        if (route.plugin !== plugin) return route.plugin
        if (!isLive) throw notServing(plugin)
        exchange.params = params
        assertAllowed(exchange.user, route.options)
        await exchange.limit(maxBytesOf(route.options, terms))
        const answer = await answerOf(route, exchange, response, this.#graceMs)
        await writeAnswer(response, answer, writingOf(exchange, terms))
        return undefined
      })
    } catch (error) {
      if (isIn) throw error
      if ((error as { code?: unknown }).code !== 'CFP_PLUGIN_UNKNOWN') throw notServing(plugin, error)
      this.#table.forget(plugin)
      throw unknown(exchange)
    }
  }

  /** Reads the body while its plugin may still be replaced: how fast a client sends is no reason for a reload to wait. */
  async #readAhead(exchange: RequestExchange, { slot }: Found, terms: RequestTerms): Promise<void> {
    const { options } = slot.route
    await exchange.limit(maxBytesOf(options, terms))
    try {
      assertAllowed(exchange.user, options)
    } catch {
      // Whether that is so is decided by the code that answers; not a byte is read for somebody who has no say.
      return
    }
    await exchange.bytes()
  }

  /** @throws 400, 404, 405 */
  #find(exchange: RequestExchange): Found {
    const { method, url } = exchange
    try {
      const found = this.#table.find(method, url.pathname)
      if (found) return found
    } catch (error) {
      if (error instanceof BadPath) throw new HttpError(400, 'URL_INVALID', error.message)
      throw error
    }
    const allowed = this.#table.allowed(url.pathname).join(', ')
    if (allowed === '') throw unknown(exchange)
    throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${url.pathname} takes ${allowed}, and not ${method}.`, {
      headers: { allow: allowed },
    })
  }

  #tell(error: unknown, { method, url }: IncomingMessage, { status, id }: { status: number; id?: string }): void {
    // That a plugin rests is known to whoever put it to rest.
    const level = status === 500 ? 'error' : 'debug'
    const path = url?.split('?', 1)[0]
    this.#logger?.[level]({ err: error, request: id }, `${method} ${path} failed (${id}): ${messageOf(error)}`)
  }
}

function maxBytesOf({ maxBytes }: RouteOptions, { maxBodyBytes = MAX_BODY_BYTES }: RequestTerms): number {
  return maxBytes ?? maxBodyBytes
}

function writingOf({ method }: { readonly method?: string | undefined }, { isClosing }: RequestTerms) {
  return { isHead: method === 'HEAD', isLast: isClosing?.() ?? false }
}

function unknown({ url }: RequestExchange): HttpError {
  return new HttpError(404, 'NOT_FOUND', `There is nothing at ${url.pathname}.`)
}

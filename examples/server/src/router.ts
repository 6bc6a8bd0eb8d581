// Which plugin answers what: routes come and go with their plugins, and are remembered while those are replaced.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppScope, PluginManager, ResolvedPluginMeta, Undo } from 'cf-plugins'
import type { Handler } from './exchange.ts'
import type { RequestLimits } from './shared.ts'

/** What is asked of a request before its handler. */
export interface RouteOptions {
  /** Who may: a user with one of these roles; `[]` is any user. @default everybody */
  readonly roles?: readonly string[]
  /** The most bytes that a body may have. @default the server's */
  readonly maxBytes?: number
}

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

/** The routes of all plugins. It is the host's `app`; each plugin gets its own `Routes`. */
export class Router {
  /** For `scopeApp`. */
  readonly scope = (_app: Router, _meta: ResolvedPluginMeta): AppScope<Routes> => {
    throw new Error('later')
  }

  /** Answers requests from now on: all plugins that can be are up. */
  open(_host: RouterHost): void {}

  /** Answers a request. Returns at once. */
  handle(_request: IncomingMessage, _response: ServerResponse, _limits?: RequestLimits): void {}

  /** Every route there is, or was until its plugin rested. */
  routes(): readonly RouteView[] {
    return []
  }
}

// What the host asks plugins about each request.
import { hookRef } from 'cf-plugins'
import type { Exchange } from './exchange.ts'

/**
 * Called with each request that has a route, before its handler. Who listens may set `exchange.user`, keep things in
 * `exchange.state`, and end the request by an error with a `status`.
 */
export const HttpRequest = hookRef.series<(exchange: Exchange) => void | Promise<void>>('http.request')

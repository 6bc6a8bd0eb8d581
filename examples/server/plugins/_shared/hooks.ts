// What the host asks plugins about each request. It is here, and not in src, because plugins can import types from there and nothing else:
// what is outside the plugin folder is loaded once, as Node loads it.
import { hookRef } from 'cf-plugins'
import type { Exchange } from '../../src/exchange.ts'

/**
 * Called with each request that has a route, before its handler. Who listens may set `exchange.user`, keep things in
 * `exchange.state`, and end the request by an error with a `status`.
 */
export const HttpRequest = hookRef.series<(exchange: Exchange) => void | Promise<void>>('http.request')

// The listening socket. The host holds it while this plugin is replaced, so that nobody is refused meanwhile.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppShutdown } from 'cf-plugins'
import { z } from 'zod'
import { HttpServer } from './_shared/http-server.ts'
import type { Http } from './_shared/http-service.ts'
import { definePlugin } from './_shared/plugin.ts'

const ms = z.int().min(0)

export default definePlugin({
  name: 'http',
  version: '1.0.0',
  description: 'Listens, and hands requests to the routes of all plugins',
  // A server that does not listen is none.
  onFailure: 'abort',
  config: z.object({
    host: z.string().min(1).default('127.0.0.1').describe('The address to listen on; 0.0.0.0 for all'),
    port: z.int().min(0).max(65_535).default(3000).describe('0 for any that is free'),
    keepAliveMs: ms.default(65_000).describe('How long a connection may be idle between two requests'),
    requestTimeoutMs: ms.default(30_000).describe('How long a request may take to arrive'),
    idleTimeoutMs: ms.default(120_000).describe('How long nothing may happen on a connection while it is answered'),
    maxBodyBytes: z
      .int()
      .min(1)
      .default(2 ** 20)
      .describe('The most that a request may bring, where its route says nothing'),
  }),
  async setup({ config, hold, listen, on, shared, logger }): Promise<Http> {
    const { host, port, maxBodyBytes } = config
    const held = await hold(`http:${host}:${port}`, async () => {
      const opened = await HttpServer.listen(host, port)
      logger.info(`listens on http://${host}:${opened.address.port}`)
      return opened
    })
    const { server } = held
    server.keepAliveTimeout = config.keepAliveMs
    server.requestTimeout = config.requestTimeoutMs
    server.timeout = config.idleTimeoutMs
    const terms = { maxBodyBytes, isClosing: () => held.isClosing }
    // Returns at once: what is under way is its route's, and nothing that a new version of this plugin would wait for.
    listen(server, 'request', (request: IncomingMessage, response: ServerResponse) =>
      shared.handle(request, response, terms),
    )
    // Before any plugin ends, so that all of them are there for what is under way.
    on(AppShutdown, () => held.close())
    return { address: () => held.address }
  },
})

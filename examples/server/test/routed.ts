// Plugins given by value behind a real HTTP server, in the test's own process.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Logger, PluginManager } from 'cf-plugins'
import { onTestFinished } from 'vitest'
import { definePlugin } from '../plugins/_shared/plugin.ts'
import { Router, type Routes } from '../src/router.ts'
import type { RequestTerms } from '../src/shared.ts'

/** A plugin that has these routes. */
export function routes(add: (app: Routes) => unknown, name = 'subject') {
  return definePlugin({ name, version: '1.0.0', setup: ({ app }) => void add(app) })
}

/** Starts plugins, and a server that asks the router. */
export async function routed(
  plugins: readonly unknown[],
  {
    terms,
    isOpen = true,
    graceMs,
  }: { readonly terms?: RequestTerms; readonly isOpen?: boolean; readonly graceMs?: number } = {},
) {
  const told: string[] = []
  const logger = loggerInto(told)
  const router = new Router({ logger, graceMs })
  const manager = new PluginManager({ autoLoad: false, app: router, scopeApp: router.scope, logger })
  for (const plugin of plugins) await manager.add(plugin)
  const { failed } = await manager.start()
  if (isOpen) router.open(manager)
  const server = createServer((request, response) => router.handle(request, response, terms))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await manager.stop()
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}${path}`, init)
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    const body: unknown = isJson && text !== '' ? JSON.parse(text) : text
    return { status: response.status, headers: response.headers, body }
  }
  /** The same, with a body of JSON. */
  const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
    ask(path, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } })
  return { router, manager, failed, told, url, port, ask, send }
}

function loggerInto(told: string[]): Logger {
  const note = (...entry: readonly unknown[]) => {
    const message = entry.find((part) => typeof part === 'string')
    if (message !== undefined) told.push(message)
  }
  const nothing = () => {}
  // Warnings may come of a machine that is busy.
  const logger: Logger = { debug: nothing, info: nothing, warn: nothing, error: note, child: () => logger }
  return logger
}

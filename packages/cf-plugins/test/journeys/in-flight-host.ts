// A host whose plugins serve over HTTP, and what a client sees of them while they are reloaded.
import { EventEmitter, once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import type { PluginManager } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

/** What the plugins of these tests share with their host. */
export interface Shared {
  readonly server: Server
  /** Where plugins tell what they do, and are told to go on. */
  readonly signs: EventEmitter
  manager?: PluginManager
  /** Streams end by themselves now. */
  finished?: boolean
}

/** A host with an HTTP server that its plugins listen to. */
export async function host(files: Readonly<Record<string, string>>, { hotReload = true, drainMs = 5_000 } = {}) {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const folder = await PluginFolder.make(files)
  const shared: Shared = { server, signs: new EventEmitter() }
  const { manager, report, reports, reported } = await folder.started({ hotReload, shared, reloadBounds: { drainMs } })
  expect(report.failed).toEqual([])
  shared.manager = manager
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const get = async (path: string) => (await fetch(`${url}${path}`)).text()
  return { folder, manager, shared, reports, reported, get, stream: (path: string) => readLines(`${url}${path}`) }
}

/** Resolves when a plugin comes into a state. */
export function reaches(manager: PluginManager, plugin: string, state: string): Promise<void> {
  return new Promise((resolve) => {
    const undo = manager.watch((change) => {
      if (change.plugin !== plugin || change.to !== state) return
      undo()
      resolve()
    })
  })
}

/** Reads a response line by line. */
async function readLines(url: string) {
  const over = new AbortController()
  const { body } = await fetch(url, { signal: over.signal })
  if (!body) throw new Error('no body')
  const chunks = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const line = async (): Promise<string> => {
    while (!text.includes('\n')) {
      const { done, value } = await chunks.read()
      if (done) return text
      text += value
    }
    const end = text.indexOf('\n')
    const first = text.slice(0, end)
    text = text.slice(end + 1)
    return first
  }
  return {
    line,
    async take(count: number): Promise<string[]> {
      const lines: string[] = []
      while (lines.length < count) lines.push(await line())
      return lines
    },
    /** All that still comes, without the last line break. */
    async rest(): Promise<string> {
      let all = text
      for (;;) {
        const { done, value } = await chunks.read()
        if (done) return all.trimEnd()
        all += value
      }
    },
    stop: () => over.abort(),
  }
}

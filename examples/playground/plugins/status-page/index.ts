// Shows a server that a plugin owns, on 127.0.0.1, and a hook that it calls to ask all others. It keeps its port.
import { createServer } from 'node:http'
import { definePlugin } from 'cf-plugins'
import { Storage } from '../_shared/services.ts'
import type { StatusLine } from '../_shared/status-line.ts'
import { closing, listen } from './listen.ts'
import { pageOf } from './page.ts'

export default definePlugin({
  name: 'status-page',
  version: '1.0.0',
  description: 'A page that says how everybody is',
  dependencies: ['storage'],
  async setup({ inject, own, hooks, logger }) {
    const storage = inject(Storage)
    const server = createServer(async (_request, response) => {
      const lines = (await hooks.call('status')) as StatusLine[]
      response.setHeader('content-type', 'text/html; charset=utf-8').end(pageOf(lines))
    })
    own(() => closing(server))
    // The port of the last time, so that a page that is open in a browser outlives a reload.
    const port = await listen(server, Number(storage.get('status-page.port') ?? 0))
    await storage.set('status-page.port', port)
    const url = `http://127.0.0.1:${port}/`
    logger.info(`listens on ${url}`)
    hooks.on('status', (): StatusLine => ({ plugin: 'status-page', line: url }))
    return { url: () => url }
  },
})

// A plugin with routes to be edited, and the servers that run it.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, vi } from 'vitest'
import { type ServerProcessOptions, serverForTest } from './server-process.ts'

const WORDS = `import { definePlugin } from './_shared/plugin.ts'
import { word } from './_word.ts'

export default definePlugin({
  name: 'words',
  version: '1.0.0',
  async setup({ app, on }) {
    const stop = new Promise((resolve) => on('app.shutdown', resolve))
    app.get('/until-stop', {}, async () => {
      await stop
      return { body: 'to the end' }
    })
    app.get('/word', {}, () => ({ body: word }))
    app.post('/echo', {}, async (exchange) => ({ body: await exchange.text() }))
    app.get('/slow/:ms', {}, async ({ params }) => {
      await new Promise((resolve) => setTimeout(resolve, Number(params.ms)))
      return { body: 'slow' }
    })
    app.post('/stray', {}, () => void setTimeout(() => { throw new Error('astray') }, 1))
  },
})
`
export const LATE = `import { definePlugin } from './_shared/plugin.ts'

export default definePlugin({
  name: 'late',
  version: '1.0.0',
  setup: ({ app }) => void app.get('/late', {}, () => ({ body: 'better late' })),
})
`
const FILES = { 'words.ts': WORDS, '_word.ts': `export const word = 'one'\n` }

/** The plugin http, and one with routes. */
export const served = (options: ServerProcessOptions = {}) =>
  serverForTest({ only: ['http'], config: configOf(), ...options, files: { ...FILES, ...options.files } })

export const textOf = async (url: string, init?: RequestInit) => (await fetch(url, init)).text()

/** Waits until a path answers so. */
export const answers = ({ url }: { readonly url: string }, path: string, text: string) =>
  vi.waitFor(async () => expect(await textOf(`${url}${path}`)).toBe(text), { timeout: 20_000, interval: 20 })

export function configOf(port = 0): string {
  return `http:\n  settings:\n    port: ${port}\n`
}

export async function takenPort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

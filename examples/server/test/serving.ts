// Some of the server's plugins over real HTTP, where each request says itself whose it is: who may what is tested without passwords.
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { type RunningServer, startServer } from '../src/host.ts'
import type { AnswerJson } from './answer-json.ts'

const SERVER = join(import.meta.dirname, '..')
/** Within the package, so that its dependencies are found. */
const SCRATCH = join(SERVER, 'node_modules/.tests')

const WHO = `
import { definePlugin } from './_shared/plugin.ts'
import { HttpRequest } from './_shared/hooks.ts'

// "x-user: ada editor admin" is Ada with two roles.
export default definePlugin({
  name: 'who',
  version: '1.0.0',
  setup: ({ hooks }) =>
    void hooks.on(HttpRequest, (exchange) => {
      const [sub, ...roles] = String(exchange.headers['x-user'] ?? '').split(' ')
      if (sub) exchange.user = { sub, name: sub.toUpperCase(), roles }
    }),
})
`

export interface Served {
  readonly server: RunningServer
  readonly base: string
  /** Copies of the plugins, to be edited. */
  readonly plugins: string
  readonly data: string
  readonly log: readonly string[]
  /** @param user such as `ada editor` */
  ask(method: string, path: string, init?: Asked): Promise<Answered>
}

export interface Asked {
  readonly user?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array | object
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: AnswerJson
}

interface ServeOptions {
  /** More of plugins.yaml. */
  readonly config?: string
  /** Plugins besides those that are named. */
  readonly files?: Readonly<Record<string, string>>
}

/** Starts the http plugin and those that are named, until the test ends. */
export async function serve(names: readonly string[], options: ServeOptions = {}): Promise<Served> {
  const served = await startServing(names, options)
  onTestFinished(() => served[Symbol.asyncDispose]())
  return served
}

/** One server for all tests of a group. */
export function serveAll(names: readonly string[], options: ServeOptions = {}): () => Served {
  let served: (Served & AsyncDisposable) | undefined
  beforeAll(async () => {
    served = await startServing(names, options)
  })
  afterAll(() => served?.[Symbol.asyncDispose]())
  return () => {
    if (!served) throw new Error('The server has not been started.')
    return served
  }
}

async function startServing(
  names: readonly string[],
  { config = '', files = {} }: ServeOptions,
): Promise<Served & AsyncDisposable> {
  await mkdir(SCRATCH, { recursive: true })
  const folder = await mkdtemp(join(SCRATCH, 'served-'))
  const plugins = join(folder, 'plugins')
  const data = join(folder, 'data')
  await mkdir(data)
  for (const each of ['_shared', 'http.ts', ...names])
    await cp(join(SERVER, 'plugins', each), join(plugins, each), { recursive: true })
  for (const [name, text] of Object.entries({ 'who.ts': WHO, ...files })) await writeFile(join(plugins, name), text)
  await writeFile(join(folder, 'plugins.yaml'), `http:\n  settings:\n    port: 0\n${config}`)
  const log: string[] = []
  const write = (...args: unknown[]) => void log.push(args.map((arg) => (typeof arg === 'string' ? arg : '')).join(''))
  const logger = { debug: () => {}, info: write, warn: write, error: write }
  const server = await startServer({ plugins, config: join(folder, 'plugins.yaml'), dataFolder: data, logger })
  const end = async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const [failure] = server.report.failed
  if (failure) {
    await end()
    throw failure.error
  }
  const { port } = (server.manager.get('http') as { address(): AddressInfo }).address()
  const base = `http://127.0.0.1:${port}`
  return { server, base, plugins, data, log, ask: (...args) => ask(base, ...args), [Symbol.asyncDispose]: end }
}

async function ask(base: string, method: string, path: string, { user, headers, body }: Asked = {}): Promise<Answered> {
  const isPlain = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      ...(user !== undefined && { 'x-user': user }),
      ...(!isPlain && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isPlain ? (body as string) : JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = /^application\/json/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text ? JSON.parse(text) : undefined,
  }
}

// The whole server with users, over real HTTP: on its embedded database and cache, or on those of DATABASE_URL and REDIS_URL.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuditEntry, readAudit } from 'cf-plugins'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { type RunningServer, startServer } from '../src/host.ts'

const SERVER = join(import.meta.dirname, '..')
export const ADMIN_PASSWORD = 'open sesame'

export type Env = Readonly<Record<string, string | undefined>>

export interface Asked {
  readonly token?: string
  readonly basic?: readonly [name: string, password: string]
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the server answers; tests compare it as a whole.
  readonly json: any
}

export interface Served {
  readonly server: RunningServer
  readonly log: readonly string[]
  ask(method: string, path: string, asked?: Asked): Promise<Answered>
  /** The token of a login. */
  login(name: string, password: string): Promise<string>
  audit(action: string): Promise<readonly AuditEntry[]>
  /** Waits until what `health` says of auth is `status`. */
  stop(): Promise<void>
}

/** What servers share: a data folder, a database, keys in Redis. Gone when the test is. */
export async function place(): Promise<Env> {
  const folder = await mkdtemp(join(tmpdir(), 'auth-served-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const { DATABASE_URL, REDIS_URL } = process.env
  const name = `auth_${randomBytes(6).toString('hex')}`
  return {
    DATA: folder,
    DATABASE_URL: DATABASE_URL ? await ownDatabase(DATABASE_URL, name) : undefined,
    REDIS_URL: REDIS_URL || undefined,
    ...(REDIS_URL && { CF_PLUGIN_CACHE__PREFIX: `${name}:` }),
  }
}

/** @param env variables of `plugins.yaml`, and overrides */
export async function serveAuth(env: Env = {}, at?: Env): Promise<Served> {
  const { DATA = '', ...shared } = at ?? (await place())
  const log: string[] = []
  const write = (...args: unknown[]) => void log.push(args.filter((arg) => typeof arg === 'string').join(' '))
  const server = await startServer({
    plugins: join(SERVER, 'plugins'),
    config: join(SERVER, 'plugins.yaml'),
    dataFolder: DATA,
    hotReload: false,
    logger: { debug: () => {}, info: write, warn: write, error: write },
    env: { PORT: '0', ADMIN_PASSWORD, CF_PLUGIN_AUTH__SCRYPT__LOG_N: '10', ...shared, ...env },
  })
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= server.stop().then(() => {})
    return stopping
  }
  onTestFinished(stop)
  const failed = server.report.failed[0]
  if (failed) throw failed.error
  const ask = (method: string, path: string, asked?: Asked) => send(new URL(path, server.url), method, asked)
  return {
    server,
    log,
    ask,
    stop,
    login: async (name, password) => {
      const { status, json } = await ask('POST', '/auth/login', { body: { name, password } })
      if (status !== 200) throw new Error(`${name} is not let in: ${JSON.stringify(json)}`)
      return json.token
    },
    audit: async (action) => {
      await server.manager.monitor.audit?.flush()
      const { entries } = await readAudit(join(DATA, 'audit.jsonl'), { plugin: 'auth' })
      return entries.filter((entry) => entry.action === action)
    },
  }
}

async function send(url: URL, method: string, { token, basic, headers, body }: Asked = {}): Promise<Answered> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(basic && { authorization: `Basic ${Buffer.from(basic.join(':')).toString('base64')}` }),
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, json: text === '' ? undefined : JSON.parse(text) }
}

async function ownDatabase(url: string, name: string): Promise<string> {
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }
  await run(`create database ${name}`)
  onTestFinished(() => run(`drop database ${name} with (force)`))
  const own = new URL(url)
  own.pathname = `/${name}`
  return own.href
}

// The whole server with users, over real HTTP: on its embedded database and cache, or on those of DATABASE_URL and REDIS_URL.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuditEntry, readAudit } from 'cf-plugins'
import pg from 'pg'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { type RunningServer, startServer } from '../src/host.ts'
import type { AnswerJson } from './answer-json.ts'
import { layDatabase } from './embedded-template.ts'

const SERVER = join(import.meta.dirname, '..')
export const ADMIN_PASSWORD = 'open sesame'

/** Passwords at a price that tests can pay, and as many attempts as they need. */
const CHEAP: Env = {
  CF_PLUGIN_AUTH__SCRYPT__LOG_N: '10',
  CF_PLUGIN_AUTH__LIMITS__ADDRESS__POINTS: '10000',
  CF_PLUGIN_AUTH__LIMITS__NAME__POINTS: '10000',
}

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
  readonly json: AnswerJson
}

export interface Served {
  readonly server: RunningServer
  readonly data: string
  readonly log: readonly string[]
  ask(method: string, path: string, asked?: Asked): Promise<Answered>
  /** The token of a login. */
  login(name: string, password: string): Promise<string>
  audit(action: string): Promise<readonly AuditEntry[]>
  stop(): Promise<void>
}

type AtEnd = (task: () => Promise<void>) => void

/** Where servers keep what they keep: a data folder, tables, keys in Redis. Gone in the end. */
export async function place(atEnd: AtEnd = onTestFinished): Promise<Env> {
  const folder = await mkdtemp(join(tmpdir(), 'auth-served-'))
  atEnd(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const { DATABASE_URL = '', REDIS_URL = '' } = process.env
  const name = `auth_${randomBytes(6).toString('hex')}`
  if (DATABASE_URL !== '') atEnd(() => dropSchema(name))
  else await layDatabase(join(folder, 'database'))
  return {
    DATA: folder,
    DATABASE_URL,
    REDIS_URL,
    ...(DATABASE_URL && { CF_PLUGIN_DATABASE__SCHEMA: name }),
    ...(REDIS_URL && { CF_PLUGIN_CACHE__PREFIX: `${name}:` }),
  }
}

/** One server for all tests of a suite: a database in this process takes seconds to be made. */
export function sharedServer(env: Env | (() => Promise<Env>) = {}): () => Served {
  let served: Served | undefined
  const ends: (() => Promise<void>)[] = []
  const atEnd: AtEnd = (task) => void ends.unshift(task)
  beforeAll(async () => {
    served = await serveAuth(typeof env === 'function' ? await env() : env, await place(atEnd), atEnd)
  }, 120_000)
  afterAll(async () => {
    for (const end of ends) await end()
  })
  return () => {
    if (!served) throw new Error('The server is not up.')
    return served
  }
}

/** @param env variables of `plugins.yaml`, and overrides */
export async function serveAuth(env: Env, at: Env, atEnd: AtEnd = onTestFinished): Promise<Served> {
  const { DATA = '', ...shared } = at
  const log: string[] = []
  const write = (...args: unknown[]) => void log.push(args.filter((arg) => typeof arg === 'string').join(' '))
  const server = await startServer({
    plugins: process.env.S3_PLUGINS ?? join(SERVER, 'plugins'),
    config: join(SERVER, 'plugins.yaml'),
    dataFolder: DATA,
    hotReload: false,
    logger: { debug: () => {}, info: write, warn: write, error: write },
    env: { PORT: '0', ADMIN_PASSWORD, ...CHEAP, ...shared, ...env },
  })
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= server.stop().then(() => {})
    return stopping
  }
  atEnd(stop)
  const failed = server.report.failed[0]
  if (failed) throw failed.error
  const ask = (method: string, path: string, asked?: Asked) => send(new URL(path, server.url), method, asked)
  return {
    server,
    data: DATA,
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

async function dropSchema(name: string): Promise<void> {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await client.connect()
  try {
    await client.query(`drop schema if exists ${name} cascade`)
  } finally {
    await client.end()
  }
}

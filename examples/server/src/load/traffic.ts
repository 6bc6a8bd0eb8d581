// What the server is asked: everything that it has, by who may and by who may not, and each answer is one that only it can give.
import { randomUUID } from 'node:crypto'
import type { Answer, Ask } from './conversation.ts'
import { PLUGINS } from './scratch.ts'

interface Session {
  readonly token: string
}

/** An upload is as long as a small picture. */
const UPLOAD = 'Everything that is here can be edited while it runs. '.repeat(400)
const JSON_TYPE = { 'content-type': 'application/json' }

/** What is asked by all clients of one run. */
export class Traffic {
  readonly #password: string
  /** Any one that holds. Each login gives a new one. */
  #session: Session

  private constructor(password: string, session: Session) {
    this.#password = password
    this.#session = session
  }

  /** Logs in. @throws where that is refused */
  static async begin(address: string, password: string): Promise<Traffic> {
    const body = JSON.stringify({ name: 'admin', password })
    const response = await fetch(new URL('/auth/login', address), { method: 'POST', headers: JSON_TYPE, body })
    if (!response.ok) throw new Error(`nobody can log in: ${response.status} ${await response.text()}`)
    return new Traffic(password, (await response.json()) as Session)
  }

  /** The requests of one client, without an end. */
  *steps(): Generator<Ask> {
    for (let round = 0; ; round++) {
      yield* this.#public()
      yield* this.#asUser()
      yield* this.#files()
      if (round % 4 === 0) yield* this.#login()
    }
  }

  *#public(): Generator<Ask> {
    for (const plugin of PLUGINS) yield get('version', plugin, `/version/${plugin}`, is(200), versionsIn)
    yield get('live', 'admin', '/livez', isBody('{"live":true}'))
    yield get('list', 'resources', '/resources?limit=5', has('resources'))
    yield get('unknown', 'http', '/nothing/here', is(404))
    yield get('nobody', 'auth', '/auth/me', is(401))
  }

  *#asUser(): Generator<Ask> {
    const bearer = { authorization: `Bearer ${this.#session.token}` }
    const basic = { authorization: `Basic ${Buffer.from(`admin:${this.#password}`).toString('base64')}` }
    const isAdmin = (answer: Answer) => is(200)(answer) ?? (nameIn(answer) === 'admin' ? undefined : 'not admin')
    yield { ...get('me by token', 'auth', '/auth/me', isAdmin), headers: bearer }
    yield { ...get('me by Basic', 'auth', '/auth/me', isAdmin), headers: basic }
    yield { ...get('users', 'auth', '/auth/users', has('users')), headers: bearer }
    yield { ...get('plugins', 'admin', '/admin/plugins', has('plugins')), headers: bearer }
    yield { ...get('routes', 'admin', '/admin/routes', has('routes')), headers: basic }
    const wrong = { authorization: 'Bearer nobody.gave.this' }
    yield { ...get('bad token', 'auth', '/auth/me', is(401)), headers: wrong }
    yield { ...get('unknown scheme', 'auth', '/auth/me', is(401)), headers: { authorization: 'Magic wand' } }
  }

  /** Makes a file, reads, changes and deletes it: what was answered to be there is there, and what was deleted is not. */
  *#files(): Generator<Ask> {
    const authorization = `Bearer ${this.#session.token}`
    const name = `load/${randomUUID()}`
    const path = `/resources/${name}`
    const text = `${name}\n${UPLOAD}`
    let kept: string | undefined
    const body = JSON.stringify({ name, content: text, metadata: { by: 'load' } })
    yield ask('create', 'POST', '/resources', { ...JSON_TYPE, authorization }, body, is(201), () => {
      kept = text
    })
    // Where the plugin was disabled just then, there is nothing to read.
    if (kept === undefined) return
    yield get('read', 'resources', path, (answer) => is(200)(answer) ?? same(answer.body, kept))
    const type = { 'content-type': 'text/plain' }
    yield ask('upload', 'PUT', path, { ...type, authorization }, `${text} again`, is(200), () => {
      kept = `${text} again`
    })
    yield get('read again', 'resources', path, (answer) => is(200)(answer) ?? same(answer.body, kept))
    yield ask('upload by nobody', 'PUT', path, type, 'x', is(401))
    let isDeleted = false
    yield ask('delete', 'DELETE', path, { authorization }, undefined, is(204), () => {
      isDeleted = true
    })
    if (isDeleted) yield get('read deleted', 'resources', path, is(404))
  }

  /** A session from its beginning to its end. */
  *#login(): Generator<Ask> {
    let session: Session | undefined
    let claims: Record<string, number> = {}
    const body = JSON.stringify({ name: 'admin', password: this.#password })
    const check = (answer: Answer) => {
      const wrong = is(200)(answer)
      if (wrong !== undefined) return wrong
      session = JSON.parse(answer.body) as Session
      claims = claimsOf(session.token)
      return undefined
    }
    const lives = () => ({ token_ttl: (claims.exp ?? 0) - (claims.iat ?? 0) })
    yield { ...ask('login', 'POST', '/auth/login', JSON_TYPE, body, check), plugin: 'auth', versions: lives }
    yield {
      ...ask('bad login', 'POST', '/auth/login', JSON_TYPE, '{"name":"admin","password":"guessed"}', is(401)),
      plugin: 'auth',
    }
    if (!session) return
    const authorization = `Bearer ${session.token}`
    yield { ...get('me after login', 'auth', '/auth/me', is(200)), headers: { authorization } }
    yield { ...ask('logout', 'POST', '/auth/logout', { authorization }, undefined, is(204)), plugin: 'auth' }
    yield { ...get('me after logout', 'auth', '/auth/me', is(401)), headers: { authorization } }
  }
}

type Check = Ask['check']

function get(kind: string, plugin: string, path: string, check: Check, versions?: Ask['versions']): Ask {
  return { kind, plugin, method: 'GET', path, check, ...(versions && { versions }) }
}

/** @param then called where the answer is right */
function ask(
  kind: string,
  method: Ask['method'],
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
  check: Check,
  then?: () => void,
): Ask {
  const checked: Check = (answer) => {
    const wrong = check(answer)
    if (wrong === undefined) then?.()
    return wrong
  }
  return { kind, plugin: 'resources', method, path, headers, ...(body !== undefined && { body }), check: checked }
}

function is(status: number): Check {
  return (answer) => (answer.status === status ? undefined : `not ${status}`)
}

function isBody(body: string): Check {
  return (answer) => is(200)(answer) ?? same(answer.body, body)
}

function has(key: string): Check {
  return (answer) => is(200)(answer) ?? (Array.isArray(JSON.parse(answer.body)[key]) ? undefined : `no ${key}`)
}

function same(body: string, wanted: string | undefined): string | undefined {
  return body === wanted ? undefined : `another content than ${wanted?.slice(0, 60)}`
}

function nameIn({ body }: Answer): unknown {
  return (JSON.parse(body) as { name?: unknown }).name
}

function versionsIn({ body }: Answer): Record<string, number> {
  const told = JSON.parse(body) as Record<string, string>
  return Object.fromEntries(Object.entries(told).map(([of, version]) => [of, Number(version)]))
}

function claimsOf(token: string): Record<string, number> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, number>
}

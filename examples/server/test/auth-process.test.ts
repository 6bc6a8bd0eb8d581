// A user's way with the server as a process: the first password from its log, edits of auth while somebody is logged in, a restart.
import { expect, it, onTestFinished, vi } from 'vitest'
import { serverForTest, startServerProcess } from './server-process.ts'

const env = { DATABASE_URL: '', REDIS_URL: '', ADMIN_PASSWORD: '', CF_PLUGIN_AUTH__SCRYPT__LOG_N: '10' }

async function login(url: string, password: string): Promise<string> {
  const response = await fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'admin', password }),
  })
  const { token } = (await response.json()) as { token: string }
  expect(response.status).toBe(200)
  return token
}

async function me(url: string, token?: string) {
  const response = await fetch(
    `${url}/auth/me`,
    token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
  )
  return { status: response.status, body: (await response.json()) as { name?: string; error?: { message: string } } }
}

const passwordIn = (text: string) => /with the password (\S+), which/.exec(text)?.[1] ?? ''

it('who is logged in stays so while auth is edited, broken and mended, and over a restart', async () => {
  const server = await serverForTest({ only: ['http', 'database', 'cache', 'auth'], env })
  const { url } = server
  const token = await login(url, passwordIn(server.text()))
  expect(await me(url, token)).toMatchObject({ status: 200, body: { name: 'admin' } })
  const [from, to] = ['The token is no JWT', 'That is no token at all']
  await server.edit('plugins/auth/errors.ts', from, to)
  await vi.waitFor(
    async () => expect((await me(url, 'nonsense')).body.error?.message).toMatch(/^That is no token at all/),
    { timeout: 15_000, interval: 50 },
  )
  expect((await me(url, token)).status).toBe(200)
  await server.edit('plugins/auth/tokens.ts', 'export class Tokens {', 'export class Tokens }')
  await server.written('tokens.ts')
  expect((await me(url, token)).status).toBe(200)
  expect((await me(url, 'nonsense')).body.error?.message).toMatch(/^That is no token at all/)
  await server.edit('plugins/auth/tokens.ts', 'export class Tokens }', 'export class Tokens {')
  await server.edit('plugins/auth/errors.ts', to, from)
  await vi.waitFor(
    async () => expect((await me(url, 'nonsense')).body.error?.message).toMatch(/^The token is no JWT/),
    {
      timeout: 15_000,
      interval: 50,
    },
  )
  expect((await me(url, token)).status).toBe(200)
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
  const next = await startServerProcess({ folder: server.folder, env })
  onTestFinished(async () => void (await next.stop()))
  expect(await me(next.url, token)).toMatchObject({ status: 200, body: { name: 'admin' } })
  // The first password is told once.
  expect(passwordIn(next.text())).toBe('')
}, 120_000)

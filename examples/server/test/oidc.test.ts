// Logging in by way of an OpenID provider, as a browser does it.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ADMIN_PASSWORD, type Env, type Served, sharedServer } from './auth-serving.ts'
import { Browser, type Page } from './browser.ts'
import { type Accounts, CLIENT, type OidcProvider, oidcProvider } from './oidc-provider.ts'

const ACCOUNTS: Accounts = {
  ada: { preferred_username: 'ada', email: 'ada@example.org', groups: ['editor', 'No Role!'] },
  admin: { preferred_username: 'admin' },
  1: { email: 'bob@example.org' },
  2: {},
  3: { preferred_username: `a:\u200b${'x'.repeat(80)}` },
}

interface WithProvider {
  readonly server: () => Served
  readonly provider: () => OidcProvider
}

const urlsOf = ({ server: { url } }: Served) => ({
  loginUrl: `${url}/auth/oidc/login`,
  callbackUrl: `${url}/auth/oidc/callback`,
})

/** A server, and a provider for it that is not up yet. */
function withProvider(env: Env = {}): WithProvider {
  let provider: OidcProvider | undefined
  const server = sharedServer(async () => {
    provider = await oidcProvider(structuredClone(ACCOUNTS))
    const client = { OIDC_CLIENT_ID: CLIENT.id, OIDC_CLIENT_SECRET: CLIENT.secret }
    return { OIDC_ISSUER: provider.issuer, ...client, CF_PLUGIN_AUTH__OIDC__RETRY: '0.2', ...env }
  })
  afterAll(() => provider?.close())
  const given = () => {
    if (!provider) throw new Error('There is no provider.')
    return provider
  }
  return { server, provider: given }
}

/** Starts the provider, and waits until the server has found it. */
async function up({ server, provider }: WithProvider): Promise<void> {
  await provider().start([urlsOf(server()).callbackUrl])
  const isUp = async () => expect((await server().ask('GET', '/auth/oidc/login')).status).toBe(302)
  await vi.waitFor(isUp, { timeout: 15_000, interval: 100 })
}

/** To where the provider sends the browser back to, which has not gone there yet. */
async function upToCallback({ server }: WithProvider, browser: Browser, name: string): Promise<URL> {
  const { loginUrl, callbackUrl } = urlsOf(server())
  const stopAt = (url: URL) => url.href.startsWith(callbackUrl)
  let page = await browser.open(loginUrl, { stopAt })
  for (let steps = 0; steps < 3 && !stopAt(page.url); steps++) {
    const values = page.text.includes('name="login"') ? { login: name, password: 'any' } : {}
    page = await browser.submit(page, values, { stopAt })
  }
  return page.url
}

async function loginBy(all: WithProvider, name: string, browser = new Browser()): Promise<Page> {
  return browser.open(await upToCallback(all, browser, name))
}

const bodyOf = ({ text }: Page) => JSON.parse(text)
const codeOf = (page: Page) => [page.status, bodyOf(page).error?.code]

describe('a login by the provider', () => {
  const all = withProvider()
  const { server, provider } = all
  beforeAll(() => up(all), 30_000)

  it('goes there with PKCE, state and nonce, and comes back with a token', async () => {
    const { ask, audit } = server()
    const browser = new Browser()
    const page = await loginBy(all, 'ada', browser)
    expect(page.status, page.text).toBe(200)
    expect(page.headers.get('cache-control')).toBe('no-store')
    const { token, user } = bodyOf(page)
    expect(user).toEqual({ sub: expect.any(String), name: 'ada', roles: ['user'] })
    expect((await ask('GET', '/auth/me', { token })).json).toMatchObject(user)
    const asked = browser.visited.find(({ pathname }) => pathname === '/auth')
    const parameters = Object.fromEntries(asked?.searchParams ?? [])
    const random = expect.stringMatching(/^[\w-]{43}$/)
    const pkce = { code_challenge_method: 'S256', code_challenge: random }
    expect(parameters).toMatchObject({ response_type: 'code', ...pkce, state: random, nonce: random })
    expect(browser.cookieNames(server().server.url)).toEqual([])
    expect(await audit('user.login')).toMatchObject([{ by: 'ada', reason: expect.stringMatching(/^by oidc, from/) }])
    await ask('POST', '/auth/logout', { token })
    expect((await ask('GET', '/auth/me', { token })).json.error.code).toBe('TOKEN_REVOKED')
  })

  it('is the same user the next time, who is nobody that had the name before', async () => {
    const [first, second] = [bodyOf(await loginBy(all, 'admin')), bodyOf(await loginBy(all, 'admin'))]
    const name = expect.stringMatching(/^admin~[0-9a-f]{6}$/)
    expect(first.user).toEqual({ sub: first.user.sub, name, roles: ['user'] })
    expect(second.user).toEqual(first.user)
    expect((await server().ask('GET', '/auth/users', { token: first.token })).status).toBe(403)
  })

  it('names people as well as it can', async () => {
    const names = []
    for (const account of ['1', '2', '3']) names.push(bodyOf(await loginBy(all, account)).user.name)
    expect(names).toEqual(['bob@example.org', '2', `a${'x'.repeat(49)}`])
  })

  it('that the user calls off at the provider is one no more', async () => {
    const browser = new Browser()
    const page = await browser.open(urlsOf(server()).loginUrl)
    expect(codeOf(await browser.follow(page, '/abort'))).toEqual([403, 'OIDC_DENIED'])
  })

  it('is taken once', async () => {
    const browser = new Browser()
    const url = await upToCallback(all, browser, 'ada')
    // As somebody would who has seen all of it.
    const headers = { cookie: browser.cookieHeader(url) }
    expect((await browser.open(url)).status).toBe(200)
    expect(codeOf(await browser.open(url))).toEqual([400, 'OIDC_STATE_UNKNOWN'])
    const again = await server().ask('GET', url.href, { headers })
    expect([again.status, again.json.error.code]).toEqual([400, 'OIDC_STATE_UNKNOWN'])
  })

  it('is taken from the browser that went, and from no other', async () => {
    const browser = new Browser()
    const url = await upToCallback(all, browser, 'ada')
    expect(codeOf(await new Browser().open(url))).toEqual([400, 'OIDC_STATE_UNKNOWN'])
    const headers = { cookie: browser.cookieHeader(url).replace(/=.*/, '=made-up') }
    const made = await server().ask('GET', url.href, { headers })
    expect([made.status, made.json.error.code]).toEqual([400, 'OIDC_STATE_UNKNOWN'])
    expect((await browser.open(url)).status).toBe(200)
  })

  it('is refused where it was not asked for, or was changed', async () => {
    const browser = new Browser()
    expect(codeOf(await browser.open(urlsOf(server()).callbackUrl))).toEqual([400, 'OIDC_STATE_UNKNOWN'])
    const url = await upToCallback(all, browser, 'ada')
    const other = new URL(url)
    other.searchParams.set('state', 'another')
    const before = provider().tokenRequests()
    expect(codeOf(await browser.open(other))).toEqual([400, 'OIDC_STATE_UNKNOWN'])
    expect(provider().tokenRequests()).toBe(before)
    url.searchParams.set('code', 'made-up')
    expect(codeOf(await browser.open(url))).toEqual([401, 'OIDC_ANSWER_INVALID'])
  })

  it('that came to nothing is in the audit trail and, where a provider is odd, in the log', async () => {
    const reasons = (await server().audit('user.login')).filter(({ outcome }) => outcome === 'denied')
    const codes = new Set(reasons.map(({ reason = '' }) => /^(\w+), by oidc, from /.exec(reason)?.[1]))
    expect(codes).toEqual(new Set(['OIDC_DENIED', 'OIDC_STATE_UNKNOWN', 'OIDC_ANSWER_INVALID']))
    expect(server().log.join('\n')).toContain('What an OpenID login came back with is not taken')
  })

  it('is refused after login_ttl', async () => {
    const browser = new Browser()
    const url = await upToCallback(all, browser, 'ada')
    const database = server().server.manager.get('database') as { execute(sql: string): Promise<number> }
    await database.execute("update auth_oidc_logins set expires_at = now() - interval '1 second'")
    expect(codeOf(await browser.open(url))).toEqual([400, 'OIDC_STATE_UNKNOWN'])
  })

  it('is waited for over reloads of what it needs', async () => {
    for (const plugin of ['auth', 'cache', 'database']) {
      const browser = new Browser()
      const url = await upToCallback(all, browser, 'ada')
      expect(await server().server.manager.reload(plugin)).toMatchObject({ outcome: 'committed' })
      expect((await browser.open(url)).status, plugin).toBe(200)
    }
  })
})

describe('a provider that cannot be reached, and says who has which role', () => {
  const all = withProvider({ OIDC_ROLES_CLAIM: 'groups' })
  const { server, provider } = all
  const health = async () => (await server().server.manager.health()).plugins.auth?.status

  it('is no reason not to start: it is told, and asked again', async () => {
    const { ask, login } = server()
    await login('admin', ADMIN_PASSWORD)
    const { status, json, headers } = await ask('GET', '/auth/oidc/login')
    expect([status, json.error.code, headers.get('retry-after')]).toEqual([503, 'OIDC_UNREACHABLE', '15'])
    expect((await ask('GET', '/auth/oidc/callback?code=x&state=y')).status).toBe(503)
    await expect.poll(health, { timeout: 10_000 }).toBe('degraded')
    expect((await ask('GET', '/readyz')).status).toBe(200)
    await up(all)
    await expect.poll(health, { timeout: 10_000 }).toBe('healthy')
  })

  it('gives roles from the claim that the settings name, each time anew', async () => {
    const { ask } = server()
    const { user, token } = bodyOf(await loginBy(all, 'ada'))
    expect(user.roles).toEqual(['editor'])
    expect((await ask('GET', '/auth/me', { token })).json.roles).toEqual(['editor'])
    provider().accounts.ada = { preferred_username: 'ada', groups: 'admin, user' }
    expect(bodyOf(await loginBy(all, 'ada')).user.roles).toEqual(['admin', 'user'])
    expect((await ask('GET', '/auth/me', { token })).json.roles).toEqual(['admin', 'user'])
    provider().accounts.ada = { preferred_username: 'ada', groups: [] }
    expect(bodyOf(await loginBy(all, 'ada')).user.roles).toEqual([])
  })

  it('when the browser comes back is told as such; the next login is let in when it is there again', async () => {
    const browser = new Browser()
    const url = await upToCallback(all, browser, 'ada')
    provider().stop()
    expect(codeOf(await browser.open(url))).toEqual([503, 'OIDC_UNREACHABLE'])
    await expect.poll(health, { timeout: 10_000 }).toBe('degraded')
    await up(all)
    await expect.poll(health, { timeout: 10_000 }).toBe('healthy')
    expect((await loginBy(all, 'ada')).status).toBe(200)
  })
})

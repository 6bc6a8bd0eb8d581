// Logging in by way of an OpenID provider, as a browser does it.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ADMIN_PASSWORD, type Env, type Served, serveAuth } from './auth-serving.ts'
import { Browser, type Page } from './browser.ts'
import { type Accounts, CLIENT, type OidcProvider, oidcProvider } from './oidc-provider.ts'

const ADA: Accounts = { ada: { preferred_username: 'ada', email: 'ada@example.org', groups: ['editor', 'No Role!'] } }

interface WithProvider extends Served {
  readonly provider: OidcProvider
  readonly loginUrl: string
  readonly callbackUrl: string
}

async function withProvider(env: Env = {}, accounts: Accounts = ADA, isUp = true): Promise<WithProvider> {
  const provider = await oidcProvider(accounts)
  const served = await serveAuth({
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: CLIENT.id,
    OIDC_CLIENT_SECRET: CLIENT.secret,
    CF_PLUGIN_AUTH__OIDC__RETRY: '0.2',
    ...env,
  })
  const callbackUrl = `${served.server.url}/auth/oidc/callback`
  if (isUp) await provider.start([callbackUrl])
  return { ...served, provider, callbackUrl, loginUrl: `${served.server.url}/auth/oidc/login` }
}

/** To where the provider sends the browser back to, which has not gone there yet. */
async function upToCallback({ loginUrl, callbackUrl }: WithProvider, browser: Browser, name: string): Promise<URL> {
  const stopAt = (url: URL) => url.href.startsWith(callbackUrl)
  let page = await browser.open(loginUrl, { stopAt })
  for (let steps = 0; steps < 3 && !stopAt(page.url); steps++) {
    const values = page.text.includes('name="login"') ? { login: name, password: 'any' } : {}
    page = await browser.submit(page, values, { stopAt })
  }
  return page.url
}

async function loginBy(served: WithProvider, name: string, browser = new Browser()): Promise<Page> {
  return browser.open(await upToCallback(served, browser, name))
}

const bodyOf = ({ text }: Page) => JSON.parse(text)
const codeOf = (page: Page) => [page.status, bodyOf(page).error?.code]

describe('a login by the provider', () => {
  it('goes there with PKCE, state and nonce, and comes back with a token', async () => {
    const served = await withProvider()
    const browser = new Browser()
    const page = await loginBy(served, 'ada', browser)
    expect(page.status, page.text).toBe(200)
    expect(page.headers.get('cache-control')).toBe('no-store')
    const { token, user } = bodyOf(page)
    expect(user).toEqual({ sub: expect.any(String), name: 'ada', roles: ['user'] })
    expect((await served.ask('GET', '/auth/me', { token })).json).toMatchObject(user)
    const asked = browser.visited.find(({ pathname }) => pathname === '/auth')
    const parameters = Object.fromEntries(asked?.searchParams ?? [])
    expect(parameters).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    })
    expect(browser.cookieNames(served.callbackUrl)).toEqual([])
    expect(await served.audit('user.login')).toMatchObject([
      { by: 'ada', reason: expect.stringMatching(/^by oidc, from/) },
    ])
    await served.ask('POST', '/auth/logout', { token })
    expect((await served.ask('GET', '/auth/me', { token })).json.error.code).toBe('TOKEN_REVOKED')
  })

  it('is the same user the next time, who is nobody that had the name before', async () => {
    const served = await withProvider({}, { admin: { preferred_username: 'admin' } })
    const [first, second] = [bodyOf(await loginBy(served, 'admin')), bodyOf(await loginBy(served, 'admin'))]
    expect(first.user).toEqual({
      sub: first.user.sub,
      name: expect.stringMatching(/^admin~[0-9a-f]{6}$/),
      roles: ['user'],
    })
    expect(second.user).toEqual(first.user)
    expect((await served.ask('GET', '/auth/users', { token: first.token })).status).toBe(403)
  })

  it('takes roles from the claim that the settings name, each time anew', async () => {
    const served = await withProvider({ OIDC_ROLES_CLAIM: 'groups' }, structuredClone(ADA))
    const { user, token } = bodyOf(await loginBy(served, 'ada'))
    expect(user.roles).toEqual(['editor'])
    served.provider.accounts.ada = { preferred_username: 'ada', groups: 'admin, user' }
    expect(bodyOf(await loginBy(served, 'ada')).user.roles).toEqual(['admin', 'user'])
    expect((await served.ask('GET', '/auth/me', { token })).json.roles).toEqual(['admin', 'user'])
    served.provider.accounts.ada = { preferred_username: 'ada', groups: [] }
    expect(bodyOf(await loginBy(served, 'ada')).user.roles).toEqual([])
  })

  it('names people as well as it can', async () => {
    const long = 'x'.repeat(80)
    const served = await withProvider(
      {},
      { 1: { email: 'bob@example.org' }, 2: {}, 3: { preferred_username: `a:\u200b${long}` } },
    )
    const names = []
    for (const account of ['1', '2', '3']) names.push(bodyOf(await loginBy(served, account)).user.name)
    expect(names).toEqual(['bob@example.org', '2', `a${long.slice(0, 49)}`])
  })

  it('that the user calls off at the provider is one no more', async () => {
    const served = await withProvider()
    const browser = new Browser()
    const page = await browser.open(served.loginUrl)
    expect(codeOf(await browser.follow(page, '/abort'))).toEqual([403, 'OIDC_DENIED'])
  })
})

describe('what comes back', () => {
  it('is taken once', async () => {
    const served = await withProvider()
    const browser = new Browser()
    const url = await upToCallback(served, browser, 'ada')
    expect((await browser.open(url)).status).toBe(200)
    expect(codeOf(await browser.open(url))).toEqual([400, 'OIDC_STATE_UNKNOWN'])
  })

  it('is taken from the browser that went, and from no other', async () => {
    const served = await withProvider()
    const browser = new Browser()
    const url = await upToCallback(served, browser, 'ada')
    expect(codeOf(await new Browser().open(url))).toEqual([400, 'OIDC_STATE_UNKNOWN'])
    expect((await browser.open(url)).status).toBe(200)
  })

  it('is refused where it was not asked for, or was changed', async () => {
    const served = await withProvider()
    const browser = new Browser()
    expect(codeOf(await browser.open(served.callbackUrl))).toEqual([400, 'OIDC_STATE_UNKNOWN'])
    const url = await upToCallback(served, browser, 'ada')
    const other = new URL(url)
    other.searchParams.set('state', 'another')
    expect(codeOf(await browser.open(other))).toEqual([400, 'OIDC_STATE_UNKNOWN'])
    url.searchParams.set('code', 'made-up')
    expect(codeOf(await browser.open(url))).toEqual([401, 'OIDC_ANSWER_INVALID'])
    expect(served.provider.tokenRequests()).toBe(1)
  })

  it('is refused after login_ttl', async () => {
    const served = await withProvider({ CF_PLUGIN_AUTH__OIDC__LOGIN_TTL: '10' })
    const browser = new Browser()
    const url = await upToCallback(served, browser, 'ada')
    const database = served.server.manager.get('database') as { execute(sql: string): Promise<number> }
    await database.execute("update auth_oidc_logins set expires_at = now() - interval '1 second'")
    expect(codeOf(await browser.open(url))).toEqual([400, 'OIDC_STATE_UNKNOWN'])
  })

  it('is waited for over a reload', async () => {
    const served = await withProvider()
    const browser = new Browser()
    const url = await upToCallback(served, browser, 'ada')
    expect(await served.server.manager.reload('auth')).toMatchObject({ outcome: 'committed' })
    expect((await browser.open(url)).status).toBe(200)
  })
})

describe('a provider that cannot be reached', () => {
  const healthOf = async ({ server }: Served) => (await server.manager.health()).plugins.auth

  it('is no reason not to start: it is told, and asked again', async () => {
    const served = await withProvider({}, ADA, false)
    await served.login('admin', ADMIN_PASSWORD)
    const away = await served.ask('GET', '/auth/oidc/login')
    expect([away.status, away.json.error.code, away.headers.get('retry-after')]).toEqual([
      503,
      'OIDC_UNREACHABLE',
      '15',
    ])
    expect((await served.ask('GET', '/auth/oidc/callback?code=x&state=y')).status).toBe(503)
    await expect.poll(() => healthOf(served), { timeout: 10_000 }).toMatchObject({ status: 'degraded' })
    expect((await served.ask('GET', '/readyz')).status).toBe(200)
    await served.provider.start([served.callbackUrl])
    await expect.poll(() => healthOf(served), { timeout: 10_000 }).toMatchObject({ status: 'healthy' })
    expect((await loginBy(served, 'ada')).status).toBe(200)
  })

  it('when the browser comes back is told as such, and another login is let in when it is there again', async () => {
    const served = await withProvider()
    const browser = new Browser()
    const url = await upToCallback(served, browser, 'ada')
    await served.provider.stop()
    expect(codeOf(await browser.open(url))).toEqual([503, 'OIDC_UNREACHABLE'])
    await expect.poll(() => healthOf(served), { timeout: 10_000 }).toMatchObject({ status: 'degraded' })
    await served.provider.start([served.callbackUrl])
    await sleep(250)
    expect((await loginBy(served, 'ada')).status).toBe(200)
  })
})

it('without an issuer there is no way by it', async () => {
  const { ask } = await serveAuth()
  const { status, json } = await ask('GET', '/auth/oidc/login')
  expect([status, json.error.code]).toEqual([404, 'OIDC_OFF'])
})

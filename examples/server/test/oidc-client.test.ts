// What comes of a server that its provider does not know, and of a provider that is not who it says.
import { expect, it, onTestFinished } from 'vitest'
import type { PendingLogin, PendingLogins } from '../plugins/auth/oidc/pending-logins.ts'
import { Provider } from '../plugins/auth/oidc/provider.ts'
import { SignIn } from '../plugins/auth/oidc/sign-in.ts'
import { settings } from '../plugins/auth/settings.ts'
import { Browser } from './browser.ts'
import { logInto } from './database-setups.ts'
import { CLIENT, oidcProvider } from './oidc-provider.ts'

const REDIRECT = 'http://127.0.0.1:9/auth/oidc/callback'

/** A login without a server: what is pending is in memory. */
async function signIn(changes: object = {}) {
  const provider = await oidcProvider()
  onTestFinished(() => provider.close())
  await provider.start([REDIRECT])
  const client = { issuer: provider.issuer, client_id: CLIENT.id, client_secret: CLIENT.secret, ...changes }
  const { oidc } = settings.parse({ oidc: client })
  const kept = new Map<string, PendingLogin>()
  const pending = {
    keep: async (state: string, _browser: string, login: PendingLogin) => void kept.set(state, login),
    take: async (state: string) => kept.get(state),
  } as unknown as PendingLogins
  const log: string[] = []
  return { log, kept, provider, in: new SignIn(new Provider(oidc, logInto(log)), pending, oidc, logInto(log)) }
}

/** Logs in at the provider. Gives what it sends back. */
async function back(location: URL): Promise<URLSearchParams> {
  const browser = new Browser()
  const stopAt = (url: URL) => url.href.startsWith(REDIRECT)
  let page = await browser.open(location, { stopAt })
  while (!stopAt(page.url)) {
    const values = page.text.includes('name="login"') ? { login: 'ada', password: 'any' } : {}
    page = await browser.submit(page, values, { stopAt })
  }
  return page.url.searchParams
}

it('says whom the provider knows', async () => {
  const all = await signIn()
  const { location, browser } = await all.in.begin(REDIRECT)
  const identity = { issuer: all.provider.issuer, subject: 'ada' }
  expect(await all.in.end(await back(location), browser)).toEqual({ identity, name: 'ada', roles: undefined })
})

it('is told where the secret is another: whoever runs the server, and not whoever logs in', async () => {
  const all = await signIn({ client_secret: 'another one' })
  const { location, browser } = await all.in.begin(REDIRECT)
  const refused = { status: 502, code: 'OIDC_CLIENT_REFUSED' }
  await expect(all.in.end(await back(location), browser)).rejects.toMatchObject(refused)
  expect(all.log).toEqual([expect.stringContaining('Check oidc.client_id and oidc.client_secret')])
})

it.each<[string, Partial<PendingLogin>]>([
  ['another nonce: a token that was meant for another login', { nonce: 'another' }],
  ['another verifier: a code that somebody else began', { verifier: 'x'.repeat(43) }],
])('refuses %s', async (_what, changes) => {
  const all = await signIn()
  const { location, state, browser } = await all.in.begin(REDIRECT)
  const pending = all.kept.get(state)
  if (pending) all.kept.set(state, { ...pending, ...changes })
  const refused = { status: 401, code: 'OIDC_ANSWER_INVALID' }
  await expect(all.in.end(await back(location), browser)).rejects.toMatchObject(refused)
})

// OpenID Connect: /auth/oidc/login and /auth/oidc/callback.
import type { PluginContext, PluginHealth } from 'cf-plugins'
import type { Exchange } from '../../../src/exchange.ts'
import type { Routes } from '../../../src/router.ts'
import { HttpError } from '../../_shared/http-error.ts'
import type { Database } from '../../database/service.ts'
import type { Authentication } from '../authentication.ts'
import type { Journal } from '../journal.ts'
import type { KnownUsers } from '../known-users.ts'
import type { Limits } from '../limits.ts'
import { sessionAnswer } from '../session-answer.ts'
import type { OidcSettings } from '../settings.ts'
import type { Users } from '../users.ts'
import { clearedCookie, loginCookie, readCookie } from './cookies.ts'
import { Identities } from './identities.ts'
import { PendingLogins } from './pending-logins.ts'
import { Provider } from './provider.ts'
import { SignIn } from './sign-in.ts'

const LOGIN = '/auth/oidc/login'
const CALLBACK = '/auth/oidc/callback'

export interface OidcParts {
  readonly context: Pick<PluginContext<Routes>, 'app' | 'logger' | 'every' | 'after'>
  readonly settings: OidcSettings
  readonly database: Database
  readonly users: Users
  readonly known: KnownUsers
  readonly limits: Limits
  readonly journal: Journal
  readonly authentication: Authentication
}

export interface OpenIdConnect {
  health(): PluginHealth
  /** Forgets logins that took too long. */
  sweep(): Promise<void>
}

/** Adds the routes. Where no provider is set they say so. */
export function openIdConnect(parts: OidcParts): OpenIdConnect {
  const { context, settings, database } = parts
  const pending = new PendingLogins(database, settings.login_ttl)
  const sweep = () => pending.sweep()
  if (settings.issuer === '') {
    for (const path of [LOGIN, CALLBACK])
      context.app.get(path, {}, () => {
        throw new HttpError(404, 'OIDC_OFF', 'This server has no OpenID provider. Log in by name and password.')
      })
    return { health: () => ({ status: 'healthy' }), sweep }
  }
  const provider = new Provider(settings, context.logger)
  addRoutes(parts, new SignIn(provider, pending, settings, context.logger))
  // Not within setup: a provider that is slow, or away, is not to keep the server from starting.
  context.after(0, () => provider.look())
  context.every(settings.retry * 1000, () => provider.look())
  return { health: () => provider.health(), sweep }
}

function addRoutes(
  { context: { app }, settings, users, known, limits, journal, authentication }: OidcParts,
  signIn: SignIn,
): void {
  const identities = new Identities(users, known, journal, settings.default_roles)
  const redirectUriOf = ({ url }: Exchange) => settings.redirect_uri || new URL(CALLBACK, url.origin).href
  const isSecure = (exchange: Exchange) => redirectUriOf(exchange).startsWith('https:')

  app.get(LOGIN, {}, async (exchange) => {
    await limits.attempt(exchange.remoteAddress)
    const { location, state, browser } = await signIn.begin(redirectUriOf(exchange))
    const cookie = loginCookie(state, browser, settings.login_ttl, isSecure(exchange))
    return { status: 302, headers: { location: location.href, 'set-cookie': cookie, 'cache-control': 'no-store' } }
  })

  app.get(CALLBACK, {}, async (exchange) => {
    const { remoteAddress: address, url, headers } = exchange
    await limits.attempt(address)
    const state = url.searchParams.get('state') ?? ''
    const arrival = signIn.end(url.searchParams, readCookie(headers.cookie, state))
    const { identity, ...claimed } = await arrival.catch((error: { readonly code?: unknown }) => {
      journal.turnedAway(String(error.code), { method: 'oidc', address })
      throw error
    })
    const { id } = await identities.userOf(identity, claimed)
    const session = await authentication.issue({ sub: id })
    journal.login({ user: session.user, method: 'oidc', address })
    return sessionAnswer(session, { 'set-cookie': clearedCookie(state, isSecure(exchange)) })
  })
}

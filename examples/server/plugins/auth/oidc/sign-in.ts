// One login by way of the provider: there by a redirect, and back with a code.
import { randomBytes } from 'node:crypto'
import { type Logger, messageOf } from 'cf-plugins'
import * as client from 'openid-client'
import { HttpError } from '../../_shared/http-error.ts'
import type { OidcSettings } from '../settings.ts'
import type { Identity } from '../users.ts'
import { type ClaimedUser, claimedUser, hasAllClaims } from './claims.ts'
import type { PendingLogins } from './pending-logins.ts'
import type { Provider } from './provider.ts'

export interface Departure {
  readonly location: URL
  readonly state: string
  /** For a cookie. */
  readonly browser: string
}

export interface Arrival extends ClaimedUser {
  readonly identity: Identity
}

export class SignIn {
  readonly #provider: Provider
  readonly #pending: PendingLogins
  readonly #settings: OidcSettings
  readonly #logger: Logger

  constructor(provider: Provider, pending: PendingLogins, settings: OidcSettings, logger: Logger) {
    this.#provider = provider
    this.#pending = pending
    this.#settings = settings
    this.#logger = logger
  }

  /** @throws `OIDC_UNREACHABLE` */
  async begin(redirectUri: string): Promise<Departure> {
    const configuration = await this.#provider.configuration()
    const verifier = client.randomPKCECodeVerifier()
    const [state, nonce, browser] = [client.randomState(), client.randomNonce(), randomBytes(24).toString('base64url')]
    await this.#pending.keep(state, browser, { verifier, nonce, redirectUri })
    const location = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.#settings.scope,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    })
    return { location, state, browser }
  }

  /** @throws `OIDC_STATE_UNKNOWN`, `OIDC_DENIED`, `OIDC_ANSWER_INVALID`, `OIDC_CLIENT_REFUSED`, `OIDC_UNREACHABLE` */
  async end(query: URLSearchParams, browser: string | undefined): Promise<Arrival> {
    // Before the state is used up.
    const configuration = await this.#provider.configuration()
    const state = query.get('state') ?? ''
    const pending = browser === undefined ? undefined : await this.#pending.take(state, browser)
    if (!pending) throw stateUnknown()
    const url = new URL(pending.redirectUri)
    url.search = query.toString()
    const { verifier, nonce } = pending
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
    try {
      const tokens = await client.authorizationCodeGrant(configuration, url, checks)
      const claims = tokens.claims()
      if (!claims) throw new Error('The provider gave no ID token.')
      const all = { ...(await this.#userInfo(configuration, tokens.access_token, claims)), ...claims }
      const identity = { issuer: configuration.serverMetadata().issuer, subject: claims.sub }
      return { identity, ...claimedUser(claims.sub, all, this.#settings) }
    } catch (error) {
      throw this.#answerOf(error)
    }
  }

  async #userInfo(configuration: client.Configuration, token: string, claims: client.IDToken) {
    const { userinfo_endpoint } = configuration.serverMetadata()
    if (userinfo_endpoint === undefined || hasAllClaims(claims, this.#settings)) return {}
    return client.fetchUserInfo(configuration, token, claims.sub)
  }

  #answerOf(error: unknown): HttpError {
    if (error instanceof client.AuthorizationResponseError) {
      const message = `The provider did not let you in: ${error.error_description ?? error.error}`
      return new HttpError(403, 'OIDC_DENIED', message, { cause: error })
    }
    if (isUnreachable(error)) return this.#provider.failed(error)
    if (isRefused(error)) {
      const message = 'The OpenID provider refuses this server. Check oidc.client_id and oidc.client_secret of auth.'
      this.#logger.error({ err: error }, message)
      const told = 'The OpenID provider refuses this server. Whoever runs it finds more in the log.'
      return new HttpError(502, 'OIDC_CLIENT_REFUSED', told, { cause: error })
    }
    this.#logger.warn({ err: error }, `What an OpenID login came back with is not taken: ${messageOf(error)}`)
    const message = 'What the provider sent does not fit this login. Begin again at /auth/oidc/login.'
    return new HttpError(401, 'OIDC_ANSWER_INVALID', message, {
      headers: { 'www-authenticate': 'Bearer realm="server"' },
      cause: error,
    })
  }
}

function stateUnknown(): HttpError {
  const message =
    'Nobody began this login in this browser, or it has ended, or took too long. Begin again at /auth/oidc/login.'
  return new HttpError(400, 'OIDC_STATE_UNKNOWN', message)
}

/** Not whoever logs in, but this server as the provider's client. */
function isRefused(error: unknown): boolean {
  if (error instanceof client.WWWAuthenticateChallengeError) return true
  return error instanceof client.ResponseBodyError && ['invalid_client', 'unauthorized_client'].includes(error.error)
}

/** `fetch` throws a TypeError where nobody answers; a gateway in front of the provider says 5xx. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof client.ResponseBodyError) return error.status >= 500
  if (error instanceof client.ClientError) {
    const status = error.cause instanceof Response ? error.cause.status : 0
    return error.code === 'OAUTH_TIMEOUT' || status >= 500
  }
  return error instanceof TypeError && error.message === 'fetch failed'
}

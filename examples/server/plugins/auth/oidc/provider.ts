// The OpenID provider: found when somebody needs it, and again where it could not be reached.
import type { Logger, PluginHealth } from 'cf-plugins'
import * as client from 'openid-client'
import { HttpError } from '../../_shared/http-error.ts'
import type { OidcSettings } from '../settings.ts'

/** After so long it is asked again what it offers. */
const FRESH_MS = 60 * 60 * 1000

export class Provider {
  readonly #settings: OidcSettings
  readonly #logger: Logger
  #known: { readonly configuration: client.Configuration; readonly at: number } | undefined
  #asking: Promise<client.Configuration> | undefined
  #failure: { readonly error: unknown; readonly at: number } | undefined

  constructor(settings: OidcSettings, logger: Logger) {
    this.#settings = settings
    this.#logger = logger
  }

  /** @throws `OIDC_UNREACHABLE` */
  async configuration(): Promise<client.Configuration> {
    if (this.#known) return this.#known.configuration
    if (this.#failure && performance.now() - this.#failure.at < this.#retryMs) throw unreachable(this.#failure.error)
    try {
      return await this.#ask()
    } catch (error) {
      throw unreachable(error)
    }
  }

  /** Asks again where that is due. Never throws: `health` says how it went. */
  async look(): Promise<void> {
    const isFresh = this.#known && performance.now() - this.#known.at < FRESH_MS
    // What it throws is kept, for health.
    if (!isFresh || this.#failure) await this.#ask().catch(() => {})
  }

  /** Somebody else could not reach it. */
  failed(error: unknown): HttpError {
    this.#fail(error)
    return unreachable(error)
  }

  health(): PluginHealth {
    if (!this.#failure) return { status: 'healthy' }
    const message = `The OpenID provider ${this.#settings.issuer} cannot be reached: ${textOf(this.#failure.error)}`
    return { status: 'degraded', message }
  }

  get #retryMs(): number {
    return this.#settings.retry * 1000
  }

  #ask(): Promise<client.Configuration> {
    this.#asking ??= this.#discover().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #discover(): Promise<client.Configuration> {
    const { issuer, client_id, client_secret, timeout } = this.#settings
    const execute = [client.enableNonRepudiationChecks]
    // The settings let http be for this machine alone.
    if (issuer.startsWith('http:')) execute.push(client.allowInsecureRequests)
    const proof = client_secret === '' ? client.None() : client.ClientSecretBasic(client_secret)
    try {
      const configuration = await client.discovery(new URL(issuer), client_id, undefined, proof, { execute, timeout })
      if (this.#failure) this.#logger.info(`The OpenID provider ${issuer} can be reached again.`)
      this.#known = { configuration, at: performance.now() }
      this.#failure = undefined
      return configuration
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  #fail(error: unknown): void {
    const { issuer } = this.#settings
    if (!this.#failure)
      this.#logger.warn({ err: error }, `The OpenID provider ${issuer} cannot be reached: ${textOf(error)}`)
    this.#failure = { error, at: performance.now() }
  }
}

function unreachable(cause: unknown): HttpError {
  const message = 'The OpenID provider cannot be reached. Try again soon, or log in by name and password.'
  return new HttpError(503, 'OIDC_UNREACHABLE', message, { headers: { 'retry-after': '15' }, cause })
}

/** `fetch` says what went wrong in the cause of its error. */
function textOf(error: unknown): string {
  const { message, cause } = error as { readonly message?: unknown; readonly cause?: { readonly message?: unknown } }
  const inner = cause?.message
  return typeof inner === 'string' && inner !== '' ? `${String(message)} (${inner})` : String(message)
}

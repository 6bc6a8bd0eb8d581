// Logins of whom the provider has not sent back yet: in the database, so that any process may be where they come back to.
import { createHash } from 'node:crypto'
import type { Database } from '../../database/service.ts'

/** What must be known when the browser comes back. */
export interface PendingLogin {
  /** To PKCE: who ends the login is who began it. */
  readonly verifier: string
  readonly nonce: string
  readonly redirectUri: string
}

export class PendingLogins {
  readonly #database: Database
  readonly #ttlSeconds: number

  constructor(database: Database, ttlSeconds: number) {
    this.#database = database
    this.#ttlSeconds = ttlSeconds
  }

  /** @param browser what its cookie says, so that nobody is made to end the login of another */
  async keep(state: string, browser: string, { verifier, nonce, redirectUri }: PendingLogin): Promise<void> {
    const sql = `
      insert into auth_oidc_logins (state_hash, browser_hash, verifier, nonce, redirect_uri, expires_at)
      values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))`
    const values = [hashOf(state), hashOf(browser), verifier, nonce, redirectUri, this.#ttlSeconds]
    await this.#database.execute(sql, values)
  }

  /** Once: who asks again gets nothing. */
  async take(state: string, browser: string): Promise<PendingLogin | undefined> {
    const sql = `
      delete from auth_oidc_logins where state_hash = $1 and browser_hash = $2 and expires_at > now()
      returning verifier, nonce, redirect_uri as "redirectUri"`
    return this.#database.fetchRow<PendingLogin>(sql, [hashOf(state), hashOf(browser)])
  }

  async sweep(): Promise<void> {
    await this.#database.execute('delete from auth_oidc_logins where expires_at < now()')
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

// Who somebody is: by a header, or by name and password. What other plugins get as `Auth`.
import type { Accounts } from './accounts.ts'
import { credentialsWrong, tokenRefused, userUnknown } from './errors.ts'
import { credentialsOf } from './header.ts'
import type { Journal } from './journal.ts'
import type { KnownUsers } from './known-users.ts'
import type { Limits } from './limits.ts'
import type { Passwords } from './passwords.ts'
import type { Revocations } from './revocations.ts'
import type { Auth, LoginEvent, NewUser, Session, User } from './service.ts'
import type { Tokens } from './tokens.ts'
import type { UserRecord } from './user-record.ts'
import type { Users } from './users.ts'
import type { Verified } from './verified.ts'

export interface AuthenticationParts {
  readonly users: Users
  readonly known: KnownUsers
  readonly accounts: Accounts
  readonly passwords: Passwords
  readonly verified: Verified
  readonly tokens: Tokens
  readonly revocations: Revocations
  readonly limits: Limits
  readonly journal: Journal
}

export class Authentication implements Auth {
  readonly #of: AuthenticationParts

  constructor(parts: AuthenticationParts) {
    this.#of = parts
  }

  async check(header: string | undefined, address?: string): Promise<User | undefined> {
    if (header === undefined) return undefined
    const credentials = credentialsOf(header)
    if (credentials.scheme === 'bearer') return this.#byToken(credentials.token)
    const { name, password } = credentials
    return userOf(await this.#byBasic(name, password, address))
  }

  async login(name: string, password: string, address?: string): Promise<Session> {
    const record = await this.#byPassword(name, password, { method: 'password', address })
    const session = await this.#session(record)
    this.#of.journal.login({ user: session.user, method: 'password', address })
    return session
  }

  async issue({ sub }: Pick<User, 'sub'>): Promise<Session> {
    const record = await this.#of.users.byId(sub)
    if (!record) throw userUnknown()
    return this.#session(record)
  }

  async revoke(token: string): Promise<void> {
    const { tokens, revocations, journal } = this.#of
    const { name, jti, exp } = await tokens.verify(token).catch((error: { code?: unknown }) => {
      if (error.code === 'TOKEN_EXPIRED') return { name: '', jti: undefined, exp: 0 }
      throw error
    })
    if (jti !== undefined && (await revocations.revoke(jti, exp))) journal.revoked(name, jti)
  }

  async createUser(user: NewUser): Promise<User> {
    return userOf(await this.#of.accounts.create(user))
  }

  /** Ends the session that a request came with; of Basic, which has none, nothing but the event is left. */
  async logout(user: User, address: string | undefined): Promise<void> {
    const { revocations, journal } = this.#of
    if (user.jti !== undefined && user.exp !== undefined) await revocations.revoke(user.jti, user.exp)
    journal.logout({ user, method: user.jti === undefined ? 'basic' : 'password', address })
  }

  /** The roles are those that the user has now, whatever the token says: it may have been issued before they changed. */
  async #byToken(token: string): Promise<User> {
    const { tokens, revocations, known } = this.#of
    const { sub, jti, exp, ver } = await tokens.verify(token)
    const [isRevoked, record] = await Promise.all([revocations.isRevoked(jti), known.find(sub)])
    if (isRevoked) throw tokenRefused('TOKEN_REVOKED')
    if (!record) throw tokenRefused('USER_GONE')
    if (record.version !== ver) throw tokenRefused('TOKEN_OUTDATED')
    return { ...userOf(record), exp, jti }
  }

  #byBasic(name: string, password: string, address: string | undefined): Promise<UserRecord> {
    const { verified, known, journal } = this.#of
    const event = { method: 'basic', address } as const
    const check = async () => {
      const record = await this.#byPassword(name, password, event)
      journal.login({ user: userOf(record), ...event })
      return record
    }
    return verified.user(name, password, (id) => known.find(id), check)
  }

  async #byPassword(name: string, password: string, event: Omit<LoginEvent, 'user'>): Promise<UserRecord> {
    const { users, passwords, limits, journal } = this.#of
    await limits.attempt(event.address, name)
    const user = await users.byName(name)
    const isRight = await passwords.verify(password, user?.password)
    if (!user || !isRight) {
      journal.refused(user, event)
      throw credentialsWrong(event.method === 'basic' ? 'Basic' : 'Bearer')
    }
    const { password: stored, ...record } = user
    if (stored !== null && passwords.isOutdated(stored))
      await users.restore(user.id, user.version, await passwords.hash(password))
    return record
  }

  async #session({ id, name, roles, version }: UserRecord): Promise<Session> {
    const { token, claims } = await this.#of.tokens.issue({ sub: id, name, roles, ver: version })
    const { exp, jti } = claims
    return { token, expiresAt: exp, user: { sub: id, name, roles, exp, jti } }
  }
}

/** What others see of a user. */
export function userOf({ id, name, roles }: UserRecord): User {
  return { sub: id, name, roles }
}

// What the auth plugin offers others: its service, and the events that tell of logins.
import { eventRef, serviceRef } from 'cf-plugins'
import type { User } from '../../src/exchange.ts'

export type { User } from '../../src/exchange.ts'

/** What a login gives: a token, for `Authorization: Bearer <token>`, and whose it is. */
export interface Session {
  readonly token: string
  /** Seconds since 1970, as `exp` in the token. */
  readonly expiresAt: number
  readonly user: User
}

export interface NewUser {
  readonly name: string
  /** Without one, nobody can log in by password: for users of an OpenID provider, and of `issue`. */
  readonly password?: string
  readonly roles: readonly string[]
}

export interface Auth {
  /**
   * Whom an `Authorization` header names; nobody where there is none.
   *
   * @param address whom to count failures of Basic against, besides the name
   * @throws an error with `status`, `code` and the `www-authenticate` of the answer: see `errors.ts`
   */
  check(header: string | undefined, address?: string): Promise<User | undefined>
  /** @param address whom to count the attempt against, besides the name @throws `CREDENTIALS_WRONG`, `RATE_LIMITED` */
  login(name: string, password: string, address?: string): Promise<Session>
  /** A session without a password, for who is known by other means. @throws `USER_UNKNOWN` */
  issue(user: Pick<User, 'sub'>): Promise<Session>
  /** No process with this database takes the token any more. One that has expired is nobody's already. @throws `TOKEN_…` where it is no token of ours */
  revoke(token: string): Promise<void>
  /** @throws `USER_EXISTS` */
  createUser(user: NewUser): Promise<User>
}

export const Auth = serviceRef<Auth>('auth')

/** Who logged in or out, and how. */
export interface LoginEvent {
  readonly user: User
  readonly method: 'password' | 'oidc' | 'basic'
  readonly address: string | undefined
}

export const UserLogin = eventRef<LoginEvent>('user.login')
export const UserLogout = eventRef<LoginEvent>('user.logout')

// What is told of logins and users: to the audit trail, and as events.
import type { PluginContext } from 'cf-plugins'
import { type LoginEvent, type User, UserLogin, UserLogout } from './service.ts'

type Teller = Pick<PluginContext, 'audit' | 'publish'>
type Change = 'create' | 'update' | 'delete'

export class Journal {
  readonly #context: Teller

  constructor(context: Teller) {
    this.#context = context
  }

  login(event: LoginEvent): void {
    this.#context.audit({ action: 'user.login', by: event.user.name, subject: event.user.sub, reason: howOf(event) })
    this.#context.publish(UserLogin, event)
  }

  logout(event: LoginEvent): void {
    this.#context.audit({ action: 'user.logout', by: event.user.name, subject: event.user.sub, reason: howOf(event) })
    this.#context.publish(UserLogout, event)
  }

  /** @param user whom somebody tried to be; nothing where there is none: people type passwords into the wrong field */
  refused(user: { readonly id: string; readonly name: string } | undefined, event: Omit<LoginEvent, 'user'>): void {
    const why = user ? 'wrong password' : 'no such user'
    const reason = `${why}, ${howOf(event)}`
    this.#context.audit({ action: 'user.login', outcome: 'denied', by: user?.name, subject: user?.id, reason })
  }

  /** Who came back from the provider, and was not let in. @param code why, as the client is told */
  turnedAway(code: string, event: Omit<LoginEvent, 'user'>): void {
    this.#context.audit({ action: 'user.login', outcome: 'denied', reason: `${code}, ${howOf(event)}` })
  }

  /** @param what whether too many came from one address, or for one name */
  limited(what: string, address: string | undefined): void {
    const reason = `too many attempts by ${what}, ${fromOf(address)}`
    this.#context.audit({ action: 'user.login', outcome: 'denied', reason })
  }

  revoked(user: string, jti: string): void {
    this.#context.audit({ action: 'token.revoke', by: user, subject: jti })
  }

  /** @param by nobody where it was the server itself, or another plugin */
  changed(change: Change, id: string, by: User | undefined, what?: string): void {
    this.#context.audit({ action: `user.${change}`, by: by?.name, subject: id, reason: what })
  }
}

const howOf = ({ method, address }: Omit<LoginEvent, 'user'>) => `by ${method}, ${fromOf(address)}`
const fromOf = (address: string | undefined) => `from ${address ?? 'within the server'}`

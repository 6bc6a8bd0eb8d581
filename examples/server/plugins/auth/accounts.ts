// Making, changing and removing users: stored, forgotten by the cache, and told.
import type { Journal } from './journal.ts'
import type { KnownUsers } from './known-users.ts'
import type { Passwords } from './passwords.ts'
import type { NewUser, User } from './service.ts'
import type { UserChanges, UserRecord } from './user-record.ts'
import type { Users } from './users.ts'

export interface AccountsParts {
  readonly users: Users
  readonly known: KnownUsers
  readonly passwords: Passwords
  readonly journal: Journal
}

export class Accounts {
  readonly #of: AccountsParts

  constructor(parts: AccountsParts) {
    this.#of = parts
  }

  /** @param by who wants it; nobody where it is the server itself @throws `USER_EXISTS` */
  async create({ name, roles, password }: NewUser, by?: User): Promise<UserRecord> {
    const { users, passwords, journal } = this.#of
    const hash = password === undefined ? undefined : await passwords.hash(password)
    const user = await users.create({ name: name.normalize('NFC'), roles, password: hash })
    journal.changed('create', user.id, by, `${user.name}: ${roles.join(', ')}`)
    return user
  }

  /** @throws `USER_UNKNOWN`, `USER_EXISTS`, `LAST_ADMIN` */
  async update(id: string, changes: UserChanges, by: User): Promise<UserRecord> {
    const { users, known, passwords, journal } = this.#of
    const password = changes.password === undefined ? undefined : await passwords.hash(changes.password)
    const user = await users.update(id, { ...changes, password })
    await known.forget(id)
    const what = Object.keys(changes).map((key) => (key === 'roles' ? `roles: ${user.roles.join(', ')}` : key))
    journal.changed('update', id, by, what.join('; '))
    return user
  }

  /** @throws `USER_UNKNOWN`, `LAST_ADMIN` */
  async delete(id: string, by: User): Promise<void> {
    const { users, known, journal } = this.#of
    const { name } = await users.delete(id)
    await known.forget(id)
    journal.changed('delete', id, by, name)
  }

  list(limit: number, after?: string): Promise<UserRecord[]> {
    return this.#of.users.list(limit, after)
  }
}

// From whom a provider knows to a user of this server.
import { createHash } from 'node:crypto'
import type { Journal } from '../journal.ts'
import type { KnownUsers } from '../known-users.ts'
import type { UserRecord } from '../user-record.ts'
import type { Identity, Users } from '../users.ts'
import type { ClaimedUser } from './claims.ts'

export class Identities {
  readonly #users: Users
  readonly #known: KnownUsers
  readonly #journal: Journal
  readonly #defaultRoles: readonly string[]

  constructor(users: Users, known: KnownUsers, journal: Journal, defaultRoles: readonly string[]) {
    this.#users = users
    this.#known = known
    this.#journal = journal
    this.#defaultRoles = defaultRoles
  }

  /** The user of that identity, made at the first login; with the roles that the provider says, where it says any. */
  async userOf(identity: Identity, { name, roles }: ClaimedUser): Promise<UserRecord> {
    const user = (await this.#users.byIdentity(identity)) ?? (await this.#create(identity, name, roles))
    if (!roles || roles.toSorted().join() === user.roles.toSorted().join()) return user
    await this.#users.setRoles(user.id, roles)
    await this.#known.forget(user.id)
    this.#journal.changed('update', user.id, undefined, `roles, as ${identity.issuer} has them: ${roles.join(', ')}`)
    return { ...user, roles }
  }

  /** One who has the name already is somebody else: the provider cannot say that it is the same. */
  async #create(identity: Identity, name: string, roles = this.#defaultRoles): Promise<UserRecord> {
    const mark = createHash('sha256').update(`${identity.issuer} ${identity.subject}`).digest('hex')
    for (const free of [name, `${name}~${mark.slice(0, 6)}`, `${name}~${mark.slice(0, 12)}`]) {
      const created = await this.#users.createIfNew({ name: free, roles, identity })
      if (created) {
        this.#journal.changed('create', created.id, undefined, `${free}, who comes from ${identity.issuer}`)
        return created
      }
      // Of two first logins at once, the other was faster.
      const existing = await this.#users.byIdentity(identity)
      if (existing) return existing
    }
    throw new Error(`There is no free name for ${name} of ${identity.issuer}.`)
  }
}

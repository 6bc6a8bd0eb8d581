// The users in the database.
import { randomUUID } from 'node:crypto'
import type { Connection, Database } from '../database/service.ts'
import { lastAdmin, userExists, userUnknown } from './errors.ts'
import { nameKey, type UserCredentials, type UserRecord } from './user-record.ts'

const COLUMNS = 'id, name, roles, version'
const ADMIN = 'admin'
const UNIQUE_VIOLATION = '23505'
/** PostgreSQL would take anything else for an error of ours. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whom an OpenID provider knows. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
}

export interface NewRecord {
  readonly name: string
  readonly roles: readonly string[]
  /** As it is stored. */
  readonly password?: string | undefined
  readonly identity?: Identity
}

export interface RecordChanges {
  readonly name?: string | undefined
  readonly roles?: readonly string[] | undefined
  readonly password?: string | undefined
}

export class Users {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async byId(id: string): Promise<UserRecord | undefined> {
    if (!UUID.test(id)) return undefined
    return this.#database.fetchRow<UserRecord>(`select ${COLUMNS} from auth_users where id = $1`, [id])
  }

  byName(name: string): Promise<UserCredentials | undefined> {
    const sql = `select ${COLUMNS}, password from auth_users where name_key = $1`
    return this.#database.fetchRow<UserCredentials>(sql, [nameKey(name)])
  }

  byIdentity({ issuer, subject }: Identity): Promise<UserRecord | undefined> {
    const sql = `select ${COLUMNS} from auth_users where oidc_issuer = $1 and oidc_subject = $2`
    return this.#database.fetchRow<UserRecord>(sql, [issuer, subject])
  }

  /** By name. @param after the last name of the page before */
  list(limit: number, after = ''): Promise<UserRecord[]> {
    const sql = `select ${COLUMNS} from auth_users where name_key > $1 order by name_key limit $2`
    return this.#database.fetch<UserRecord>(sql, [nameKey(after), limit])
  }

  /** @throws `USER_EXISTS` */
  async create(user: NewRecord): Promise<UserRecord> {
    const created = await this.#insert(user, '(name_key)')
    if (!created) throw userExists(user.name)
    return created
  }

  /** What a provider says of them; it may take the role from the last admin, too. */
  async setRoles(id: string, roles: readonly string[]): Promise<void> {
    const sql = 'update auth_users set roles = $2::text[], updated_at = now() where id = $1'
    await this.#database.execute(sql, [id, roles])
  }

  /** Nothing where somebody has the name, or the identity, already. */
  createIfNew(user: NewRecord): Promise<UserRecord | undefined> {
    return this.#insert(user, '')
  }

  /** @throws `USER_UNKNOWN`, `USER_EXISTS`, `LAST_ADMIN` */
  async update(id: string, { name, roles, password }: RecordChanges): Promise<UserRecord> {
    if (!UUID.test(id)) throw userUnknown()
    const sql = `
      update auth_users set
        name = coalesce($2, name), name_key = coalesce($3, name_key), roles = coalesce($4::text[], roles),
        password = coalesce($5, password), version = version + $6, updated_at = now()
      where id = $1 returning ${COLUMNS}`
    const key = name === undefined ? null : nameKey(name)
    const values = [id, name ?? null, key, roles ?? null, password ?? null, password === undefined ? 0 : 1]
    try {
      return await this.#database.transaction(async (connection) => {
        if (roles && !roles.includes(ADMIN)) await refuseLastAdmin(connection, id)
        const changed = await connection.fetchRow<UserRecord>(sql, values)
        if (!changed) throw userUnknown()
        return changed
      })
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === UNIQUE_VIOLATION) throw userExists(name ?? '')
      throw error
    }
  }

  /** The same password at another cost: tokens stay. Nothing where it was changed meanwhile. */
  async restore(id: string, version: number, password: string): Promise<void> {
    const sql = 'update auth_users set password = $3 where id = $1 and version = $2'
    await this.#database.execute(sql, [id, version, password])
  }

  /** @throws `USER_UNKNOWN`, `LAST_ADMIN` */
  async delete(id: string): Promise<UserRecord> {
    if (!UUID.test(id)) throw userUnknown()
    return this.#database.transaction(async (connection) => {
      await refuseLastAdmin(connection, id)
      const gone = await connection.fetchRow<UserRecord>(`delete from auth_users where id = $1 returning ${COLUMNS}`, [
        id,
      ])
      if (!gone) throw userUnknown()
      return gone
    })
  }

  #insert(user: NewRecord, conflict: string): Promise<UserRecord | undefined> {
    const { name, roles, password = null, identity } = user
    const sql = `
      insert into auth_users (id, name, name_key, roles, password, oidc_issuer, oidc_subject)
      values ($1, $2, $3, $4::text[], $5, $6, $7) on conflict ${conflict} do nothing returning ${COLUMNS}`
    const { issuer = null, subject = null } = identity ?? {}
    return this.#database.fetchRow<UserRecord>(sql, [
      randomUUID(),
      name,
      nameKey(name),
      roles,
      password,
      issuer,
      subject,
    ])
  }
}

/** Locks those who are admins, so that of two who step down at once one is refused. */
async function refuseLastAdmin(connection: Connection, id: string): Promise<void> {
  const sql = 'select id from auth_users where $1 = any(roles) order by id for update'
  const admins = await connection.fetch<{ id: string }>(sql, [ADMIN])
  if (admins.length === 1 && admins[0]?.id === id) throw lastAdmin()
}

// The first user of an empty database.
import { randomBytes } from 'node:crypto'
import type { Logger } from 'cf-plugins'
import type { Journal } from './journal.ts'
import type { Passwords } from './passwords.ts'
import type { Users } from './users.ts'

/** @param given the password from the settings; where it is empty, a random one is told to the log, once */
export async function ensureFirstAdmin(
  users: Users,
  passwords: Passwords,
  given: string,
  { logger, journal }: { readonly logger: Logger; readonly journal: Journal },
): Promise<void> {
  // Before the hash, which takes its time: after the first start there is always somebody.
  if ((await users.list(1)).length > 0) return
  const password = given === '' ? randomBytes(15).toString('base64url') : given
  // Nothing where another process was faster.
  const admin = await users.createIfNew({ name: 'admin', roles: ['admin'], password: await passwords.hash(password) })
  if (!admin) return
  journal.changed('create', admin.id, undefined, 'admin, the first user')
  if (given === '')
    logger.warn(`The first user is "admin" with the password ${password}, which is told here and never again.`)
  else logger.info('The first user is "admin", with the password from the settings.')
}

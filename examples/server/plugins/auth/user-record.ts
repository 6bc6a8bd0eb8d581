// A user as the table has them, and what of that may leave the plugin.
import { z } from 'zod'

/** What is cached, and told: nothing of the password. */
export interface UserRecord {
  readonly id: string
  readonly name: string
  readonly roles: readonly string[]
  /** Counts the user's passwords: tokens that were issued under an earlier one are void. */
  readonly version: number
}

/** With what a password is checked against. */
export interface UserCredentials extends UserRecord {
  readonly password: string | null
}

const name = z
  .string()
  .normalize('NFC')
  .min(1)
  .max(64)
  // Basic ends a name at the first colon; what cannot be seen makes two names look like one.
  .regex(/^[^\p{C}\s:](?:[^\p{C}:]*[^\p{C}\s:])?$/u, 'no colon, no spaces around it, nothing invisible')
const password = z.string().min(8).max(1024)
const roles = z.array(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a role is a-z, 0-9 and -')).max(32)

export const newUser = z.strictObject({ name, password: password.optional(), roles: roles.default(['user']) })
export const userChanges = z
  .strictObject({ name: name.optional(), password: password.optional(), roles: roles.optional() })
  .refine((changes) => Object.keys(changes).length > 0, 'nothing to change')
/** Not as strict as for a new one: what is wrong with a guess is nobody's business. */
export const login = z.strictObject({ name: z.string().min(1).max(256), password: z.string().min(1).max(1024) })

export type UserChanges = z.output<typeof userChanges>

/** Under which two names are the same. */
export function nameKey(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

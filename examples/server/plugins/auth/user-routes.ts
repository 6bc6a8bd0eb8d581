// /auth/users, for who has the role admin.
import { z } from 'zod'
import type { Routes } from '../../src/router.ts'
import { HttpError } from '../_shared/http-error.ts'
import type { Accounts } from './accounts.ts'
import { userOf } from './session-routes.ts'
import { newUser, type UserRecord, userChanges } from './user-record.ts'

const ADMINS = { roles: ['admin'], maxBytes: 16_384 } as const
const page = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  after: z.string().max(256).optional(),
})

export function addUserRoutes(app: Routes, accounts: Accounts): void {
  app.get('/auth/users', ADMINS, async ({ url }) => {
    const asked = page.safeParse(Object.fromEntries(url.searchParams))
    if (!asked.success) throw new HttpError(400, 'QUERY_INVALID', z.prettifyError(asked.error))
    const { limit, after } = asked.data
    const users = await accounts.list(limit, after)
    const next = users.length === limit ? users.at(-1)?.name : undefined
    return { body: { users: users.map(shown), ...(next !== undefined && { next }) } }
  })
  app.post('/auth/users', ADMINS, async (exchange) => {
    const { password, ...user } = await exchange.json(newUser)
    const created = await accounts.create(password === undefined ? user : { ...user, password }, userOf(exchange))
    return { status: 201, headers: { location: `/auth/users/${created.id}` }, body: shown(created) }
  })
  app.patch('/auth/users/:id', ADMINS, async (exchange) => {
    const changes = await exchange.json(userChanges)
    return { body: shown(await accounts.update(idOf(exchange.params), changes, userOf(exchange))) }
  })
  app.delete('/auth/users/:id', ADMINS, async (exchange) => {
    await accounts.delete(idOf(exchange.params), userOf(exchange))
  })
}

const idOf = ({ id = '' }: Readonly<Record<string, string>>) => id
const shown = ({ id, name, roles }: UserRecord) => ({ id, name, roles })

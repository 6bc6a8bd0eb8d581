// /auth/login, /auth/logout and /auth/me.
import type { Exchange, User } from '../../src/exchange.ts'
import type { Routes } from '../../src/router.ts'
import type { Authentication } from './authentication.ts'
import { sessionAnswer } from './session-answer.ts'
import { login } from './user-record.ts'

export function addSessionRoutes(app: Routes, authentication: Authentication): void {
  app.post('/auth/login', { maxBytes: 16_384 }, async (exchange) => {
    const { name, password } = await exchange.json(login)
    return sessionAnswer(await authentication.login(name, password, exchange.remoteAddress))
  })
  app.post('/auth/logout', { roles: [] }, async (exchange) => {
    await authentication.logout(userOf(exchange), exchange.remoteAddress)
  })
  app.get('/auth/me', { roles: [] }, (exchange) => ({
    headers: { 'cache-control': 'no-store' },
    body: userOf(exchange),
  }))
}

/** Of a route with roles, which nobody reaches without being somebody. */
export function userOf({ user }: Exchange): User {
  if (!user) throw new Error('A route with roles was called for nobody.')
  return user
}

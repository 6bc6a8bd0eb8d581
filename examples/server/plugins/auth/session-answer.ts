// The answer of whatever ends in a session.
import type { Answer } from '../../src/exchange.ts'
import type { Session } from './service.ts'

export function sessionAnswer({ token, expiresAt, user }: Session, headers: Answer['headers'] = {}): Answer {
  const { sub, name, roles } = user
  return {
    // What RFC 6749 wants of answers with a token.
    headers: { 'cache-control': 'no-store', ...headers },
    body: { token, token_type: 'Bearer', expires_at: expiresAt, user: { sub, name, roles } },
  }
}

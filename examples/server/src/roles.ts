// Who may use a route. Nobody may where it is not known who asks.
import { HttpError } from '../plugins/_shared/http-error.ts'
import type { RouteOptions, User } from './exchange.ts'

const CHALLENGE = { 'www-authenticate': 'Bearer realm="server", Basic realm="server", charset="UTF-8"' }

/** @throws 401 where it takes a user, and there is none; 403 where it takes a role that the user has not */
export function assertAllowed(user: User | undefined, { roles }: RouteOptions): void {
  if (!roles) return
  if (!user) throw new HttpError(401, 'UNAUTHENTICATED', 'Say who you are.', { headers: CHALLENGE })
  if (roles.length === 0 || roles.some((role) => user.roles.includes(role))) return
  const details = { roles }
  throw new HttpError(403, 'FORBIDDEN', `This takes the role ${roles.join(' or ')}.`, { details })
}

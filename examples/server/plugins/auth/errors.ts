// Why somebody is not let in: each reason with its code, and the challenge that its answer has.
import { HttpError } from '../_shared/http-error.ts'

const REALM = 'realm="server"'
const BASIC = `Basic ${REALM}, charset="UTF-8"`

/** What is wrong with a token, to RFC 6750. */
export type TokenFault =
  | 'TOKEN_MALFORMED'
  | 'TOKEN_ALGORITHM'
  | 'TOKEN_SIGNATURE'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_CLAIMS'
  | 'TOKEN_REVOKED'
  | 'TOKEN_OUTDATED'
  | 'USER_GONE'

const FAULTS: Readonly<Record<TokenFault, string>> = {
  TOKEN_MALFORMED: 'The token is no JWT',
  TOKEN_ALGORITHM: 'The token is signed by an algorithm that is not HS256',
  TOKEN_SIGNATURE: 'The signature of the token is not from here',
  TOKEN_EXPIRED: 'The token has expired',
  TOKEN_CLAIMS: 'The token is for something else',
  TOKEN_REVOKED: 'The token was revoked',
  TOKEN_OUTDATED: 'The password was changed after the token was issued',
  USER_GONE: 'The user of the token is not there any more',
}

export function tokenRefused(fault: TokenFault, cause?: unknown): HttpError {
  const why = FAULTS[fault]
  const challenge = `Bearer ${REALM}, error="invalid_token", error_description="${why}"`
  return refused(401, fault, `${why}. Log in again.`, challenge, cause)
}

export function headerMalformed(why: string): HttpError {
  const challenge = `Bearer ${REALM}, error="invalid_request", error_description="${why}", ${BASIC}`
  return refused(400, 'AUTH_HEADER_MALFORMED', `${why}.`, challenge)
}

export function schemeUnknown(): HttpError {
  const message = 'The scheme of the Authorization header is neither Bearer nor Basic.'
  return refused(401, 'AUTH_SCHEME_UNKNOWN', message, `Bearer ${REALM}, ${BASIC}`)
}

/** The same for a name that nobody has and for a wrong password. @param scheme what is asked for instead */
export function credentialsWrong(scheme: 'Basic' | 'Bearer'): HttpError {
  const message = 'There is no such user, or the password is another.'
  return refused(401, 'CREDENTIALS_WRONG', message, scheme === 'Basic' ? BASIC : `Bearer ${REALM}`)
}

export function rateLimited(retryAfterSeconds: number): HttpError {
  const seconds = String(Math.max(1, Math.ceil(retryAfterSeconds)))
  return new HttpError(429, 'RATE_LIMITED', `Too many attempts. Try again in ${seconds} s.`, {
    headers: { 'retry-after': seconds },
  })
}

/** More passwords are to be checked than can be. */
export function busy(): HttpError {
  return new HttpError(503, 'AUTH_BUSY', 'Too many logins at once. Try again soon.', {
    headers: { 'retry-after': '1' },
  })
}

export const userExists = (name: string): HttpError =>
  new HttpError(409, 'USER_EXISTS', `There is a user "${name}" already.`)

export const userUnknown = (): HttpError => new HttpError(404, 'USER_UNKNOWN', 'There is no such user.')

export const lastAdmin = (): HttpError =>
  new HttpError(409, 'LAST_ADMIN', 'This is the only user with the role admin. Give it to another first.')

function refused(status: number, code: string, message: string, challenge: string, cause?: unknown): HttpError {
  return new HttpError(status, code, message, { headers: { 'www-authenticate': challenge }, cause })
}

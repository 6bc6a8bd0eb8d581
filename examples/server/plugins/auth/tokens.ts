// Tokens: JWTs that are signed here, by HS256 and nothing else.
import { randomUUID } from 'node:crypto'
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { type TokenFault, tokenRefused } from './errors.ts'
import type { SigningKey } from './secret.ts'

export interface TokenOptions {
  readonly key: SigningKey
  readonly issuer: string
  readonly audience: string
  readonly ttlSeconds: number
}

/** What a token says that holds. */
export interface TokenClaims {
  readonly sub: string
  readonly name: string
  readonly roles: readonly string[]
  /** Seconds since 1970. */
  readonly exp: number
  readonly iat: number
  readonly jti: string
  /** Which of the user's passwords it was issued under; a later one ends it. */
  readonly ver: number
}

export interface IssuedToken {
  readonly token: string
  readonly claims: TokenClaims
}

export class Tokens {
  readonly #options: TokenOptions

  constructor(options: TokenOptions) {
    this.#options = options
  }

  async issue({ sub, name, roles, ver }: Pick<TokenClaims, 'sub' | 'name' | 'roles' | 'ver'>): Promise<IssuedToken> {
    const { key, issuer, audience, ttlSeconds } = this.#options
    const iat = Math.floor(Date.now() / 1000)
    const claims: TokenClaims = { sub, name, roles, ver, iat, exp: iat + ttlSeconds, jti: randomUUID() }
    const token = await new SignJWT({ ...claims, iss: issuer, aud: audience })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(key)
    return { token, claims }
  }

  /** What it says, if it is ours and holds. Whether it was revoked is for others to say. @throws `TOKEN_…` */
  async verify(token: string): Promise<TokenClaims> {
    const { key, issuer, audience } = this.#options
    try {
      const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], issuer, audience, typ: 'JWT' })
      return claimsOf(payload)
    } catch (error) {
      const fault = faultOf(error)
      if (fault) throw tokenRefused(fault, error)
      throw error
    }
  }
}

function claimsOf({ sub, name, roles, exp, iat, jti, ver }: JWTPayload): TokenClaims {
  const isText = (value: unknown) => typeof value === 'string' && value !== ''
  const isNumber = (value: unknown) => typeof value === 'number'
  const areRoles = Array.isArray(roles) && roles.every((role) => typeof role === 'string')
  if (![sub, name, jti].every(isText) || ![exp, iat, ver].every(isNumber) || !areRoles)
    throw tokenRefused('TOKEN_CLAIMS')
  return { sub, name, roles, exp, iat, jti, ver } as TokenClaims
}

function faultOf(error: unknown): TokenFault | undefined {
  if (error instanceof errors.JWTExpired) return 'TOKEN_EXPIRED'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'TOKEN_ALGORITHM'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'TOKEN_SIGNATURE'
  if (error instanceof errors.JWTClaimValidationFailed) return 'TOKEN_CLAIMS'
  if (error instanceof errors.JOSEError) return 'TOKEN_MALFORMED'
  return undefined
}

// What a provider says of somebody, as this server needs it.
import type { OidcSettings } from '../settings.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface ClaimedUser {
  readonly name: string
  /** Nothing where the provider does not say: the roles are the server's to give then. */
  readonly roles: readonly string[] | undefined
}

const ROLE = /^[a-z][a-z0-9-]{0,31}$/
const ROLES_MAX = 32

export function claimedUser(subject: string, claims: Claims, settings: OidcSettings): ClaimedUser {
  const { name_claim, roles_claim } = settings
  const names = [valueAt(claims, name_claim), claims.email, subject].map(fitName)
  return {
    name: names.find((name) => name !== '') ?? 'user',
    roles: roles_claim === '' ? undefined : rolesOf(valueAt(claims, roles_claim)),
  }
}

/** Whether the ID token says all that is asked for; else there is more to be had. */
export function hasAllClaims(claims: Claims, { name_claim, roles_claim }: OidcSettings): boolean {
  const has = (claim: string) => claim === '' || valueAt(claims, claim) !== undefined
  return has(name_claim) && has(roles_claim)
}

/** A name like those that are typed in; nothing where nothing is left of it. */
function fitName(value: unknown): string {
  if (typeof value !== 'string') return ''
  const visible = value.normalize('NFC').replaceAll(/[\p{C}:]/gu, '')
  return [...visible].slice(0, 50).join('').trim()
}

/** A list, or a text with spaces or commas. */
function rolesOf(value: unknown): string[] | undefined {
  if (value === undefined) return undefined
  const list: unknown[] = typeof value === 'string' ? value.split(/[\s,]+/) : Array.isArray(value) ? value : []
  const roles = list.filter((role) => typeof role === 'string' && ROLE.test(role)) as string[]
  return [...new Set(roles)].slice(0, ROLES_MAX)
}

/** The claim itself, or, by dots, what is inside of one. */
function valueAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: unknown = claims
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

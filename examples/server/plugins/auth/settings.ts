// What the settings of the auth plugin may say. A text that is empty is not set: that is what `${VAR:-}` gives.
import { z } from 'zod'

const limit = (points: number) =>
  z.object({ points: z.int().min(1).default(points), seconds: z.int().min(1).default(60) }).prefault({})

const roles = z.array(z.string().regex(/^[a-z][a-z0-9-]*$/, 'a role is a-z, 0-9 and -')).max(32)

/** Whether a provider at this address may be asked: anywhere by https, by http in this machine alone. */
function isFitIssuer(text: string): boolean {
  if (text === '') return true
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
}

const oidc = z
  .object({
    issuer: z
      .string()
      .refine(isFitIssuer, 'an https address; http only for this machine')
      .default('')
      .describe('Empty: no OpenID Connect'),
    client_id: z.string().default(''),
    client_secret: z.string().default('').meta({ secret: true }).describe('Empty for a public client'),
    redirect_uri: z
      .string()
      .default('')
      .describe('Where the provider sends browsers back to. Default: where they asked'),
    scope: z.string().default('openid profile email'),
    name_claim: z.string().default('preferred_username'),
    roles_claim: z.string().default('').describe('Which claim has the roles; dots lead inside. Empty: default_roles'),
    default_roles: roles.default(['user']),
    login_ttl: z.int().min(10).default(600).describe('Seconds from leaving for the provider to coming back'),
    timeout: z.number().min(0.1).max(60).default(5).describe('Seconds that the provider may take for an answer'),
    retry: z.number().min(0.1).default(15).describe('Seconds after which one that could not be reached is asked again'),
  })
  .refine(({ issuer, client_id }) => issuer === '' || client_id !== '', {
    path: ['client_id'],
    message: 'an issuer needs a client_id',
  })

export const settings = z.object({
  secret: z
    .string()
    .refine((text) => text === '' || Buffer.byteLength(text) >= 32, 'at least 32 bytes')
    .default('')
    .meta({ secret: true })
    .describe('Signs tokens. Empty: one is made, and kept in the data folder'),
  issuer: z.string().min(1).default('cf-plugins-server').describe('iss of the tokens'),
  audience: z.string().min(1).default('cf-plugins-server').describe('aud of the tokens'),
  token_ttl: z.int().min(1).default(3600).describe('Seconds for which a token holds'),
  user_ttl: z
    .int()
    .min(1)
    .default(300)
    .describe('Seconds for which users are cached: how late another process without Redis may notice a change'),
  basic_ttl: z.int().min(0).default(60).describe('Seconds for which a password of Basic need not be checked again'),
  admin_password: z
    .string()
    .default('')
    .meta({ secret: true })
    .describe('Of the first user. Empty: a random one, told once'),
  limits: z
    .object({ address: limit(60), name: limit(10) })
    .prefault({})
    .describe('How often somebody may try to log in'),
  scrypt: z
    .object({
      log_n: z.int().min(10).max(20).default(15),
      r: z.int().min(1).max(32).default(8),
      p: z.int().min(1).max(16).default(3),
    })
    .prefault({})
    .describe('What a password costs whoever guesses'),
  oidc: oidc.prefault({}),
})

export type Settings = z.output<typeof settings>
export type OidcSettings = Settings['oidc']

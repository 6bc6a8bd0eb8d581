// A real OpenID provider on loopback, which can be away, and come back to the same address.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import type { Configuration } from 'oidc-provider'

export const CLIENT = { id: 'server', secret: 'a secret of the client' }

/** What it says of each account; whoever logs in by a name is the account of that name. */
export type Accounts = Record<string, Record<string, unknown>>

export interface OidcProvider {
  readonly issuer: string
  readonly accounts: Accounts
  /** How often it was asked for tokens. */
  readonly tokenRequests: () => number
  /** Answers from now on. */
  start(redirectUris: readonly string[]): Promise<void>
  /** Hangs up on whoever calls. */
  stop(): void
  close(): Promise<void>
}

/** Has an address, which others can be told of, before it answers there. */
export async function oidcProvider(accounts: Accounts = {}): Promise<OidcProvider> {
  let handle: RequestListener | undefined
  let isUp = false
  let tokenRequests = 0
  const server = createServer((request, response) => {
    if (request.url === '/token') tokenRequests++
    handle?.(request, response)
  })
  server.on('connection', (socket) => void (isUp || socket.destroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    accounts,
    tokenRequests: () => tokenRequests,
    start: async (redirectUris) => {
      handle ??= await providerOf(issuer, accounts, redirectUris)
      isUp = true
    },
    stop: () => {
      isUp = false
      server.closeAllConnections()
    },
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function providerOf(issuer: string, accounts: Accounts, redirectUris: readonly string[]) {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const configuration: Configuration = {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [...redirectUris] }],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'one' }] },
    cookies: { keys: ['a key of cookies for tests'] },
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email'] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
    ttl: { Session: 600, Interaction: 600, Grant: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
  }
  // It warns of what is for development alone, and that is what this is; and of Node 20, when it is imported.
  const { warn } = console
  console.warn = () => {}
  try {
    const { default: Provider } = await import('oidc-provider')
    return new Provider(issuer, configuration).callback()
  } finally {
    console.warn = warn
  }
}

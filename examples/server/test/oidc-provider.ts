// A real OpenID provider on loopback, which can be started, stopped and started again at the same address.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import Provider, { type Configuration } from 'oidc-provider'
import { onTestFinished } from 'vitest'

export const CLIENT = { id: 'server', secret: 'a secret of the client' }

/** What it says of each account; whoever logs in by a name is the account of that name. */
export type Accounts = Record<string, Record<string, unknown>>

export interface OidcProvider {
  readonly issuer: string
  readonly accounts: Accounts
  /** How often it was asked for tokens. */
  readonly tokenRequests: () => number
  start(redirectUris: readonly string[]): Promise<void>
  stop(): Promise<void>
}

/** Its address is taken at once, so that others can be told of it before it answers. */
export async function oidcProvider(accounts: Accounts = {}): Promise<OidcProvider> {
  const { port } = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  let server: ReturnType<typeof createServer> | undefined
  let handle: RequestListener | undefined
  let tokenRequests = 0
  const stop = async () => {
    const running = server
    server = undefined
    if (!running) return
    running.close()
    running.closeAllConnections()
    await once(running, 'close')
  }
  onTestFinished(stop)
  return {
    issuer,
    accounts,
    tokenRequests: () => tokenRequests,
    stop,
    start: async (redirectUris) => {
      handle ??= await providerOf(issuer, accounts, redirectUris)
      server = createServer((request, response) => {
        if (request.url === '/token') tokenRequests++
        handle?.(request, response)
      }).listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
}

async function freePort(): Promise<AddressInfo> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return address
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
  // It warns of what is for development alone, and that is what this is.
  const { warn } = console
  console.warn = () => {}
  try {
    return new Provider(issuer, configuration).callback()
  } finally {
    console.warn = warn
  }
}

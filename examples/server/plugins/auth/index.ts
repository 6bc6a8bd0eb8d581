// Says of each request who asks: by a token, by Basic, or nobody.
import { join } from 'node:path'
import { HttpRequest } from '../_shared/hooks.ts'
import { definePlugin } from '../_shared/plugin.ts'
import { Cache } from '../cache/service.ts'
import { Database } from '../database/service.ts'
import { Accounts } from './accounts.ts'
import { Authentication } from './authentication.ts'
import { ensureFirstAdmin } from './first-admin.ts'
import { Journal } from './journal.ts'
import { KnownUsers } from './known-users.ts'
import { Limits } from './limits.ts'
import { migrations } from './migrations.ts'
import { openIdConnect } from './oidc/index.ts'
import { Passwords } from './passwords.ts'
import { Revocations } from './revocations.ts'
import { signingKey } from './secret.ts'
import { addSessionRoutes } from './session-routes.ts'
import { settings } from './settings.ts'
import { Tokens } from './tokens.ts'
import { addUserRoutes } from './user-routes.ts'
import { Users } from './users.ts'
import { Verified, verifiedPasswords } from './verified.ts'

/** Whoever comes here wants to be known, whatever became of an old token. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/auth/login', '/auth/oidc/login', '/auth/oidc/callback'])
const SWEEP_MS = 10 * 60 * 1000

export default definePlugin({
  name: 'auth',
  version: '1.0.0',
  description: 'Users, and who they are: tokens, Basic and OpenID Connect',
  dependencies: ['database', 'cache'],
  config: settings,
  async setup(context) {
    const { app, config, logger, hooks, every, shared } = context
    const database = context.inject(Database)
    const cache = context.inject(Cache)
    await database.migrate('auth', migrations)

    const { log_n, r, p } = config.scrypt
    const passwords = new Passwords({ logN: log_n, r, p })
    const users = new Users(database)
    const journal = new Journal(context)
    await ensureFirstAdmin(users, passwords, config.admin_password, { logger, journal })

    const key = await signingKey(config.secret, join(shared.dataFolder, 'auth'))
    const { issuer, audience, token_ttl: ttlSeconds } = config
    const tokens = new Tokens({ key, issuer, audience, ttlSeconds })
    const revocations = new Revocations(database, cache, logger)
    const known = new KnownUsers(users, cache, config.user_ttl, logger)
    const accounts = new Accounts({ users, known, passwords, journal })
    const verified = new Verified(await context.hold('auth:verified', verifiedPasswords), config.basic_ttl)
    const limits = new Limits(cache, config.limits, (what, address) => journal.limited(what, address))
    const parts = { users, known, accounts, passwords, verified, tokens, revocations, limits, journal }
    const authentication = new Authentication(parts)

    const oidc = openIdConnect({
      context,
      settings: config.oidc,
      database,
      users,
      known,
      limits,
      journal,
      authentication,
    })
    addSessionRoutes(app, authentication)
    addUserRoutes(app, accounts)
    hooks.on(
      HttpRequest,
      async (exchange) => {
        if (OPEN_PATHS.has(exchange.url.pathname)) return
        exchange.user = await authentication.check(exchange.headers.authorization, exchange.remoteAddress)
      },
      { priority: 'high' },
    )
    every(SWEEP_MS, async () => {
      await revocations.sweep()
      await oidc.sweep()
    })
    return Object.assign(authentication, { health: () => oidc.health() })
  },
  health: (auth) => auth.health(),
})

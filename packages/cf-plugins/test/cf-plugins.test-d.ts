// What the types say, checked by tsc.
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import { definePlugin, PluginManager, type ReloadReport, type StartReport, serviceRef } from '../src/index.ts'

interface AuthService {
  check(token: string): boolean
}
const Auth = serviceRef<AuthService>('auth')
const manager = new PluginManager({ app: { routes: [] as string[] }, shared: { db: 5 } })

expectTypeOf(manager.get(Auth)).toEqualTypeOf<AuthService>()
expectTypeOf(manager.get('auth')).toBeUnknown()
expectTypeOf(manager.tryGet(Auth)).toEqualTypeOf<AuthService | undefined>()
expectTypeOf(manager.tryGet('auth')).toBeUnknown()
expectTypeOf(manager.use(Auth, (auth) => auth.check('token'))).resolves.toBeBoolean()
expectTypeOf(manager.use(Auth, async (auth) => auth.check('token'))).resolves.toBeBoolean()
expectTypeOf(manager.use('auth', (auth) => expectTypeOf(auth).toBeUnknown())).resolves.not.toBeAny()
expectTypeOf(manager.start()).resolves.toEqualTypeOf<StartReport>()
expectTypeOf(manager.reload('auth')).resolves.toEqualTypeOf<ReloadReport>()
expectTypeOf(manager.reload(['auth', 'users'])).resolves.toEqualTypeOf<ReloadReport>()

const cache = definePlugin({
  name: 'cache',
  version: '1.0.0',
  config: z.object({ ttl: z.number().default(300) }),
  setup({ config }) {
    expectTypeOf(config).toEqualTypeOf<{ ttl: number }>()
    return { get: (key: string) => key.length }
  },
})
expectTypeOf(manager.get(cache)).toEqualTypeOf<{ get: (key: string) => number }>()

new PluginManager({
  app: { routes: [] as string[] },
  scopeApp: (app) => {
    expectTypeOf(app).toEqualTypeOf<{ routes: string[] }>()
    return { view: app, commit: () => {}, dispose: () => {} }
  },
})

// What plugins get need not be what the host has.
new PluginManager({
  app: new Map<string, () => string>(),
  scopeApp: (routes, { name }) => ({
    view: { add: (answer: () => string) => void routes.set(name, answer) },
    commit: () => {},
    dispose: () => {},
  }),
})
// @ts-expect-error: the service has no such member
manager.get(Auth).logout()
// @ts-expect-error: it may not be there
manager.tryGet(Auth).check('token')
// @ts-expect-error: a folder is named by its path
new PluginManager({ paths: [5] })

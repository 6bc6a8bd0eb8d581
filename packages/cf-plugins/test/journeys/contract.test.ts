// The program of a host as the contract has it.
import { expect, it } from 'vitest'
import { type AppScope, definePlugin, PluginManager, serviceRef } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

interface AuthService {
  check(token: string): boolean
}
const Auth = serviceRef<AuthService>('auth')

it('runs', async () => {
  const folder = await PluginFolder.make({
    'auth.ts': `import { BasePlugin, plugin } from 'cf-plugins'
@plugin({ name: 'auth', version: '1.0.0', description: 'Authentication' })
export default class AuthPlugin extends BasePlugin { check(token: string) { return token === 'good' } }`,
    'reports.ts': `import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: 'reports', version: '1.0.0', dependencies: ['database'] })`,
    'database.js': `export const PLUGIN_META = { name: 'database', version: '1.0.0' }
export const register = () => ({ setup() { throw new Error('connect ECONNREFUSED') } })`,
  })
  const app = { routes: [] as string[] }
  const shared = { started: new Date() }
  const scopeApp = (view: typeof app): AppScope<typeof app> => ({ view, commit: () => {}, dispose: () => {} })

  const manager = new PluginManager({ app, shared, paths: [folder.path], hotReload: true, scopeApp, autoLoad: true })
  const report = await manager.start()
  expect(report.active).toEqual(['auth'])
  expect(report.failed.map(({ plugin, error }) => [plugin, error.code])).toEqual([
    ['database', 'CFP_SETUP_FAILED'],
    ['reports', 'CFP_DEPENDENCY_FAILED'],
  ])
  expect(report.timeline.map(({ plugin }) => plugin).sort()).toEqual(['auth', 'database'])
  const auth = manager.get(Auth)
  expect(auth.check('good')).toBe(true)
  expect(() => manager.get('reports')).toThrow(/ECONNREFUSED/)
  expect(manager.tryGet('reports')).toBeUndefined()
  expect(manager.explain('reports').rootCause).toMatchObject({ plugin: 'database', reason: 'connect ECONNREFUSED' })
  const reloaded = await manager.reload('auth')
  expect(reloaded.instances.get('auth')).toBe(manager.get(Auth))
  expect(await manager.use('auth', (service) => (service as AuthService).check('bad'))).toBe(false)
  await manager.disable('auth')
  await manager.enable('auth')
  await manager.unload('auth')
  await manager.add(definePlugin({ name: 'late', version: '1.0.0', setup: ({ shared: given }) => given }))
  expect(manager.get('late')).toBe(shared)
  expect(manager.ordered().map(({ plugin }) => plugin)).toContain('late')
  manager.hooks.on('ask', () => 'host')
  expect(await manager.hooks.call('ask')).toEqual(['host'])
  expect((await manager.events.emit('tick')).failures).toEqual([])
  await manager.stop()
})

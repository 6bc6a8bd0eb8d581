// Whether a host goes on without a plugin that fails, and what it says while it waits for one.
import { expect, it } from 'vitest'
import type { Logger, PluginError, PluginManagerOptions } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

/** A plugin that notes its setup and its teardown. */
const noting = (name: string, { meta = '', setup = '' } = {}) => `
export const PLUGIN_META = { name: '${name}', version: '1.0.0', ${meta} }
export const register = (_app, { shared }) => ({
  async setup() { ${setup}; shared.push('setup ${name}') },
  teardown() { shared.push('teardown ${name}') },
})`
const failing = (name: string, meta = '') => noting(name, { meta, setup: "throw new Error('no database')" })

/** A host of these, its noted calls, and how its start ended. */
async function hostOf(files: Record<string, string>, options: PluginManagerOptions = {}) {
  const folder = await PluginFolder.make(files)
  const calls: string[] = []
  const manager = folder.manager({ shared: calls, ...options })
  const ended = await manager.start().then(
    (report) => ({ report, error: undefined }),
    (error: PluginError) => ({ report: undefined, error }),
  )
  return { folder, manager, calls, ...ended }
}

const others = { 'a.mjs': noting('a'), 'b.mjs': noting('b', { meta: "dependencies: ['broken']" }) }

it('goes on without who fails, unless the host or the plugin says otherwise; the plugin has the last word', async () => {
  const goesOn = await hostOf({ ...others, 'broken.mjs': failing('broken') })
  expect(goesOn.report?.active).toEqual(['a'])
  expect(goesOn.report?.failed.map(({ plugin, error }) => [plugin, error.code])).toEqual([
    ['broken', 'CFP_SETUP_FAILED'],
    ['b', 'CFP_DEPENDENCY_FAILED'],
  ])
  expect(goesOn.report?.failed[1]?.error.message).toMatch(/"broken".*no database/)

  const excused = await hostOf(
    { ...others, 'broken.mjs': failing('broken', "onFailure: 'continue'"), 'b.mjs': noting('b') },
    { onFailure: 'abort' },
  )
  expect([...(excused.report?.active ?? [])].sort()).toEqual(['a', 'b'])
})

it.each<[string, string, PluginManagerOptions]>([
  ['the plugin', "onFailure: 'abort'", {}],
  ['the host', '', { onFailure: 'abort' }],
])(
  'ends the start where %s wants that: what was set up is torn down, and the error says who and why',
  async (...of) => {
    const [, meta, options] = of
    const { error, calls, manager, folder } = await hostOf(
      { 'a.mjs': noting('a'), 'broken.mjs': failing('broken', `${meta && `${meta},`} dependencies: ['a']`) },
      options,
    )
    expect(error).toMatchObject({ code: 'CFP_START_ABORTED', plugin: 'broken' })
    expect(error?.message).toMatch(/"broken".*no database/)
    expect(calls).toEqual(['setup a', 'teardown broken', 'teardown a'])
    expect(manager.tryGet('a')).toBeUndefined()
    // Once it is mended, the next host starts.
    await folder.save('broken.mjs', noting('broken', { meta: "dependencies: ['a']" }))
    const next = folder.manager({ shared: [], ...options })
    expect((await next.start()).active).toEqual(['a', 'broken'])
  },
)

it('tells after 2 s who is not ready yet, and on whom the others wait', async () => {
  const folder = await PluginFolder.make({
    'db.mjs': `
export const PLUGIN_META = { name: 'db', version: '1.0.0' }
export const register = (_app, { shared }) => ({ setup: () => shared })`,
    'users.mjs': noting('users', { meta: "dependencies: ['db']" }),
    'api.mjs': noting('api', { meta: "dependencies: ['users']" }),
    'quick.mjs': noting('quick', { setup: 'shared.push = () => {}' }),
  })
  let ready = () => {}
  const shared = Object.assign(
    new Promise<void>((resolve) => {
      ready = resolve
    }),
    { push: () => {} },
  )
  const told: { afterMs: number; details: unknown; message: string }[] = []
  const beganMs = performance.now()
  const silent = () => {}
  const info = (details: string | object, message = '') => {
    if (message.startsWith('Still')) told.push({ afterMs: performance.now() - beganMs, details, message })
  }
  const logger: Logger = { debug: silent, info, warn: silent, error: silent }
  const manager = folder.manager({ shared, logger })
  const starting = manager.start()
  await expect.poll(() => told, { timeout: 6000 }).toHaveLength(1)
  ready()
  expect((await starting).failed).toEqual([])
  expect(told).toHaveLength(1)
  expect(told[0]?.afterMs).toBeGreaterThan(1900)
  expect(told[0]?.message).toBe('Still starting after 2 s: "db". Waiting: "users" (for "db"), "api" (for "users").')
  expect(told[0]?.details).toEqual({ busy: ['"db"'], waiting: { users: ['db'], api: ['users'] } })
}, 20_000)

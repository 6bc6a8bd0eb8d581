import { PluginError } from '@cf-plugins/plugin-api'
import { expect, test } from 'vitest'
import type { PluginStatusView } from '../src/index.ts'
import { registryOf } from './support/records.ts'

const chain = [
  { name: 'reports', dependencies: ['billing'] },
  { name: 'billing', dependencies: ['mail', 'database'] },
  { name: 'database' },
  { name: 'mail' },
]

const statuses = (views: Record<string, PluginStatusView>) => (name: string) => views[name] ?? { state: 'active' }

const refused = new PluginError(
  'CFP_SETUP_FAILED',
  'Plugin "database" failed in setup(): connect ECONNREFUSED 127.0.0.1:5432',
  {
    plugin: 'database',
    phase: 'setup',
    cause: new Error('connect ECONNREFUSED 127.0.0.1:5432'),
  },
)

test('a blocked plugin is explained down to what failed', () => {
  const explanation = registryOf(chain).explain(
    'reports',
    statuses({
      reports: { state: 'blocked' },
      billing: { state: 'blocked', error: new PluginError('CFP_DEPENDENCY_FAILED', 'whatever the lifecycle says') },
      database: { state: 'failed', error: refused },
    }),
  )
  expect(explanation.text).toBe(
    'reports is blocked: it needs billing, which is blocked: it needs database, which failed in setup(): connect ECONNREFUSED 127.0.0.1:5432',
  )
  expect(explanation.chain).toEqual([
    { plugin: 'reports', state: 'blocked', reason: 'it needs billing' },
    { plugin: 'billing', state: 'blocked', reason: 'it needs database' },
    { plugin: 'database', state: 'failed', reason: 'connect ECONNREFUSED 127.0.0.1:5432' },
  ])
  expect(explanation.rootCause).toMatchObject({ plugin: 'database', state: 'failed', error: refused })
})

test('a plugin that failed without a cause tells its own message', () => {
  const error = new PluginError('CFP_SETUP_TIMEOUT', 'Plugin "mail" did not finish setup() within 10 s.', {
    phase: 'setup',
  })
  const { text } = registryOf(chain).explain('mail', statuses({ mail: { state: 'failed', error } }))
  expect(text).toBe('mail failed in setup(): Plugin "mail" did not finish setup() within 10 s.')
})

test('a failure while loading is not told as a function’s', () => {
  const error = new PluginError('CFP_LOAD', 'x', { phase: 'load', cause: new SyntaxError('Unexpected token') })
  const { text } = registryOf(chain).explain('mail', statuses({ mail: { state: 'failed', error } }))
  expect(text).toBe('mail failed in load: Unexpected token')
})

test('of several that are down, the failed one is to blame before one that only waits or is switched off', () => {
  const explanation = registryOf(chain).explain(
    'billing',
    statuses({
      billing: { state: 'blocked' },
      mail: { state: 'disabled' },
      database: { state: 'failed', error: refused },
    }),
  )
  expect(explanation.rootCause.plugin).toBe('database')
})

test('a disabled dependency is a root cause', () => {
  const { text } = registryOf(chain).explain(
    'billing',
    statuses({ billing: { state: 'blocked' }, mail: { state: 'disabled' } }),
  )
  expect(text).toBe('billing is blocked: it needs mail, which is disabled')
})

test('a plugin that resolution refused is explained by its own metadata', () => {
  const registry = registryOf([
    { name: 'a', dependencies: ['b'] },
    { name: 'b', dependencies: ['nowhere'] },
  ])
  expect(registry.explain('a', () => ({ state: 'blocked' })).text).toBe(
    'a is blocked: it needs b, which is blocked: Plugin "b" needs "nowhere", which is not there. Install it, or correct the name.',
  )
})

test('a circle is explained by its path, and ends', () => {
  const registry = registryOf([
    { name: 'a', dependencies: ['b'] },
    { name: 'b', dependencies: ['a'] },
  ])
  const blocked = () => ({ state: 'blocked' })
  expect(registry.explain('a', blocked).text).toContain('a -> b -> a')
  const lifecycles = new PluginError('CFP_DEPENDENCY_FAILED', 'waits')
  expect(registry.explain('a', () => ({ state: 'blocked', error: lifecycles })).chain).toHaveLength(2)
})

test('an optional dependency that is down is not to blame', () => {
  const registry = registryOf([{ name: 'a', optionalDependencies: ['b'] }, { name: 'b' }])
  const error = new PluginError('CFP_X', 'by itself')
  const explanation = registry.explain('a', statuses({ a: { state: 'blocked', error }, b: { state: 'failed' } }))
  expect(explanation.text).toBe('a is blocked: by itself')
})

test('a plugin that is well is explained in three words', () => {
  expect(registryOf(chain).explain('mail', statuses({}))).toMatchObject({
    text: 'mail is active',
    chain: [{ plugin: 'mail', state: 'active', reason: '' }],
  })
})

test('a plugin whose file is gone, or whose old versions still run, is explained so in any state', () => {
  const explain = (name: string, views: Record<string, PluginStatusView>) =>
    registryOf(chain).explain(name, statuses(views))
  const orphan = explain('mail', { mail: { state: 'active', orphaned: true, zombies: 2 } })
  expect(orphan.text).toBe('mail is active: its file is gone, and it serves on; 2 old versions of it still run')
  expect(orphan.rootCause.reason).toBe(orphan.text.slice('mail is active: '.length))
  const failed = explain('billing', {
    billing: { state: 'blocked', zombies: 1 },
    database: { state: 'failed', error: refused, zombies: 1 },
  })
  expect(failed.chain.map(({ reason }) => reason)).toEqual([
    'it needs database; an old version of it still runs',
    'connect ECONNREFUSED 127.0.0.1:5432; an old version of it still runs',
  ])
  expect(failed.text).toBe(
    'billing is blocked: it needs database, which failed in setup(): connect ECONNREFUSED 127.0.0.1:5432; an old version of it still runs',
  )
})

// What plugins in files may use: what they declare, what plugins.yaml grants them, and what becomes of the rest.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type ConfigEditReport, type PluginManagerOptions, readAudit } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

const vault = `
export const PLUGIN_META = { name: 'vault', version: '1.0.0', state: { shared: ['cart'] } }
export const register = (_app, { on, hooks, pipeline }) => ({
  setup() { on('order.paid', () => {}); hooks.on('price', () => 1); pipeline('orders').step('pay', (order) => order) },
  key: 42,
})`
/** Tries each door, and says which are closed. */
const shop = (meta: string) => `
export const PLUGIN_META = { name: 'shop', version: '1.0.0', dependencies: ['vault'], state: { shared: ['cart'] }, ${meta} }
export const register = (_app, context) => ({
  async doors() {
    const closed = []
    const attempt = async (door, open) => { try { await open() } catch (error) { closed.push([door, error.code, error.message]) } }
    await attempt('service:vault', () => context.inject('vault').key)
    await attempt('event:order.paid', () => context.on('order.paid', () => {}))
    await attempt('emit:order.paid', () => context.emit('order.paid'))
    await attempt('emit:order.sent', () => context.publish('order.sent'))
    await attempt('hook:price', () => context.hooks.call('price'))
    await attempt('pipeline:orders', () => context.pipeline('orders').run({}))
    await attempt('state:cart', () => context.state.shared('cart').value)
    return closed
  },
})`

const ALL = [
  'service:vault',
  'event:order.paid',
  'emit:order.paid',
  'emit:order.sent',
  'hook:price',
  'pipeline:orders',
  'state:cart',
]

async function hostOf(meta: string, options: PluginManagerOptions = {}, yaml?: string) {
  const folder = await PluginFolder.make({ 'plugins/vault.mjs': vault, 'plugins/shop.mjs': shop(meta) })
  const audit = join(folder.path, 'audit.jsonl')
  const config = join(folder.path, 'plugins.yaml')
  if (yaml !== undefined) await writeFile(config, yaml)
  const edits: ConfigEditReport[] = []
  const host = await folder.started({
    ...{ paths: [join(folder.path, 'plugins')], audit, ...(yaml !== undefined && { config }) },
    afterConfigChange: (report) => edits.push(report),
    ...options,
  })
  expect(host.report.failed).toEqual([])
  type Closed = [door: string, code: string, message: string][]
  const doors = () => (host.manager.get('shop') as { doors(): Promise<Closed> }).doors()
  const closed = async () => (await doors()).map(([door]) => door)
  const denials = async () => {
    await host.manager.monitor.audit?.flush()
    return (await readAudit(audit, { action: 'access', plugin: 'shop' })).entries
  }
  return { ...host, folder, config, edits, doors, closed, denials }
}

it('lets a plugin at everything that says nothing, and at nothing but what it declares where it does', async () => {
  expect(await (await hostOf('')).closed()).toEqual([])
  const { doors, denials } = await hostOf(
    "permissions: ['service:vault', 'event:order.*', 'emit:order.paid', 'state:cart']",
  )
  const found = await doors()
  expect(found.map(([door, code]) => [door, code])).toEqual(
    ['emit:order.sent', 'hook:price', 'pipeline:orders'].map((door) => [door, 'CFP_ACCESS_DENIED']),
  )
  // Each says the line to add.
  for (const [door, , message] of found) expect(message).toContain(`, '${door}'] in PLUGIN_META`)
  expect((await denials()).map(({ outcome, subject }) => [outcome, subject])).toEqual(
    found.map(([door]) => ['denied', door]),
  )
})

it('denies what is not declared where the host says so, but for whom it grants something', async () => {
  const access = { undeclared: 'deny' } as const
  expect(
    await (
      await hostOf('', { access: { ...access, grants: { vault: ['event:*', 'hook:*', 'pipeline:*'] } } })
    ).closed(),
  ).toEqual(ALL)
  const grants = { vault: ['event:*', 'hook:*', 'pipeline:*'], shop: ['service:*', 'emit:order.*'] }
  expect(await (await hostOf('', { access: { ...access, grants } })).closed()).toEqual([
    'event:order.paid',
    'hook:price',
    'pipeline:orders',
    'state:cart',
  ])
})

it('grants by plugins.yaml, no more than the plugin declares, and otherwise with the next instance', async () => {
  const yaml = (grants: string) => `shop:\n  permissions: [${grants}]\n`
  const host = await hostOf(
    "permissions: ['service:vault', 'hook:*', 'emit:order.*']",
    { hotReload: true },
    yaml('"service:vault", "hook:price", "pipeline:orders"'),
  )
  const undeclared = ['event:order.paid', 'pipeline:orders', 'state:cart']
  expect((await host.closed()).sort()).toEqual([...undeclared, 'emit:order.paid', 'emit:order.sent'].sort())
  const [denial] = (await host.doors()).filter(([door]) => door === 'emit:order.paid')
  expect(denial?.[2]).toMatch(/host does not grant that. Add 'emit:order.paid' to what the host grants "shop"/)

  await writeFile(host.config, yaml('"emit:order.*"'))
  await expect.poll(() => host.edits, { timeout: 5000 }).toHaveLength(1)
  expect(host.edits[0]).toMatchObject({ outcome: 'committed', plugins: ['shop'], error: undefined })
  expect((await host.closed()).sort()).toEqual([...undeclared, 'service:vault', 'hook:price'].sort())

  // What is no permission changes nothing.
  await writeFile(host.config, yaml('"emit order"'))
  await expect.poll(() => host.edits, { timeout: 5000 }).toHaveLength(2)
  expect(host.edits[1]?.outcome).toBe('kept')
  expect((await host.closed()).sort()).toEqual([...undeclared, 'service:vault', 'hook:price'].sort())
})

it('starts a plugin on what it needs in its setup only where that is allowed, and says what to add (fault 75)', async () => {
  const needing = (permissions: string) => `
import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: 'needing', version: '1.0.0', dependencies: ['vault'], permissions: [${permissions}],
  setup: ({ inject }) => ({ key: (inject('vault') as { key: number }).key }) })`
  const { folder, manager } = await hostOf('', { hotReload: true })
  await folder.save('plugins/needing.ts', needing(''))
  await expect.poll(() => manager.ordered().find(({ plugin }) => plugin === 'needing')?.state).toBe('failed')
  const { error } = manager.status('needing')
  expect(error).toMatchObject({ code: 'CFP_ACCESS_DENIED', plugin: 'needing' })
  const line = /'service:vault'/.exec(error?.message ?? '')?.[0]
  expect(line).toBeDefined()
  await folder.save('plugins/needing.ts', needing(line ?? ''))
  await expect.poll(() => manager.tryGet('needing')).toEqual({ key: 42 })
})

it('takes a permission away whatever becomes of the plugin, and starts it again when it has it back', async () => {
  const needing = `
export const PLUGIN_META = { name: 'needing', version: '1.0.0', dependencies: ['vault'] }
export const register = (_app, { inject }) => ({ setup() { inject('vault') } })`
  const yaml = (grants: string) => `needing:\n  permissions: [${grants}]\n`
  const { folder, manager, config, edits, reported } = await hostOf('', { hotReload: true }, yaml('"service:*"'))
  await reported(() => folder.save('plugins/needing.mjs', needing))
  expect(manager.status('needing').state).toBe('active')
  await writeFile(config, yaml('"emit:*"'))
  await expect.poll(() => edits, { timeout: 5000 }).toHaveLength(1)
  // The edit is in force, and says what it has done to whom.
  expect(edits[0]).toMatchObject({ outcome: 'committed', error: { code: 'CFP_ACCESS_DENIED', plugin: 'needing' } })
  expect(manager.status('needing')).toMatchObject({ state: 'failed', error: { code: 'CFP_ACCESS_DENIED' } })
  await writeFile(config, yaml('"service:vault"'))
  await expect.poll(() => edits, { timeout: 5000 }).toHaveLength(2)
  expect(edits[1]).toMatchObject({ outcome: 'committed', error: undefined })
  expect(manager.status('needing').state).toBe('active')
})

// The audit trail of a real host: nothing that was done is missing, and nothing is there twice.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type AuditEntry, definePlugin, type PluginManager, readAudit, type StateChange } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

const all = { limit: Number.POSITIVE_INFINITY }
const NEEDS = { db: [], cache: [], auth: ['db'], users: ['auth', 'cache'], shop: ['users'], log: [] } as const
const NAMES = Object.keys(NEEDS) as (keyof typeof NEEDS)[]

/** A plugin whose every hook asks the host first, which may have it fail. */
const source = (name: keyof typeof NEEDS, edit = 0) => `
  export const PLUGIN_META = { name: '${name}', version: '1.0.${edit}', dependencies: ${JSON.stringify(NEEDS[name])} }
  export function register(_app, { shared }) {
    const hooks = ['setup', 'teardown', 'onEnable', 'onDisable', 'onReload', 'getReloadState']
    shared.step('${name}')
    return Object.fromEntries(hooks.map((hook) => [hook, async () => shared.step('${name}')]))
  }`

/** Numbers that are the same for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

test.each([1, 2, 3])(
  'whatever is done to plugins, each transition is one entry, in order: %i (invariant 15)',
  async (seed) => {
    const roll = dice(seed)
    const of = <T>(list: readonly T[]) => list[roll(list.length)] as T
    const folder = await PluginFolder.make(Object.fromEntries(NAMES.map((name) => [`${name}.mjs`, source(name)])))
    const file = join(folder.path, '.audit', 'audit.jsonl')
    // Which of the steps fail: several in a row, so that some ways back are cut off too.
    let steps = 0
    let faults = { from: Number.POSITIVE_INFINITY, until: 0 }
    const step = (name: string) => {
      if (++steps >= faults.from && steps < faults.until) throw new Error(`a fault in ${name}`)
    }
    const reloads: string[] = []
    const manager = folder.manager({
      audit: file,
      shared: { step },
      afterReload: ({ outcome }) => reloads.push(outcome),
    })
    const seen: StateChange[] = []
    manager.watch((change) => seen.push(change))
    await manager.start()
    await manager.add(definePlugin({ name: 'guest', version: '1.0.0', dependencies: ['cache'] }))

    const operations: (() => Promise<unknown>)[] = [
      () => manager.disable(of(NAMES)),
      () => manager.enable(of(NAMES)),
      () => manager.enable(of(NAMES)),
      () => manager.reload(of(NAMES)),
      () => manager.reload([of(NAMES), of(NAMES)]),
      async () => {
        const name = of(NAMES)
        await folder.save(`${name}.mjs`, roll(4) === 0 ? 'export const broken = (' : source(name, roll(1000)))
        await manager.reload(name)
      },
      () => manager.unload('guest'),
      () => manager.add(definePlugin({ name: 'guest', version: '1.0.0', dependencies: ['cache'] })),
    ]
    for (let round = 0; round < 120; round++) {
      // From time to time all are up, for operations on plugins at rest show little.
      if (round % 10 === 0) await Promise.allSettled(NAMES.map((name) => manager.enable(name)))
      const from = steps + 1 + roll(6)
      if (roll(2) === 0) faults = { from, until: from + (roll(2) === 0 ? 1 : 20) }
      await Promise.allSettled(Array.from({ length: 1 + roll(3) }, () => of(operations)()))
    }
    faults = { from: Number.POSITIVE_INFINITY, until: 0 }
    const states = new Map(manager.ordered().map(({ plugin, state }) => [plugin, state]))
    const before = seen.length
    await manager.stop()

    const { entries, unreadable } = await readAudit(file, all)
    expect(unreadable).toBe(0)
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1))
    const transitions = entries.filter(({ action }) => action === 'transition')
    const short = ({ plugin, from, to }: Pick<AuditEntry, 'plugin' | 'from' | 'to'>) => `${plugin}: ${from} -> ${to}`
    expect(transitions.map(short)).toEqual(seen.map(short))
    // What is told apart from how it is told: each transition begins where the plugin's last one ended, and the last one where it is.
    const last = new Map<string | undefined, string | undefined>()
    for (const [at, { plugin, from, to }] of transitions.entries()) {
      if (at === before)
        for (const [name, state] of states) expect([name, last.get(name) ?? 'resolved']).toEqual([name, state])
      expect(from).toBe(last.get(plugin) ?? 'resolved')
      expect(to).not.toBe(from)
      last.set(plugin, to)
    }
    expect(entries.filter(({ action }) => action === 'reload').map(({ result }) => result)).toEqual(reloads)
    const count = (state: string) => transitions.filter(({ to }) => to === state).length
    // A walk that hits nothing proves nothing.
    for (const state of ['active', 'disabled', 'blocked', 'failed', 'swapping', 'resolved'])
      expect([state, count(state) > 2]).toEqual([state, true])
    for (const outcome of ['committed', 'rolled-back', 'kept']) expect(reloads).toContain(outcome)
    for (const { reason } of transitions.filter(({ to }) => to === 'failed')) expect(reason).toBeTruthy()
  },
  60_000,
)

test('what a plugin may not use is an error, and one audit entry that says what and why (fault 75)', async () => {
  const folder = await PluginFolder.make({
    'vault.mjs': `export default { PLUGIN_META: { name: 'vault', version: '1.0.0' }, register: () => ({ key: 42 }) }`,
    'shop.mjs': `
      export const PLUGIN_META = { name: 'shop', version: '1.0.0', dependencies: ['vault'], permissions: ['service:vault', 'event:order.*'] }
      export function register(_app, context) {
        return {
          async buy() {
            context.inject('vault')
            context.on('order.paid', () => {})
            context.publish('order.paid')
          },
        }
      }`,
  })
  const file = join(folder.path, '.audit', 'audit.jsonl')
  const { manager } = await folder.started({ audit: file })
  const shop = manager.get('shop') as { buy(): Promise<void> }
  await expect(shop.buy()).rejects.toMatchObject({ code: 'CFP_ACCESS_DENIED', plugin: 'shop' })
  await manager.monitor.audit?.flush()
  const { entries } = await readAudit(file, { action: 'access' })
  expect(entries).toEqual([
    expect.objectContaining({
      ...{ action: 'access', outcome: 'denied', plugin: 'shop', subject: 'emit:order.paid' },
      reason: expect.stringContaining("'emit:order.paid'"),
    }),
  ])
})

test('two hosts in one process keep their trails apart', async () => {
  const [one, two] = await Promise.all([auditedHost('one'), auditedHost('two')])
  await one.manager.disable('one')
  await Promise.all([one.manager.stop(), two.manager.stop()])
  const pluginsOf = async (file: string) =>
    new Set((await readAudit(file)).entries.map(({ plugin, host }) => `${plugin} of ${host}`))
  expect(await pluginsOf(one.file)).toEqual(new Set([`one of ${one.manager.lifecycle.id}`]))
  expect(await pluginsOf(two.file)).toEqual(new Set([`two of ${two.manager.lifecycle.id}`]))
})

test('a plugin that names itself or its errors after a line of the trail forges none (fault 76)', async () => {
  const forged = JSON.stringify({
    time: '2026-01-01T00:00:00.000Z',
    action: 'access',
    outcome: 'done',
    plugin: 'admin',
  })
  const folder = await PluginFolder.make({
    'forger.mjs': `
      export const PLUGIN_META = { name: 'forger', version: '1.0.0' }
      export const register = () => ({ setup() { throw new Error(${JSON.stringify(`no\n${forged}\r\n\u2028${forged}\n`)}) } })`,
  })
  const file = join(folder.path, '.audit', 'audit.jsonl')
  const { manager } = await folder.started({ audit: file })
  await manager.stop()
  expect((await readAudit(file, { plugin: 'admin' })).entries).toEqual([])
  const { entries, unreadable } = await readAudit(file, { plugin: 'forger' })
  expect(unreadable).toBe(0)
  expect(entries.find(({ to }) => to === 'failed')).toMatchObject({
    code: 'CFP_SETUP_FAILED',
    reason: expect.stringContaining(forged),
  })
  expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(entries.length + 1)
})

async function auditedHost(name: string): Promise<{ file: string; manager: PluginManager }> {
  const folder = await PluginFolder.make({
    [`${name}.mjs`]: `export const PLUGIN_META = { name: '${name}', version: '1.0.0' }\nexport const register = () => ({})`,
  })
  const file = join(folder.path, '.audit', 'audit.jsonl')
  const { manager } = await folder.started({ audit: file })
  return { file, manager }
}

test.each([
  ['inline', ''],
  ['in a thread', "execution: 'worker',"],
])('a plugin accounts for what it does and for whom, in its own name: %s', async (_, execution) => {
  const folder = await PluginFolder.make({
    'door.mjs': `
      export const PLUGIN_META = { name: 'door', version: '1.0.0', ${execution} }
      export const register = (_app, { audit }) => ({
        open: (by) => audit({ action: 'door.open', subject: 'front', by, plugin: 'somebody else' }),
        shut: () => audit({ action: 'door.shut', outcome: 'failed', reason: 'it is stuck' }),
        slip: () => audit({ subject: 'an action is missing' }),
        stumble: () => audit({ action: 'door.open', reason: new Error('no text') }),
      })`,
  })
  const file = join(folder.path, '.audit', 'audit.jsonl')
  const manager = folder.manager({ audit: file })
  await manager.start()
  const door = manager.get('door') as Record<'open' | 'shut' | 'slip' | 'stumble', (by?: string) => unknown>
  await door.open('Ada\n')
  await door.shut()
  for (const wrong of [door.slip, door.stumble])
    await expect((async () => wrong())()).rejects.toMatchObject({ code: 'CFP_CONTEXT_ARGUMENT', plugin: 'door' })
  await manager.stop()
  const { entries } = await readAudit(file, { action: 'door.*' })
  expect(entries.map(({ time, host, pid, seq, ...entry }) => entry)).toEqual([
    { action: 'door.open', outcome: 'done', plugin: 'door', by: 'Ada\n', subject: 'front' },
    { action: 'door.shut', outcome: 'failed', plugin: 'door', reason: 'it is stuck' },
  ])
})

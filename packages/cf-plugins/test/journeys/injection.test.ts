// Services between plugins of real files: chosen, collected, made for each, coming late and going, and denied.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PluginError } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

const store = (name: string, edit = 1) => `
  import { definePlugin } from 'cf-plugins'
  export default definePlugin({
    name: '${name}', version: '1.0.${edit}', provides: ['store'],
    setup: ({ provide }) => void provide('store', { of: '${name}', edit: ${edit} }),
  })`

/** A plugin that keeps how often it was made, and has what it takes. */
const taker = (name: string, meta: string, take: string) => `
  import { definePlugin } from 'cf-plugins'
  export default definePlugin({
    name: '${name}', version: '1.0.0', ${meta},
    setup({ inject }) {
      const taken = ${take}
      return { taken, made: 1 }
    },
    state: { save: ({ made }) => made, restore: (made, service) => void (service.made += made) },
  })`

interface Taken<T> {
  readonly taken: T
  readonly made: number
}
interface Store {
  readonly of: string
  readonly edit: number
}

test('of several providers the host chooses one, others collect them all, and each change reaches whom it concerns (fault 35)', async () => {
  const folder = await PluginFolder.make({
    'redis.mjs': store('redis'),
    'memory.mjs': store('memory'),
    'one.mjs': taker('one', "requires: ['store']", "inject('store')"),
    'every.mjs': taker('every', "collects: ['store']", "inject('store', { all: true })"),
    'maybe.mjs': taker('maybe', "optionalDependencies: ['queue']", "inject('queue', { optional: true })"),
  })
  const { manager, report, reported } = await folder.started({ hotReload: true, providers: { store: 'redis' } })
  expect(report.failed).toEqual([])
  const one = () => manager.get('one') as Taken<Store>
  const every = () => manager.get('every') as Taken<readonly Store[]>
  const maybe = () => manager.get('maybe') as Taken<{ of: string } | undefined>
  expect(one()).toEqual({ taken: { of: 'redis', edit: 1 }, made: 1 })
  expect(
    every()
      .taken.map(({ of }) => of)
      .sort(),
  ).toEqual(['memory', 'redis'])
  expect(manager.get('store')).toBe(one().taken)

  const memory = await reported(() => folder.save('memory.mjs', store('memory', 2)))
  expect(memory).toMatchObject({ outcome: 'committed', plan: { order: ['memory', 'every'] } })
  expect([one().made, every().made]).toEqual([1, 2])

  const broken = await reported(() =>
    folder.save('redis.mjs', store('redis', 2).replace('void provide', 'void provid')),
  )
  expect(broken.outcome).toBe('rolled-back')
  expect([
    one().taken.edit,
    every()
      .taken.map(({ edit }) => edit)
      .sort(),
  ]).toEqual([1, [1, 2]])
  await reported(() => folder.save('redis.mjs', store('redis', 3)))
  expect([
    one().taken.edit,
    every()
      .taken.map(({ edit }) => edit)
      .sort(),
  ]).toEqual([3, [2, 3]])

  // What nobody offered comes with a new file, and goes with it.
  expect(maybe()).toEqual({ taken: undefined, made: 1 })
  await folder.save('rabbit.mjs', store('rabbit').replaceAll("'store'", "'queue'"))
  await expect.poll(() => maybe().taken?.of).toBe('rabbit')
  expect(maybe().made).toBe(2)
  await rm(join(folder.path, 'rabbit.mjs'))
  await expect.poll(() => maybe().taken).toBeUndefined()
  expect(maybe().made).toBe(3)

  await manager.disable('redis')
  expect(manager.explain('one').text).toBe('one is blocked: it needs redis for store, which is disabled')
  expect(() => manager.get('store')).toThrow(expect.objectContaining({ code: 'CFP_NOT_ACTIVE', plugin: 'redis' }))
  expect(every().taken.map(({ of }) => of)).toEqual(['memory'])
}, 30_000)

test('a service for each plugin is made with its consumer, and closed with it, over saves of either', async () => {
  const pool = (edit: number) => `
    export const PLUGIN_META = { name: 'pool', version: '1.0.0', provides: ['connection'] }
    export function register(_app, { provide, shared }) {
      const make = ({ name }) => {
        const own = '${edit} for ' + name
        shared.open.push(own)
        return { own, [Symbol.asyncDispose]: async () => void shared.open.splice(shared.open.indexOf(own), 1) }
      }
      provide('connection', make, { scope: 'plugin' })
      return {}
    }`
  const folder = await PluginFolder.make({
    'pool.mjs': pool(1),
    'a.mjs': taker('a', "requires: ['connection']", "inject('connection')"),
    'b.mjs': taker('b', "requires: ['connection']", "inject('connection')"),
  })
  const open: string[] = []
  const { manager, reported } = await folder.started({ hotReload: true, shared: { open } })
  expect(open.sort()).toEqual(['1 for a', '1 for b'])
  await reported(() => folder.save('pool.mjs', pool(2)))
  expect(open.sort()).toEqual(['2 for a', '2 for b'])
  await reported(() =>
    folder.save('a.mjs', taker('a', "requires: ['connection']", "(inject('connection'), nothing.there)")),
  )
  expect(open.sort()).toEqual(['2 for a', '2 for b'])
  await manager.stop()
  expect(open).toEqual([])
}, 30_000)

test('permissions are those of the code that serves: new with a good save, as before after a bad one (fault 75)', async () => {
  const shop = (permissions: string, more = '') => `
    import { definePlugin } from 'cf-plugins'
    export default definePlugin({
      name: 'shop', version: '1.0.0', dependencies: ['vault'], permissions: ${permissions},
      setup({ inject }) {
        ${more}
        return { open: () => inject('vault') }
      },
    })`
  const vault = `
    import { definePlugin } from 'cf-plugins'
    export default definePlugin({ name: 'vault', version: '1.0.0', setup: () => 'gold' })`
  const folder = await PluginFolder.make({ 'vault.mjs': vault, 'shop.mjs': shop('[]') })
  const { manager, reported } = await folder.started({ hotReload: true })
  const open = () => (manager.get('shop') as { open(): string }).open()
  const denied = () => {
    try {
      return open()
    } catch (error) {
      return error as PluginError
    }
  }
  expect(denied()).toMatchObject({
    code: 'CFP_ACCESS_DENIED',
    plugin: 'shop',
    file: join(folder.path, 'shop.mjs'),
    message: `Plugin "shop" may not use service:vault: its permissions leave that out. Write permissions: ['service:vault'] in definePlugin({ ... }).`,
  })
  await reported(() => folder.save('shop.mjs', shop("['service:vault']")))
  expect(open()).toBe('gold')
  const { outcome } = await reported(() => folder.save('shop.mjs', shop('[]', "throw new Error('no')")))
  expect([outcome, open()]).toEqual(['rolled-back', 'gold'])
  await reported(() => folder.save('shop.mjs', shop("['service:vault']")))
  // Another host grants less, and does not know of this one.
  const second = folder.manager({ access: { grants: { shop: ['event:*'] } } })
  await second.start()
  expect(() => (second.get('shop') as { open(): string }).open()).toThrow('its host does not grant that')
  expect(open()).toBe('gold')
}, 30_000)

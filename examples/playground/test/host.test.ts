// What the playground's host answers, asked through its socket.
import { askHost, controlAddress } from '@cf-plugins/cli'
import { expect, it, onTestFinished } from 'vitest'
import { type Host, startHost } from '../src/host.ts'
import { copyOfPlugins } from './playground-process.ts'

async function runningHost(): Promise<Host> {
  const folder = await copyOfPlugins()
  const host = await startHost({ folder, logger: false, afterReload: () => {} })
  onTestFinished(async () => void (await host.stop()))
  expect(host.address).toBe(controlAddress([folder]))
  return host
}

const call = (host: Host, plugin: string, member: string) => askHost(host.address, 'call', { plugin, member })

it('calls the functions of services, and nothing else of them', async () => {
  const host = await runningHost()
  expect(await call(host, 'counter', 'add')).toBe(1)
  expect(await call(host, 'counter', 'add')).toBe(2)
  for (const member of ['setup', 'getReloadState', 'constructor', '#line', 'context', 'none']) {
    await expect(call(host, 'counter', member), member).rejects.toMatchObject({ code: 'CFP_CLI_REQUEST' })
  }
  // Here the hook is a function of the service's own.
  await expect(call(host, 'clock', 'setup')).rejects.toMatchObject({ code: 'CFP_CLI_REQUEST' })
  await expect(call(host, 'nobody', 'add')).rejects.toMatchObject({ code: 'CFP_PLUGIN_UNKNOWN' })
  await expect(call(host, 'database', 'socket')).rejects.toMatchObject({ code: 'CFP_NOT_ACTIVE' })
})

it('has plugins of every kind: most are active, one is off, one is broken, and one waits for that', async () => {
  const host = await runningHost()
  const plugins = (await askHost(host.address, 'list')) as { name: string; state: string }[]
  const stateOf = Object.fromEntries(plugins.map(({ name, state }) => [name, state]))
  const { database, reports, mailer, ...others } = stateOf
  expect({ database, reports, mailer }).toEqual({ database: 'failed', reports: 'blocked', mailer: 'disabled' })
  expect(new Set(Object.values(others))).toEqual(new Set(['active']))
  expect(Object.keys(others)).toHaveLength(10)
  expect(host.manager.explain('reports').text).toMatch(/database.*ECONNREFUSED 127\.0\.0\.1/)
})

it('serves its status page, with a line of every plugin that has one, at the same address after a reload', async () => {
  const host = await runningHost()
  const url = String(await call(host, 'status-page', 'url'))
  expect(await (await fetch(url)).text()).toContain('<th>counter</th><td>0 seconds and 0 calls, in steps of 1</td>')
  expect(await host.manager.reload('status-page')).toMatchObject({ outcome: 'committed' })
  expect(await call(host, 'status-page', 'url')).toBe(url)
  expect((await fetch(url)).status).toBe(200)
})

it('finds words, and has the commands that plugins add to its program', async () => {
  const host = await runningHost()
  const found = await host.manager.use('search', (search) => (search as { find(word: string): string[] }).find('Water'))
  expect(found.toSorted()).toEqual(['bread.md', 'gardens.md'])
  expect(host.program.commands.map((command) => command.name()).toSorted()).toEqual(['find', 'hello'])
})

it('refuses a second host on the same folder', async () => {
  const folder = await copyOfPlugins()
  const host = await startHost({ folder, logger: false, afterReload: () => {} })
  onTestFinished(async () => void (await host.stop()))
  await expect(startHost({ folder, logger: false, afterReload: () => {} })).rejects.toMatchObject({
    code: 'CFP_CLI_HOST_RUNS',
  })
})

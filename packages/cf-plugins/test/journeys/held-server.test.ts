// An HTTP server that the host holds for a plugin, under load from another process: it answers every request, whatever becomes of the
// plugin. `CF_HELD_RELOADS=1000` for more reloads than the tests take.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { PluginFolder } from './plugin-folder.ts'

/** Reloads of each test; a fifth of them fail. */
const RELOADS = Number(process.env.CF_HELD_RELOADS ?? 50)

/** What the plugin tells its host. */
interface Shared {
  readonly port: number
  server?: Server
  /** How often it was opened. */
  opened: number
}

const web = (version: number, strategy: string, setup = '', health = '') => `
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { definePlugin } from 'cf-plugins'
let served = 0
async function serve({ shared, hold, listen }) {
  shared.server = await hold('http server', async () => {
    const server = createServer()
    server.listen(shared.port, '127.0.0.1')
    await once(server, 'listening')
    shared.opened += 1
    return server
  })
  listen(shared.server, 'request', async (request, response) => {
    served += 1
    // What waits at the gate waits with its body unread.
    const { length } = await text(request)
    response.end('web ${version}: ' + request.url.slice(1) + ' with ' + length)
  })
}
export default definePlugin({
  name: 'web', version: '1.0.${version}', reload: { strategy: '${strategy}' },
  state: { save: () => served, restore: (kept) => { served = kept } },
  async setup(context) {
    const { hold } = context
    await serve(context)
    ${setup}
    return { served: () => served, serve: () => serve(context) }
  },
  onEnable: (service) => service.serve(),
  health() { ${health} },
})`

/** Ways in which new code is bad: when it is read, set up with something more that is held, and when it is asked how it is. */
const bad = [
  (version: number, strategy: string) => `${web(version, strategy)} export const = `,
  (version: number, strategy: string) =>
    web(version, strategy, "await hold('another', () => ({ close() {} })); throw new Error('no')"),
  (version: number, strategy: string) => web(version, strategy, '', "throw new Error('not well')"),
]

for (const strategy of ['exclusive', 'overlap'])
  it(`answers every request over ${RELOADS} reloads, of which a fifth fail, where the plugin's strategy is ${strategy}`, {
    timeout: 60_000 + RELOADS * 500,
  }, async () => {
    const shared: Shared = { port: await freePort(), opened: 0 }
    const folder = await PluginFolder.make({ 'web.mjs': web(1, strategy) })
    const { manager, report, reported } = await folder.started({ hotReload: true, shared })
    expect(report.failed).toEqual([])
    const { server } = shared
    const load = startLoad(shared.port)
    const served = () => (manager.get('web') as { served(): number }).served()

    const outcomes: Record<string, number> = {}
    let version = 1
    for (let reload = 1; reload <= RELOADS; reload++) {
      // Each reload has requests to disturb.
      const before = served()
      while (served() < before + 5) await sleep(1)
      const failing = reload % 5 === 0 ? bad[(reload / 5) % bad.length] : undefined
      const code = failing ? failing(version + 1, strategy) : web(++version, strategy)
      const { outcome } = await reported(() => folder.save('web.mjs', code))
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      expect(manager.registry.get('web')?.meta.version).toBe(`1.0.${version}`)
    }
    await manager.idle()
    const { answered, wrong } = await load.end()
    if (process.env.CF_HELD_RELOADS)
      process.stdout.write(
        `${strategy}: ${JSON.stringify({ reloads: RELOADS, outcomes, answered, wrong: wrong.length })}\n`,
      )

    expect(wrong).toEqual([])
    expect(outcomes.committed).toBe(RELOADS - Math.floor(RELOADS / 5))
    expect(answered.keepAlive).toBeGreaterThan(RELOADS)
    expect(answered.anew).toBeGreaterThan(RELOADS)
    // State too: not one request was counted by code that is gone.
    expect(served()).toBe(answered.keepAlive + answered.anew)
    expect([shared.opened, shared.server === server]).toEqual([1, true])

    await manager.stop()
    expect(server?.listening).toBe(false)
    await expect(ask(shared.port)).rejects.toThrow()
  })

it('is closed where its plugin is disabled, and opened again where that is enabled', async () => {
  const shared: Shared = { port: await freePort(), opened: 0 }
  const folder = await PluginFolder.make({ 'web.mjs': web(1, 'exclusive') })
  const { manager, report, reported } = await folder.started({ hotReload: true, shared })
  expect(report.failed).toEqual([])
  expect(await ask(shared.port)).toBe('web 1: path with 0')
  await manager.disable('web')
  await expect(ask(shared.port)).rejects.toThrow()
  await manager.enable('web')
  expect(await ask(shared.port)).toBe('web 1: path with 0')
  await reported(() => folder.save('web.mjs', web(2, 'exclusive')))
  expect(await ask(shared.port)).toBe('web 2: path with 0')
  expect(shared.opened).toBe(2)
  await manager.unload('web')
  await expect(ask(shared.port)).rejects.toThrow()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function ask(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/path`, { headers: { connection: 'close' } })).text()
}

/** A second process that asks without a pause, until it is ended. */
function startLoad(port: number) {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'load-child.ts'), String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  const printed = text(child.stdout)
  return {
    async end() {
      child.stdin.end()
      return JSON.parse(await printed) as {
        readonly answered: { readonly keepAlive: number; readonly anew: number }
        readonly wrong: readonly string[]
      }
    },
  }
}

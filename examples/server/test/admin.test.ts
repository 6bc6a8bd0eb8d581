// Looking at plugins and switching them, by real requests.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readAudit } from 'cf-plugins'
import { describe, expect, it } from 'vitest'
import { type Served, serve } from './serving.ts'

const ROOT = { user: 'root admin' }

const MOODY = (mood = 'healthy') => `
import { definePlugin } from './_shared/plugin.ts'
export default definePlugin({
  name: 'moody',
  version: '1.2.3',
  setup: ({ app, on }) => {
    on('weather', () => {})
    app.get('/moody', {}, () => ({ body: '${mood}' }))
  },
  health: () => ({ status: '${mood}', message: 'a secret mood' }),
})
`
const NEEDY = `
export const PLUGIN_META = { name: 'needy', version: '1.0.0', dependencies: ['moody'] }
export const register = () => ({})
`

const administered = (mood?: string, config = '') =>
  serve(['admin'], { files: { 'moody.ts': MOODY(mood), 'needy.mjs': NEEDY }, config })

const act = ({ ask }: Served, name: string, action: string, init: object = ROOT) =>
  ask('POST', `/admin/plugins/${name}/${action}`, init)

describe('the probes', () => {
  it('answer everybody, and tell why to admins alone', async () => {
    const { ask } = await administered()
    for (const [path, body] of [
      ['/livez', { live: true }],
      ['/readyz', { ready: true }],
    ] as const) {
      const everybody = await ask('GET', path)
      expect([everybody.status, everybody.json]).toEqual([200, body])
      expect(everybody.headers.get('cache-control')).toBe('no-store')
      expect((await ask('GET', path, { user: 'eve editor' })).json).toEqual(body)
      const admin = await ask('GET', path, ROOT)
      expect(admin.json).toMatchObject({ ...body, plugins: { moody: { message: 'a secret mood' } } })
    }
    expect((await ask('HEAD', '/livez')).status).toBe(200)
  })

  it('say no where a plugin is not well, which is no reason to start the process anew', async () => {
    const { ask } = await administered('unhealthy')
    expect((await ask('GET', '/livez')).status).toBe(200)
    const ready = await ask('GET', '/readyz')
    expect([ready.status, ready.json]).toEqual([503, { ready: false }])
  })
})

describe('what admins see', () => {
  it('nobody else sees', async () => {
    const served = await administered()
    for (const path of ['health', 'metrics', 'routes', 'handlers', 'config', 'audit', 'plugins', 'plugins/moody']) {
      const none = await served.ask('GET', `/admin/${path}`)
      const other = await served.ask('GET', `/admin/${path}`, { user: 'eve editor' })
      expect([path, none.status, other.status]).toEqual([path, 401, 403])
      expect(none.text + other.text).not.toContain('moody')
    }
    for (const action of ['enable', 'disable', 'reload']) {
      expect((await act(served, 'moody', action, {})).status).toBe(401)
      expect((await act(served, 'moody', action, { user: 'eve editor' })).status).toBe(403)
    }
    expect((await served.ask('GET', '/moody')).status).toBe(200)
  })

  it('is health, metrics, routes, handlers, and each plugin', async () => {
    const { ask, server } = await administered()
    await server.manager.events.emit('weather')
    const get = async (path: string) => (await ask('GET', `/admin/${path}`, ROOT)).json
    expect(await get('health')).toMatchObject({ live: true, ready: true, plugins: { moody: { status: 'healthy' } } })
    expect(await get('metrics')).toMatchObject({ states: { active: 5 }, plugins: { moody: { starts: 1 } } })
    expect((await get('config')).plugins).toContainEqual(expect.objectContaining({ plugin: 'admin' }))
    expect((await get('handlers')).handlers).toContainEqual(
      expect.objectContaining({ plugin: 'moody', name: 'weather' }),
    )
    expect((await get('routes')).routes).toContainEqual({
      method: 'GET',
      path: '/moody',
      plugin: 'moody',
      isLive: true,
    })
    expect((await get('plugins')).plugins).toContainEqual({
      plugin: 'moody',
      version: '1.2.3',
      state: 'active',
      generation: 1,
    })
    expect(await get('plugins/moody')).toMatchObject({
      plugin: 'moody',
      state: 'active',
      health: { status: 'healthy' },
      routes: [{ path: '/moody' }],
      handlers: [{ name: 'weather', calls: 1 }],
      metrics: { starts: 1 },
    })
  })

  it('has a plugin whose file cannot be loaded, and so have the probes', async () => {
    const { ask, plugins, server } = await administered()
    await writeFile(join(plugins, 'broken.mjs'), 'export const PLUGIN_META = {{{')
    await expect
      .poll(async () => (await ask('GET', '/admin/plugins', ROOT)).json.plugins.at(-1))
      .toMatchObject({
        plugin: 'broken',
        state: 'absent',
        why: expect.stringContaining('broken.mjs'),
      })
    expect((await ask('GET', '/admin/plugins/broken', ROOT)).json).toMatchObject({ state: 'failed', routes: [] })
    await expect.poll(async () => (await ask('GET', '/readyz')).status).toBe(503)
    await writeFile(join(plugins, 'broken.mjs'), NEEDY.replace('needy', 'broken'))
    await expect.poll(() => server.manager.absent()).toEqual([])
    await expect.poll(async () => (await ask('GET', '/readyz')).status).toBe(200)
  })

  it('is under the name of the plugin, and near ones are told', async () => {
    const served = await administered()
    const got = await served.ask('GET', '/admin/plugins/mody', ROOT)
    expect([got.status, got.json.error]).toMatchObject([
      404,
      {
        code: 'CFP_PLUGIN_UNKNOWN',
        message: expect.stringContaining('Did you mean "moody"?'),
        details: { nearest: 'moody' },
      },
    ])
    for (const action of ['enable', 'disable', 'reload']) {
      const done = await act(served, 'mody', action)
      expect([done.status, done.json.error.details]).toEqual([404, { nearest: 'moody' }])
      expect((await act(served, 'nothing-like-it', action)).status).toBe(404)
    }
  })
})

describe('an action', () => {
  it('switches a plugin and whoever needs it off, tells why, and on again', async () => {
    const served = await administered()
    const { ask } = served
    const off = await act(served, 'moody', 'disable')
    expect([off.status, off.json]).toEqual([
      200,
      { plugin: 'moody', action: 'disable', outcome: 'done', state: 'disabled' },
    ])
    expect((await ask('GET', '/moody')).status).toBe(503)
    const { plugins } = (await ask('GET', '/admin/plugins', ROOT)).json
    expect(plugins).toContainEqual(
      expect.objectContaining({ plugin: 'needy', state: 'blocked', why: expect.stringContaining('moody') }),
    )
    const needy = await act(served, 'needy', 'enable')
    expect([needy.status, needy.json.outcome]).toEqual([409, 'failed'])
    expect(needy.json.error.message).toContain('moody')
    expect((await act(served, 'moody', 'enable')).json).toMatchObject({ outcome: 'done', state: 'active' })
    expect((await ask('GET', '/moody')).status).toBe(200)
    expect((await ask('GET', '/admin/plugins/needy', ROOT)).json.state).toBe('active')
  })

  it('loads new code, or tells why the old one serves on', async () => {
    const served = await administered('healthy', 'admin:\n  settings:\n    answerWithinMs: 20000\n')
    const { ask, plugins, server } = served
    const again = await act(served, 'moody', 'reload')
    expect([again.status, again.json]).toMatchObject([
      200,
      { outcome: 'committed', state: 'active', report: { members: ['moody', 'needy'], problems: [] } },
    ])
    await writeFile(join(plugins, 'moody.ts'), MOODY('unhealthy'))
    await server.manager.idle()
    const bad = await act(served, 'moody', 'reload')
    expect([bad.status, bad.json]).toMatchObject([
      409,
      { outcome: 'rolled-back', state: 'active', error: { code: 'CFP_UNHEALTHY', plugin: 'moody' } },
    ])
    expect((await ask('GET', '/moody')).text).toBe('healthy')
    await writeFile(join(plugins, 'moody.ts'), 'export default {{{')
    const broken = await act(served, 'moody', 'reload')
    expect([broken.status, broken.json.outcome]).toEqual([409, 'kept'])
    expect((await ask('GET', '/moody')).text).toBe('healthy')
  })

  it('of the plugin itself is accepted, and done after the answer', async () => {
    const served = await administered()
    const { ask, server } = served
    const again = await act(served, 'admin', 'reload')
    expect([again.status, again.json.outcome]).toEqual([202, 'accepted'])
    await expect
      .poll(async () => (await ask('GET', '/admin/plugins/admin', ROOT)).json, { timeout: 10_000 })
      .toMatchObject({ state: 'active' })
    const off = await act(served, 'admin', 'disable')
    expect([off.status, off.json.outcome]).toEqual([202, 'accepted'])
    await expect.poll(() => server.manager.status('admin').state, { timeout: 10_000 }).toBe('disabled')
    expect((await ask('GET', '/livez')).status).toBe(503)
    await server.manager.enable('admin')
    expect((await ask('GET', '/livez')).status).toBe(200)
  })

  it('of what takes long is accepted, and keeps no reload waiting', async () => {
    const SLOW = `
      export const PLUGIN_META = { name: 'slow', version: '1.0.0', enabled: false }
      export const register = () => ({ setup: () => new Promise((resolve) => { globalThis.goOn = resolve }) })`
    const served = await serve(['admin'], {
      files: { 'slow.mjs': SLOW },
      config: 'admin:\n  settings:\n    answerWithinMs: 50\n',
    })
    const on = await act(served, 'slow', 'enable')
    expect([on.status, on.json.outcome]).toEqual([202, 'accepted'])
    ;(globalThis as unknown as { goOn(): void }).goOn()
    await expect.poll(() => served.server.manager.status('slow').state).toBe('active')
  })

  it('that closes the very connection it came by is answered before', async () => {
    const served = await administered('healthy', 'admin:\n  settings:\n    answerWithinMs: 200\n')
    const off = await act(served, 'http', 'disable')
    expect([off.status, off.json.outcome]).toEqual([202, 'accepted'])
    expect(off.headers.get('connection')).toBe('close')
    await expect.poll(() => served.server.manager.status('http').state, { timeout: 10_000 }).toBe('disabled')
    await expect(served.ask('GET', '/livez')).rejects.toThrow()
  })

  it('keeps serving over reloads of what the request came by and of the plugin itself', async () => {
    const served = await administered()
    const seen = new Set<number>()
    for (let time = 0; time < 5; time++)
      for (const name of ['http', 'admin', 'who']) {
        const { status, json } = await act(served, name, 'reload')
        seen.add(status)
        expect(['committed', 'accepted']).toContain(json.outcome)
        expect((await served.ask('GET', '/readyz', ROOT)).status).toBe(200)
      }
    expect([...seen].sort()).toEqual([200, 202])
  })

  it('is in the audit trail, with who did it', async () => {
    const served = await administered()
    await act(served, 'moody', 'disable')
    await act(served, 'needy', 'enable')
    const wanted = '/admin/audit?plugin=admin&action=plugin.*'
    await expect
      .poll(async () => (await served.ask('GET', wanted, ROOT)).json.entries)
      .toMatchObject([
        { action: 'plugin.disable', subject: 'moody', by: 'ROOT', outcome: 'done', plugin: 'admin' },
        { action: 'plugin.enable', subject: 'needy', by: 'ROOT', outcome: 'failed' },
      ])
    expect((await served.ask('GET', '/admin/audit?limit=many', ROOT)).status).toBe(400)
    const { entries } = await readAudit(join(served.data, 'audit.jsonl'), { action: 'plugin.*' })
    expect(entries).toHaveLength(2)
  })
})

// The configuration of a host: read from files, checked as a whole, and edited while the host runs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import {
  type ConfigEditReport,
  definePlugin,
  type Logger,
  PluginManager,
  type PluginManagerOptions,
} from '../../src/index.ts'

const auth = definePlugin({
  name: 'auth',
  version: '1.2.0',
  config: z.object({
    timeout: z.number(),
    providers: z.array(z.string()).default([]),
    password: z.string().meta({ secret: true }).optional(),
  }),
  setup: ({ config, logger }) => {
    const seen = [config.timeout]
    return { seen, tell: (text: string) => logger.info(text), config: () => config }
  },
  onConfigChange: (config, previous, service) => {
    if (config.timeout === 13) throw new Error('not thirteen')
    service.seen.push(previous.timeout, config.timeout)
  },
})
const sessions = definePlugin({
  name: 'sessions',
  version: '1.0.0',
  dependencies: ['auth'],
  setup: () => ({ made: Date.now() }),
})
/** Without `onConfigChange`: made anew. */
const cache = definePlugin({
  name: 'cache',
  version: '1.0.0',
  config: z.object({ ttl: z.number().min(1).default(300) }),
  setup: ({ config, reason }) => ({ ttl: config.ttl, reason }),
})
const fussy = definePlugin({
  name: 'fussy',
  version: '1.0.0',
  config: z.object({ size: z.number().default(1) }),
  setup: ({ config }) => {
    if (config.size > 9) throw new Error('too large for me')
    return { size: config.size }
  },
})

interface Host {
  readonly manager: PluginManager
  readonly folder: string
  readonly edits: ConfigEditReport[]
  readonly log: { readonly level: string; readonly details: object; readonly message: string }[]
  write(name: string, text: string): Promise<void>
  /** Writes the file, and gives the report of the edit. */
  edited(text: string): Promise<ConfigEditReport>
}

async function host(yaml: string, options: PluginManagerOptions = {}): Promise<Host> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-config-'))
  const write = (name: string, text: string) => writeFile(join(folder, name), text)
  await write('plugins.yaml', yaml)
  const edits: ConfigEditReport[] = []
  const log: Host['log'] = []
  const entry =
    (level: string) =>
    (first: string | object, message = '') =>
      void log.push(
        typeof first === 'string' ? { level, details: {}, message: first } : { level, details: first, message },
      )
  const logger: Logger = { debug: entry('debug'), info: entry('info'), warn: entry('warn'), error: entry('error') }
  const manager = new PluginManager({
    autoLoad: false,
    hotReload: true,
    config: join(folder, 'plugins.yaml'),
    logger,
    afterConfigChange: (report) => edits.push(report),
    ...options,
  })
  onTestFinished(async () => {
    await manager.stop()
    await rm(folder, { recursive: true, force: true })
  })
  for (const plugin of [auth, sessions, cache, fussy]) await manager.add(plugin)
  const edited = async (text: string) => {
    const before = edits.length
    await write('plugins.yaml', text)
    await expect.poll(() => edits.length, { timeout: 10_000 }).toBeGreaterThan(before)
    return edits.at(-1) as ConfigEditReport
  }
  return { manager, folder, edits, log, write, edited }
}

const GOOD = `
auth:
  version: ^1.0.0
  settings:
    timeout: \${AUTH_TIMEOUT:-30}
    providers: [jwt, basic]
cache:
  settings: { ttl: 60 }
`

it('gives each plugin what its files and the environment say, as its schema has it', async () => {
  const { manager } = await host(GOOD)
  const report = await manager.start()
  expect(report.failed).toEqual([])
  expect(manager.get(auth).config()).toMatchObject({ timeout: 30, providers: ['jwt', 'basic'] })
  expect(manager.get(cache).ttl).toBe(60)
})

it('tells every problem at once, with its place, and starts those that have none', async () => {
  const { manager, folder } = await host(`
auth:
  settings:
    timeout: soon
    providers: jwt
cache:
  settings:
    ttl: 0
`)
  const { active, failed } = await manager.start()
  expect(active).toEqual(['fussy'])
  const told = failed.map(({ error }) => error.message).join('\n')
  const file = join(folder, 'plugins.yaml')
  expect(told).toContain(`${file}:4:14 auth.timeout: `)
  expect(told).toContain(`${file}:5:`)
  expect(told).toContain(`${file}:8:10 cache.ttl: `)
})

it('does not start on a file that is no YAML, and says where it is wrong', async () => {
  const { manager, folder } = await host('auth:\n  settings:\n\ttimeout: 3\n')
  const error = await manager.start().catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'CFP_CONFIG_REFUSED', file: join(folder, 'plugins.yaml'), line: 3 })
})

it('has a live edit reach just the plugins concerned: told, or made anew', async () => {
  const { manager, edited } = await host(GOOD)
  await manager.start()
  const before = { sessions: manager.get(sessions), auth: manager.get(auth), cache: manager.get(cache) }
  const told = await edited(GOOD.replace(':-30', ':-45'))
  expect(told).toMatchObject({ outcome: 'committed', plugins: ['auth'] })
  expect(manager.get(auth)).toBe(before.auth)
  expect(manager.get(auth).seen).toEqual([30, 30, 45])
  const anew = await edited(GOOD.replace(':-30', ':-45').replace('ttl: 60', 'ttl: 61'))
  expect(anew).toMatchObject({ outcome: 'committed', plugins: ['cache'] })
  expect(manager.get(cache)).not.toBe(before.cache)
  expect(manager.get(cache)).toEqual({ ttl: 61, reason: 'reload' })
  expect(manager.get(sessions)).toBe(before.sessions)
})

it('keeps the last good configuration where an edit is invalid, of any plugin, and takes the next good one (fault 66)', async () => {
  const { manager, edited } = await host(GOOD)
  await manager.start()
  const before = [manager.get(auth), manager.get(cache)]
  const kept = await edited(GOOD.replace('ttl: 60', 'ttl: -1').replace(':-30', ':-45'))
  expect(kept).toMatchObject({ outcome: 'kept', plugins: ['cache'], error: { code: 'CFP_CONFIG_REFUSED' } })
  expect(kept.error?.message).toMatch(/plugins\.yaml:8:\d+ cache\.settings\.ttl/)
  const broken = await edited('auth: [')
  expect(broken).toMatchObject({ outcome: 'kept', error: { line: expect.any(Number) } })
  expect([manager.get(auth), manager.get(cache)]).toEqual(before)
  expect(manager.get(auth).seen).toEqual([30])
  expect(manager.get(cache).ttl).toBe(60)
  // A reload meanwhile has the last good one too.
  await manager.reload('cache')
  expect(manager.get(cache).ttl).toBe(60)
  expect(await edited(GOOD.replace('ttl: 60', 'ttl: 90'))).toMatchObject({ outcome: 'committed', plugins: ['cache'] })
  expect(manager.get(cache).ttl).toBe(90)
})

it('takes an edit back as a whole where one plugin cannot bear it', async () => {
  const { manager, edited } = await host(`${GOOD}fussy:\n  settings: { size: 2 }\n`)
  await manager.start()
  const next = `${GOOD.replace(':-30', ':-45')}fussy:\n  settings: { size: 10 }\n`
  expect(await edited(next)).toMatchObject({ outcome: 'rolled-back', error: { plugin: 'fussy' } })
  expect(manager.get(fussy).size).toBe(2)
  expect(manager.get(auth).config()).toMatchObject({ timeout: 30 })
  const refused = await edited(GOOD.replace(':-30', ':-13'))
  expect(refused).toMatchObject({ outcome: 'rolled-back', error: { plugin: 'auth' } })
  expect(manager.get(auth).config()).toMatchObject({ timeout: 30 })
})

it('switches plugins on and off, and gives them other permissions, as the file says', async () => {
  const { manager, edited } = await host(`${GOOD}fussy:\n  enabled: false\n`)
  const { disabled } = await manager.start()
  expect(disabled).toEqual(['fussy'])
  expect(await edited(`${GOOD}fussy:\n  enabled: true\n`)).toMatchObject({ outcome: 'committed' })
  expect(manager.status('fussy').state).toBe('active')
  await edited(`${GOOD}fussy:\n  enabled: true\nsessions:\n  enabled: false\n`)
  expect(manager.status('sessions').state).toBe('disabled')
})

it('deals with the next edit also where the host fails to hear of one', async () => {
  const heard: string[] = []
  const { manager, log, write } = await host(GOOD, {
    afterConfigChange: ({ outcome }) => {
      heard.push(outcome)
      throw new Error('not listening')
    },
  })
  await manager.start()
  await write('plugins.yaml', GOOD.replace('ttl: 60', 'ttl: 61'))
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['committed'])
  await expect
    .poll(() => log.some(({ message }) => message.includes('afterConfigChange() of the host failed')))
    .toBe(true)
  await write('plugins.yaml', GOOD.replace('ttl: 60', 'ttl: 62'))
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(['committed', 'committed'])
  expect(manager.get(cache).ttl).toBe(62)
})

it('refuses a version that the configuration is not for, until that is mended', async () => {
  const { manager, edited } = await host(GOOD.replace('^1.0.0', '^2.0.0'))
  const { failed } = await manager.start()
  expect(failed.map(({ plugin }) => plugin).sort()).toEqual(['auth', 'sessions'])
  expect(failed.find(({ plugin }) => plugin === 'auth')?.error).toMatchObject({ code: 'CFP_CONFIG_VERSION', line: 2 })
  expect(await edited(GOOD)).toMatchObject({ outcome: 'committed', plugins: ['auth'] })
  expect([manager.status('auth').state, manager.status('sessions').state]).toEqual(['active', 'active'])
})

it('warns of a name that no plugin has, with the one that is meant', async () => {
  const { manager, log } = await host(`${GOOD}chache:\n  settings: { ttl: 3 }\n`)
  await manager.start()
  const warning = log.find(({ level, message }) => level === 'warn' && message.includes('chache'))
  expect(warning?.message).toContain('cache')
})

it('shows a secret in no log and in no error (fault 77)', async () => {
  const secret = 'correct horse battery staple'
  const { manager, log, edited } = await host(`${GOOD.replace('providers: [jwt, basic]', `password: ${secret}`)}`)
  await manager.start()
  expect(manager.get(auth).config().password).toBe(secret)
  manager.get(auth).tell(`signing in with ${secret}`)
  const kept = await edited(`${GOOD.replace('providers: [jwt, basic]', `password: [${secret}]`)}`)
  expect(kept.outcome).toBe('kept')
  expect(log.some(({ message }) => message.includes('signing in with'))).toBe(true)
  expect(JSON.stringify([log, kept, String(kept.error)])).not.toContain('battery')
})

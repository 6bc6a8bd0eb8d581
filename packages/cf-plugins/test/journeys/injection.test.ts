// Services between plugins in files: several who offer one, all of them, one for each plugin, what comes late and goes.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { serviceRef } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

const refs = `
import { serviceRef } from 'cf-plugins'
export interface Mailer { send(text: string): string }
export const Mail = serviceRef<Mailer>('mail')`
const mailer = (name: string, mark = name) => `
import { definePlugin } from 'cf-plugins'
import { Mail } from './_mail.ts'
export default definePlugin({ name: '${name}', version: '1.0.0', provides: ['mail'],
  setup: ({ provide }) => void provide(Mail, { send: (text) => '${mark}: ' + text }) })`
/** Takes the service once, and all there are of it. */
const shop = `
import { BasePlugin, inject, plugin } from 'cf-plugins'
import { Mail, type Mailer } from './_mail.ts'
@plugin({ name: 'shop', version: '1.0.0' })
export default class Shop extends BasePlugin {
  @inject(Mail) accessor mail!: Mailer
  @inject(Mail, { all: true }) accessor all!: readonly Mailer[]
  sell(thing: string) { return this.mail.send(thing) }
  tell(text: string) { return this.all.map((mail) => mail.send(text)) }
}`

interface Shop {
  sell(thing: string): string
  tell(text: string): string[]
}

it('gives who needs a service the provider that the host chose, who wants all everyone’s, and the new ones when they are replaced', async () => {
  const folder = await PluginFolder.make({
    '_mail.ts': refs,
    'smtp.ts': mailer('smtp'),
    'queue.ts': mailer('queue'),
    'shop.ts': shop,
  })
  const { manager, report, reported } = await folder.started({ hotReload: true, providers: { mail: 'smtp' } })
  expect(report.failed).toEqual([])
  const first = manager.get('shop') as Shop
  const now = () => manager.get('shop') as Shop
  expect(first.sell('a pen')).toBe('smtp: a pen')
  expect(first.tell('hello').sort()).toEqual(['queue: hello', 'smtp: hello'])
  expect(manager.get(serviceRef<{ send(text: string): string }>('mail')).send('x')).toBe('smtp: x')

  const { members } = await reported(() => folder.save('smtp.ts', mailer('smtp', 'new smtp')))
  expect([...members].sort()).toEqual(['shop', 'smtp'])
  expect(now()).not.toBe(first)
  expect(now().sell('a pen')).toBe('new smtp: a pen')
  expect(now().tell('hello').sort()).toEqual(['new smtp: hello', 'queue: hello'])

  // One more: whoever wants all is made anew for it, and goes without it when it is gone.
  await folder.save('pigeon.ts', mailer('pigeon'))
  await expect.poll(() => (manager.tryGet('shop') as Shop | undefined)?.tell('hi').length).toBe(3)
  expect(now().sell('a pen')).toBe('new smtp: a pen')
  await manager.disable('pigeon')
  await expect.poll(() => (manager.tryGet('shop') as Shop | undefined)?.tell('hi').length).toBe(2)

  await manager.disable('smtp')
  expect(manager.status('shop').state).toBe('blocked')
  expect(manager.explain('shop').text).toMatch(/^shop is blocked: it needs smtp for mail, which is disabled/)
  await manager.enable('smtp')
  expect(now().sell('a pen')).toBe('new smtp: a pen')
})

it('refuses before any code runs who needs a service that several offer and the host chose none of, with the line to add', async () => {
  const ran: string[] = []
  const folder = await PluginFolder.make({
    '_mail.ts': refs,
    'smtp.ts': mailer('smtp'),
    'queue.ts': mailer('queue'),
    'needy.ts': `
import { BasePlugin, inject, plugin } from 'cf-plugins'
import { Mail, type Mailer } from './_mail.ts'
@plugin({ name: 'needy', version: '1.0.0' })
export default class Needy extends BasePlugin {
  @inject(Mail) accessor mail!: Mailer
  override setup() { (this.context.shared as string[]).push('needy') }
}`,
  })
  const { manager, report } = await folder.started({ shared: ran })
  expect(ran).toEqual([])
  expect([...report.active].sort()).toEqual(['queue', 'smtp'])
  expect(report.failed).toMatchObject([{ plugin: 'needy', error: { code: 'CFP_SERVICE_AMBIGUOUS' } }])
  expect(report.failed[0]?.error.message).toMatch(/"queue" and "smtp"|"smtp" and "queue"/)
  expect(report.failed[0]?.error.message).toContain("providers: { mail: '")
  expect(() => manager.get('mail')).toThrow(expect.objectContaining({ code: 'CFP_SERVICE_AMBIGUOUS' }))
})

it('makes a service for each plugin that asks, and ends it with the plugin’s generation', async () => {
  const log: string[] = []
  const user = (name: string, mark = '') => `
import { definePlugin } from 'cf-plugins'
import { Session } from './sessions.ts'
export default definePlugin({ name: '${name}', version: '1.0.0', requires: ['session'],
  setup: ({ inject }) => ({ number: inject(Session).number, same: inject(Session) === inject(Session), mark: '${mark}' }) })`
  const folder = await PluginFolder.make({
    'sessions.ts': `
import { definePlugin, serviceRef } from 'cf-plugins'
export const Session = serviceRef<{ number: number } & AsyncDisposable>('session')
export default definePlugin({ name: 'sessions', version: '1.0.0', provides: ['session'],
  setup({ provide, shared }) {
    const log = shared as string[]
    let made = 0
    provide(Session, ({ name, signal }) => {
      const number = ++made
      log.push('made ' + number + ' for ' + name)
      return { number, async [Symbol.asyncDispose]() { log.push('closed ' + number + ' of ' + name + (signal.aborted ? '' : ' too early')) } }
    }, { scope: 'plugin' })
  } })`,
    'one.ts': user('one'),
    'two.ts': user('two'),
  })
  const { manager, report, reported } = await folder.started({ hotReload: true, shared: log })
  expect(report.failed).toEqual([])
  const numberOf = (name: string) => manager.get(name) as { number: number; same: boolean }
  expect([numberOf('one').same, numberOf('two').same]).toEqual([true, true])
  expect(numberOf('one').number).not.toBe(numberOf('two').number)
  const old = numberOf('one').number
  log.length = 0
  await reported(() => folder.save('one.ts', user('one', 'edited')))
  expect(log).toEqual([`closed ${old} of one`, 'made 3 for one'])
  expect(numberOf('one').number).toBe(3)
  expect(() => manager.get('session')).toThrow(expect.objectContaining({ code: 'CFP_SERVICE_SCOPED' }))
  log.length = 0
  await manager.stop()
  expect(log.sort()).toEqual([`closed ${3 - old} of two`, 'closed 3 of one'])
})

it('does without an optional service, and makes its consumer anew when it comes late, is replaced and goes (fault 35)', async () => {
  const folder = await PluginFolder.make({
    'api.ts': `
import { definePlugin, serviceRef } from 'cf-plugins'
const Metrics = serviceRef<{ name: string }>('metrics')
export default definePlugin({ name: 'api', version: '1.0.0', optionalDependencies: ['metrics'],
  setup: ({ inject }) => ({ metrics: inject(Metrics, { optional: true })?.name ?? 'none' }) })`,
  })
  const { manager } = await folder.started({ hotReload: true })
  const seen = () => (manager.tryGet('api') as { metrics: string } | undefined)?.metrics
  const prometheus = (name: string) => `
import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: 'prometheus', version: '1.0.0', provides: ['metrics'],
  setup: ({ provide }) => void provide('metrics', { name: '${name}' }) })`
  expect(seen()).toBe('none')
  await folder.save('prometheus.ts', prometheus('prometheus'))
  await expect.poll(seen).toBe('prometheus')
  await folder.save('prometheus.ts', prometheus('titan'))
  await expect.poll(seen).toBe('titan')
  await manager.disable('prometheus')
  await expect.poll(seen).toBe('none')
  await manager.enable('prometheus')
  await expect.poll(seen).toBe('titan')
  await rm(join(folder.path, 'prometheus.ts'))
  await manager.idle()
  await manager.unload('prometheus')
  await expect.poll(seen).toBe('none')
})

it('refuses a service that was not declared, with the line to add; with that line it starts', async () => {
  const needing = (declared: string) => `
import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: 'needing', version: '1.0.0',${declared}
  setup: ({ inject }) => ({ now: (inject('clock') as { now(): number }).now() }) })`
  const folder = await PluginFolder.make({
    'clock.mjs': `export const PLUGIN_META = { name: 'clock', version: '1.0.0' }\nexport const register = () => ({ now: () => 7 })`,
    'needing.ts': needing(''),
  })
  const { manager, report } = await folder.started({ hotReload: true })
  const [failure] = report.failed
  expect(failure).toMatchObject({ plugin: 'needing', error: { code: 'CFP_SERVICE_UNDECLARED' } })
  const line = /dependencies: \['clock'\]/.exec(failure?.error.message ?? '')?.[0]
  expect(line).toBeDefined()
  await folder.save('needing.ts', needing(` ${line},`))
  await expect.poll(() => manager.tryGet('needing')).toEqual({ now: 7 })
})

// Run by stray-errors.test.ts: a host that asks whose the errors are that nobody caught. Prints them, and where all stand.
import { EventEmitter } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PluginError } from '@cf-plugins/plugin-api'
import { HotReloader, type ReloadReport } from '../../src/index.ts'
import { plugin } from '../sources.ts'

const [, , folder = '', script, next = ''] = process.argv
const told: PluginError[] = []
const reports: ReloadReport[] = []
const emitter = new EventEmitter()
let asked = 0

await writeFile(
  join(folder, 'bystander.ts'),
  plugin('bystander', { setup: '() => { let asked = 0; return { ask: () => ++asked } }' }),
)
const reloader = new HotReloader({
  paths: [folder],
  shared: { emitter },
  strayErrors: {
    leftBehind: true,
    quarantineAfter: script === 'tell' ? 1000 : 3,
    onStrayError: (error) => void told.push(error),
  },
  afterReload: (report) => void reports.push(report),
})
const { lifecycle } = reloader

const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)
const until = async (condition: () => boolean) => {
  while (!condition()) await sleep(5)
}
const standing = (more: object = {}) => {
  const states = Object.fromEntries(lifecycle.statuses().map(({ plugin: name, state }) => [name, state]))
  asked = (lifecycle.service('bystander') as { ask(): number }).ask()
  print({ states, asked, ...more })
}
const save = async () => {
  const seen = reports.length
  await writeFile(join(folder, '.saving'), next)
  await rename(join(folder, '.saving'), join(folder, 'stray.ts'))
  await until(() => reports.length > seen)
  await reloader.idle()
}

await reloader.start()
if (script === 'host') {
  void Promise.reject(new Error("the host's own"))
  await sleep(60_000)
} else if (script === 'tell') {
  const beats = setInterval(() => {
    lifecycle.events.publish('beat')
    void lifecycle.hooks.call('beat')
    emitter.emit('beat')
  }, 50)
  const first = () => new Map([...told].reverse().map((error) => [error.plugin, error]))
  await until(() => first().size === Number(next))
  clearInterval(beats)
  for (const error of first().values()) print(error)
  standing()
} else if (script === 'quarantine') {
  await until(() => lifecycle.status('stray').state === 'disabled' && told.length > 3)
  for (const error of told) print(error)
  standing({ why: lifecycle.status('stray').error?.code })
  await save()
  const { outcome, started } = reports[0] as ReloadReport
  standing({ outcome, started })
} else if (script === 'leave') {
  await reloader.reloadPlugin('tidy')
  await save()
  await until(() => told.length > 0)
  // As long again as it took to be told, for what must not be.
  await sleep(1000)
  for (const error of told) print(error)
  standing()
} else if (script === 'replace') {
  await save()
  await until(() => told.filter(({ code }) => code === 'CFP_STRAY_ERROR').length > 5)
  print(told.find(({ code }) => code === 'CFP_STRAY_ERROR'))
  standing()
}
await reloader.stop()
process.exit()

// Run by monitor.test.ts: a host whose plugin leaves errors to nobody until it is switched off. `stray-child.ts <folder> <audit file>`
// prints, as JSON, what was counted of that plugin, and the audit trail without its transitions.
import { setTimeout as sleep } from 'node:timers/promises'
import { PluginManager, readAudit } from '../../src/index.ts'

const [folder = '', file = ''] = process.argv.slice(2)
const manager = new PluginManager({
  paths: [folder],
  monitor: true,
  audit: file,
  strayErrors: { quarantineAfter: 3 },
})
await manager.start()
while (manager.status('careless').error?.code !== 'CFP_PLUGIN_QUARANTINED') await sleep(5)
const { strayErrors } = manager.metrics().plugins.careless ?? {}
await manager.stop()
const { entries } = await readAudit(file)
const told = entries.filter(({ action }) => action !== 'transition')
console.log(JSON.stringify({ strayErrors, told: told.map(({ action, plugin, reason }) => [action, plugin, reason]) }))

// A host that reloads its plugin without an end, `killed-host.ts <plugins> <states>`, and prints each number that is on the disk.
import { writeSync } from 'node:fs'
import { FileStateStore, HotReloader, StatePreserver } from 'cf-plugins'
import { fillOf, KEY } from '../kills.ts'

interface Counter {
  next(): number
}

const [plugins = '', folder = ''] = process.argv.slice(2)
const preserver = new StatePreserver({ store: new FileStateStore({ folder, key: KEY }) })
const reloader = new HotReloader({ paths: [plugins], watch: false, preserver, shared: { fillOf } })
const report = await reloader.start()
if (report.failed[0]) throw report.failed[0].error
for (;;) {
  const number = (reloader.lifecycle.service('counter') as Counter).next()
  const { error } = await reloader.reloadPlugin('counter')
  if (error) throw error
  await preserver.flush()
  writeSync(1, `${number}\n`)
}

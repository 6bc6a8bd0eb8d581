// One run of a command that counts: `counter.mjs <folder> [key in hex]`. Prints the count.
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { FileStateStore, StatePreserver } from '../../src/index.ts'

const [folder = '', key] = process.argv.slice(2)
const store = new FileStateStore(key === undefined ? { folder } : { folder, key: Buffer.from(key, 'hex') })
const preserver = new StatePreserver({ store })
const counter = {
  count: 0,
  getReloadState: () => ({ count: counter.count }),
  setReloadState: (state: { count: number }) => {
    counter.count = state.count
  },
}
const plugin = {
  name: 'counter',
  enabled: true,
  meta: resolveMeta({ name: 'counter', version: '1.0.0' }),
  instance: counter,
}

const snapshot = await preserver.load('counter')
if (snapshot) await preserver.restore(plugin, snapshot)
counter.count++
await preserver.save(plugin)
await preserver.flush()
console.log(counter.count)
